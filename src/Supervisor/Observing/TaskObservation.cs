using Ingestion.Contracts.Tasks;
using Ingestion.Supervisor.Groups;
using Ingestion.Supervisor.Planning;

namespace Ingestion.Supervisor.Observing;

/// <summary>What workers say of tasks. Reports may be late or doubled, so only what can never be undone is concluded from them: a
/// checkpoint or an end that a task has taken, and that it is over.</summary>
internal static class TaskObservation
{
    /// <summary>Whether the very same was observed before. Where something waits for one more report, the same is something else.</summary>
    public static bool IsKnown(SupervisorState state, Notice.TaskObserved observed)
    {
        var (report, location) = observed;
        if (state.Adoptees.TryGet(report.Id, out var adoptee)) return adoptee.Report == report && adoptee.Location == location;
        if (state.GroupOf(report.Id) is not { } group) return false;
        var replica = group.Replicas[report.Id];
        return replica.Report == report && replica.Location == location && replica is { NotPlaced: null, Doubt: null } && !state.Backoffs.Contains(group.Id);
    }

    public static void Seen(Draft draft, Notice.TaskObserved observed)
    {
        var report = observed.Report;
        if (draft.State.Adoptees.TryGet(report.Id, out var adoptee))
            draft.State = draft.State with { Adoptees = draft.State.Adoptees.With(report.Id, adoptee with { Report = report, Location = observed.Location }) };
        else if (draft.GroupOf(report.Id) is { } group)
            Seen(draft, group, group.Replicas[report.Id].Reported(report, observed.Location, draft.Now));
        else if (report.Outcome == TaskOutcome.Running)
            draft.Effects.Add(new Effect.StopTask(report.Id, "it is not an active task of its supervisor"));
    }

    /// <summary>Takes down what the replica's report shows of a group's boundaries.</summary>
    public static void Seen(Draft draft, TaskGroup group, Replica replica)
    {
        var report = replica.Report!;
        group = group.With(replica);
        draft.Put(group);
        if (report.Outcome == TaskOutcome.Failed)
        {
            Failed(draft, group, replica, report.ErrorMsg ?? "The task failed without a message");
            return;
        }
        foreach (var (sequence, start) in report.Checkpoints)
        {
            if (group.Checkpoints.TryGet(sequence, out var agreed) ? agreed == start : Boundaries.CanBeNext(group, sequence, start))
            {
                if (agreed is null) group = Boundaries.DecideCheckpoint(draft, group, sequence, start);
                continue;
            }
            draft.StopAsFailed(group, replica, $"its sequence {sequence} begins at {start}, which is not what its group agreed on");
            return;
        }
        if (Ends.AreSet(report.EndOffsets))
        {
            if (!group.IsPublishing && Boundaries.CanEnd(group, report.EndOffsets)) group = Boundaries.DecideEnd(draft, group, report.EndOffsets);
            if (group.End != report.EndOffsets)
            {
                draft.StopAsFailed(group, replica, $"it ends at {report.EndOffsets}, which is not what its group agreed on");
                return;
            }
        }
        if (report.Outcome == TaskOutcome.Success) Succeeded(draft, group, replica);
        else
        {
            var last = report.Checkpoints.Count > 0 ? report.Checkpoints.Last.Key : 0;
            draft.Put(group.With(group.Replicas[replica.Id] with
            {
                LastSequence = Math.Max(replica.LastSequence, last),
                HasEnd = replica.HasEnd || Ends.AreSet(report.EndOffsets),
                Doubt = replica.Doubt is { } doubt && draft.Now >= doubt.Until ? null : replica.Doubt,
            }));
            if (replica.IsReading && replica.StartTime <= draft.Now - Patience.Stable) draft.State = draft.State with { Backoffs = draft.State.Backoffs.Without(group.Id) };
        }
    }

    public static void Lost(Draft draft, string taskId, string reason)
    {
        if (draft.State.Adoptees.TryGet(taskId, out var adoptee)) Planning.Adoption.GiveUp(draft, adoptee, reason);
        else if (draft.GroupOf(taskId) is { } group) Failed(draft, group, group.Replicas[taskId], reason);
    }

    /// <summary>Ends the group of a task whose worker drains. One that was not placed in a group yet is told again.</summary>
    public static void HandOn(Draft draft, Notice.WorkerDrains drains)
    {
        if (draft.GroupOf(drains.TaskId) is { IsPublishing: false, EndReason: null } group) draft.Put(group with { EndReason = $"worker [{drains.NodeId}] drains" });
    }

    public static void NotPlaced(Draft draft, Notice.TaskNotPlaced waiting)
    {
        if (draft.GroupOf(waiting.TaskId) is { } group && group.Replicas[waiting.TaskId] is { Report: null } replica) draft.Put(group.With(replica with { NotPlaced = waiting.Reason }));
    }

    private static void Failed(Draft draft, TaskGroup group, Replica replica, string reason)
    {
        draft.Finish(group, replica, TaskOutcome.Failed, reason);
        draft.Failed(group.Id, $"Task [{replica.Id}] failed: {reason}");
    }

    private static void Succeeded(Draft draft, TaskGroup group, Replica replica)
    {
        group = draft.Finish(group, replica, TaskOutcome.Success, null);
        draft.State = draft.State with { Health = draft.State.Health.TaskFinished(isGood: true) };
        if (group.IsPublishing)
        {
            draft.StopAll(group, $"its replica [{replica.Id}] has published", TaskOutcome.Success);
            draft.Put(draft.Find(group.Key)! with { SucceededAt = draft.Now });
            return;
        }
        draft.StopAll(group, $"its replica [{replica.Id}] has ended before the group did", TaskOutcome.Success);
        draft.Drop(group);
    }
}
