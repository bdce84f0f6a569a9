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
        }
        else if (draft.GroupOf(request.TaskId) is { } group && group.Checkpoints.Any(c => c.Value == request.SequenceStart))
        {
            // One that is not at the last checkpoint asked for what another replica got already: it will be told that one.
            if (!group.IsPublishing && group.Checkpoints.Last.Value == request.SequenceStart) draft.Put(group with { CheckpointWanted = true });
            draft.Reply = new Reply.Checkpoint(true);
        }
    }
}
