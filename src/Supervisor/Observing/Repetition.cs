using Ingestion.Supervisor.Planning;

namespace Ingestion.Supervisor.Observing;

/// <summary>Most of what a supervisor hears is that a task has read on, or what it was told before. Plans follow from the state and the time alone, so until
/// <see cref="SupervisorState.WakeAt"/> there is nothing to plan that the step before has not planned, and nothing to check that it has not checked.</summary>
internal static class Repetition
{
    /// <summary>Whether a notice, taken down in the draft already, says no more than that.</summary>
    public static bool IsAll(SupervisorState before, Notice notice, Draft draft) =>
        draft.Now < before.WakeAt && !draft.IsRun && draft.Records.Count == 0 && draft.Effects.Count == 0
        && notice switch
        {
            Notice.Tick or Notice.Acquired => false,
            Notice.TaskObserved observed => ReferenceEquals(draft.State, before) || HasReadOn(before, observed, draft),
            _ => ReferenceEquals(draft.State, before),
        };

    private static bool HasReadOn(SupervisorState before, Notice.TaskObserved observed, Draft draft)
    {
        var report = observed.Report;
        if (before.GroupOf(report.Id) is not { } group || group.Replicas[report.Id] is not { Report: { } known } replica) return false;
        if (draft.Spec.TuningConfig.MaxReplicaOffsetSkew is not null && group.Replicas.Count > 1) return false; // its twins may have to wait, or need not any more
        return report with { CurrentOffsets = known.CurrentOffsets, Rows = known.Rows, ProcessedRate = known.ProcessedRate, PollIdleRatio = known.PollIdleRatio } == known
            && draft.State.GroupOf(report.Id) == group.With(replica.Reported(report, observed.Location, draft.Now))
            && draft.State.Backoffs == before.Backoffs;
    }
}
