using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Supervisor.Groups;

namespace Ingestion.Supervisor.Planning;

/// <summary>A group can publish only if what it has not published begins where the committed offsets stand, or where an earlier group
/// will take them. Groups of which that is no longer true are stopped, each taking along the ones behind it, and their partitions are read
/// again from the committed offsets.</summary>
internal static class Continuity
{
    public static void Enforce(Draft draft)
    {
        while (draft.State.Groups.FirstOrDefault(g => !Holds(draft.State, g) && !MayYetHold(draft, g) && !Sabotage.Spares(g.BaseSequenceName)) is { } broken)
        {
            var committed = draft.State.Committed.Only(broken.Start.Partitions);
            if (IsOvertaken(draft, broken)) draft.StopAll(broken, $"it would continue from {broken.UnpublishedStart}, but {committed} is committed already", TaskOutcome.Success);
            else draft.StopAll(broken, $"it would continue from {broken.UnpublishedStart}, but {committed} is committed, and no earlier group that could publish what lies between is left");
            draft.Drop(draft.Find(broken.Key) ?? broken);
        }
    }

    public static bool Holds(SupervisorState state, TaskGroup group)
    {
        var from = group.UnpublishedStart;
        if (state.Committed.Includes(from)) return true;
        foreach (var (partition, at) in from)
        {
            var isCommitted = state.Committed.TryGet(partition, out var committed) ? committed == at || (group.IsPublished && committed > at) : !group.Continues.Contains(partition);
            if (!isCommitted && !IsEndBefore(state, group, partition, at)) return false;
        }
        return true;
    }

    private static bool IsEndBefore(SupervisorState state, TaskGroup group, StreamPartition partition, long at)
    {
        foreach (var before in state.Publishing)
        {
            if (before.Key == group.Key) return false;
            if (before.End!.TryGet(partition, out var end) && end == at) return true;
        }
        return false;
    }

    /// <summary>An earlier group has to commit first, since nothing else would hold this one's publish back.</summary>
    public static bool MustWait(SupervisorState state, TaskGroup group) => group.Continues.Partitions.Any(p => !state.Committed.Contains(p));

    /// <summary>Another task has committed what it would: the one before it, whose success came late, or one of its own whose end nobody knew.</summary>
    private static bool IsOvertaken(Draft draft, TaskGroup group) =>
        group.UnpublishedStart.All(e => draft.State.Committed.TryGet(e.Key, out var committed) && committed >= e.Value);

    /// <summary>A task that nobody has reported yet may be the one that publishes what lies between.</summary>
    private static bool MayYetHold(Draft draft, TaskGroup group) =>
        draft.State.Adoptees.Values.Any(a => a.Start.Overlaps(group.Start));
}
