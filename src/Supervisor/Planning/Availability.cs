using Ingestion.Contracts.Stream;
using Ingestion.Supervisor.Groups;

namespace Ingestion.Supervisor.Planning;

/// <summary>Whether the stream still holds what a group has to read next: retention may have overtaken it, or the topic was deleted and made again.</summary>
internal static class Availability
{
    public const string WhatToDo = "You can clear the previous sequenceNumber and start reading from a valid message by using the supervisor's reset API.";

    /// <summary>An error for each group that can read no more, once a run.</summary>
    public static void Report(Draft draft)
    {
        if (!draft.IsRun) return;
        ReportLeftOut(draft);
        foreach (var group in draft.State.Reading.Values.Where(g => g.EndReason is null))
            if (Problem(draft.State, group) is { } problem) draft.Error("OffsetOutOfRange", $"{problem} {WhatToDo}", isStream: true);
    }

    /// <summary>An error for each partition of a pattern that is left out, because the stream does not hold what is committed.</summary>
    private static void ReportLeftOut(Draft draft)
    {
        if (!draft.Spec.IoConfig.Stream.IsPattern || draft.Spec.TuningConfig.ResetOffsetAutomatically || !draft.State.MayStartTasks) return;
        foreach (var (partition, _) in draft.State.Stream.Present.Where(p => !draft.State.Reading.Values.Any(g => g.Start.Contains(p.Key))))
            if (StartOffsets.Of(draft.State, partition) is StartDecision.Lost lost) draft.Error("OffsetOutOfRange", $"{lost.Message} {WhatToDo}", isStream: true);
    }

    /// <returns>Null when it does, as far as is known.</returns>
    public static string? Problem(SupervisorState state, TaskGroup group)
    {
        if (group.IsPublishing || !group.HasStarted) return null;
        foreach (var (partition, at) in group.Furthest)
        {
            if (!state.Stream.Partitions.TryGet(partition, out var view) || view.IsGone) continue;
            var range = view.Range;
            if (at < range.Earliest) return $"Offset [{at}] is no longer available for partition [{partition}]: the stream holds [{range.Earliest}] to [{range.Latest}].";
            if (BeganInAnother(state, group, partition, range))
                return $"Partition [{partition}] ends at [{range.Latest}], before offset [{group.Start[partition]}] where its group began: the topic was deleted and made again.";
        }
        return null;
    }

    /// <summary>Where it began is behind the end of the partition: another topic of that name. What a task says may be newer than what is known of the stream; where
    /// it began is not, once the stream was asked after that.</summary>
    public static bool BeganInAnother(SupervisorState state, TaskGroup group, StreamPartition partition, OffsetRange range) =>
        group.SinceAsk < state.Stream.AnsweredAsk && group.Start.TryGet(partition, out var start) && start > range.Latest;
}
