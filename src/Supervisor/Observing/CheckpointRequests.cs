using Ingestion.Supervisor.Groups;
using Ingestion.Supervisor.Planning;

namespace Ingestion.Supervisor.Observing;

/// <summary>A task whose segments are full waits for its group to agree on a boundary. Granted: it will be told, be it a checkpoint or its end.</summary>
internal static class CheckpointRequests
{
    public static void Take(Draft draft, Notice.CheckpointRequested request)
    {
        draft.Reply = new Reply.Checkpoint(false);
        if (draft.State.Adoptees.TryGet(request.TaskId, out var adoptee))
        {
            draft.State = draft.State with { Adoptees = draft.State.Adoptees.With(request.TaskId, adoptee with { CheckpointWanted = request.SequenceStart }) };
            draft.Reply = new Reply.Checkpoint(true);
            return;
        }
        if (draft.GroupOf(request.TaskId) is not { } group) return;
        group = DecideWhatItShows(draft, group, request);
        if (group.Checkpoints.All(c => c.Value != request.SequenceStart)) return;

        // One that is not at the last checkpoint asked for what another replica got already: it will be told that one.
        if (!group.IsPublishing && group.Checkpoints.Last.Value == request.SequenceStart) draft.Put(group with { CheckpointWanted = true });
        draft.Reply = new Reply.Checkpoint(true);
    }

    /// <summary>A task whose last sequence begins at what it was offered has taken the offer, though its answer is still on its way or was lost.</summary>
    private static TaskGroup DecideWhatItShows(Draft draft, TaskGroup group, Notice.CheckpointRequested request)
    {
        var replica = group.Replicas[request.TaskId];
        var next = group.Checkpoints.Last.Key + 1;
        if (replica.Doubt is not { Finish: false } doubt || doubt.Offsets != request.SequenceStart || !Boundaries.CanBeNext(group, next, doubt.Offsets)) return group;
        if (group.Checkpoints.Any(c => c.Value == doubt.Offsets)) return group;
        var round = group.Round is { } open && open.Has(replica.Id, RoundStage.Setting) ? open.With(replica.Id, RoundStage.Accepted) : group.Round;
        group = group.With(replica with { Doubt = null, EndOffsetFailures = 0, LastSequence = next }) with { Round = round };
        return Boundaries.DecideCheckpoint(draft, group, next, doubt.Offsets);
    }
}
