using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Supervisor.Groups;

namespace Ingestion.Supervisor.Planning;

/// <summary>Follows the committed offsets along each group's boundaries, and ends groups that have published or cannot.</summary>
internal static class Publication
{
    public static void Settle(Draft draft)
    {
        foreach (var group in draft.State.Groups.ToList())
        {
            var settled = Advance(TakeOfferAsAccepted(draft, group), draft.State.Committed);
            if (!ReferenceEquals(settled, group)) draft.Put(settled);
            if (settled.IsPublishing) End(draft, settled);
        }
    }

    /// <summary>Drops from a group's unpublished sequences those that are committed, all up to a boundary that is where the committed offsets stand,
    /// and empty ones, of which there is nothing to commit.</summary>
    public static TaskGroup Advance(TaskGroup group, PartitionOffsets committed)
    {
        group = WithoutCommitted(group, committed);
        while (!group.IsPublished && (group.Checkpoints.TryGet(group.FirstUnpublished + 1, out var next) ? next : group.End) == group.UnpublishedStart) group = group with { FirstUnpublished = group.FirstUnpublished + 1 };
        return group;
    }

    private static TaskGroup WithoutCommitted(TaskGroup group, PartitionOffsets committed)
    {
        if (group.End is { } end && committed.Includes(end)) return group.IsPublished ? group : group with { FirstUnpublished = group.Checkpoints.Last.Key + 1 };
        var reached = group.FirstUnpublished;
        foreach (var (sequence, start) in group.Checkpoints)
            if (sequence > reached && committed.Includes(start)) reached = sequence;
        return reached > group.FirstUnpublished ? group with { FirstUnpublished = reached } : group;
    }

    /// <summary>What was offered and is committed was accepted, though the answer is not here yet.</summary>
    private static TaskGroup TakeOfferAsAccepted(Draft draft, TaskGroup group)
    {
        if (group.IsPublishing) return group;
        var proof = group.Replicas.Values.FirstOrDefault(r => r.Doubt is { } doubt && draft.State.Committed.Includes(doubt.Offsets))?.Doubt;
        if (proof?.Offsets is not { } at || group.Checkpoints.Last.Value == at || !Boundaries.CanEnd(group, at)) return group;
        return proof.Finish ? Boundaries.DecideEnd(draft, group, at) : Boundaries.DecideCheckpoint(draft, group, group.Checkpoints.Last.Key + 1, at);
    }

    private static void End(Draft draft, TaskGroup group)
    {
        if (group.SucceededAt is { } succeededAt)
        {
            if (group.IsPublished) DropPublished(draft, group);
            else if (draft.Now >= succeededAt + Patience.CommitAfterSuccess) Fail(draft, group, $"a task of group [{group.Id}] has succeeded, but its offsets {group.End} are not committed");
        }
        else if (group.Replicas.Count == 0)
        {
            if (group.IsPublished) DropPublished(draft, group);
            else Fail(draft, group, $"all tasks of group [{group.Id}] failed before they published up to {group.End}");
        }
        else if (draft.Now >= group.CompletionDeadline)
        {
            if (group.IsPublished) DropPublished(draft, group);
            else Fail(draft, group, $"group [{group.Id}] has not published up to {group.End} within completionTimeout ({draft.Spec.IoConfig.CompletionTimeout})");
        }
    }

    private static void DropPublished(Draft draft, TaskGroup group)
    {
        draft.StopAll(group, "its group has published", TaskOutcome.Success);
        draft.Drop(group);
    }

    /// <summary>The groups that came after it on its partitions can never publish now: <see cref="Continuity"/> takes them along.</summary>
    private static void Fail(Draft draft, TaskGroup group, string reason)
    {
        draft.StopAll(group, reason);
        draft.Drop(group);
        draft.Error("PublishFailed", reason + "; its partitions are read again from the committed offsets");
        draft.BackOff(group.Id);
    }
}
