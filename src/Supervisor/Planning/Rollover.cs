using Ingestion.Contracts.Tasks;
using Ingestion.Supervisor.Groups;

namespace Ingestion.Supervisor.Planning;

/// <summary>Decides which reading groups end: at once when the spec or the partitions call for it, after taskDuration no more at a time
/// than stopTaskCount.</summary>
internal static class Rollover
{
    public static void Plan(Draft draft)
    {
        foreach (var group in draft.State.Reading.Values)
            if (group.EndReason is null && EarlyReason(draft, group) is { } reason) draft.Put(group with { EndReason = reason });
        foreach (var group in draft.State.Reading.Values)
        {
            if (group.EndReason is null || group.HasStarted) continue;
            draft.StopAll(group, $"its group ends before it began: {group.EndReason}", TaskOutcome.Success);
            draft.Drop(draft.Find(group.Key) ?? group);
        }
        if (!IsAnyoneDue(draft)) return;
        var ending = draft.State.Publishing.Count + draft.State.Reading.Values.Count(g => g.EndReason is not null);
        foreach (var group in draft.State.Reading.Values.Where(g => DueAt(draft.State, g) <= draft.Now).OrderBy(g => g.EarliestStartTime).Take(Math.Max(0, draft.Spec.IoConfig.StopTaskCount - ending)).ToList())
            draft.Put(group with { EndReason = "taskDuration is over" });
    }

    private static bool IsAnyoneDue(Draft draft)
    {
        foreach (var group in draft.State.Reading.Values)
            if (DueAt(draft.State, group) <= draft.Now) return true;
        return false;
    }

    /// <summary>When the group has read for taskDuration; null before it has started, or when it ends already.</summary>
    public static DateTimeOffset? DueAt(SupervisorState state, TaskGroup group) => group.EndReason is null ? group.EarliestStartTime + state.Spec!.IoConfig.TaskDuration : null;

    private static string? EarlyReason(Draft draft, TaskGroup group)
    {
        if (draft.State.IsTerminated) return "the supervisor was terminated";
        if (draft.Spec.Suspended) return "the supervisor was suspended";
        if (draft.State.Stream.IsSeen && Creation.HasMore(draft.State, group)) return draft.Spec.IoConfig.Stream.IsPattern ? "there are new partitions" : "the topic has new partitions";
        var gone = group.Start.Partitions.Where(p => draft.State.Stream.Partitions.TryGet(p, out var view) && view.IsGone).ToList();
        if (gone.Count > 0) return $"partitions {string.Join(", ", gone)} are gone: their topics were deleted";
        return draft.Spec.TuningConfig.ResetOffsetAutomatically ? Availability.Problem(draft.State, group) : null;
    }
}
