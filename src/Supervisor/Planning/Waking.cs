using Ingestion.Supervisor.Groups;

namespace Ingestion.Supervisor.Planning;

/// <summary>The earliest time at which something changes although nothing is heard. <see cref="SupervisorMachine"/> relies on it: before that time a notice
/// that says nothing new is not planned for.</summary>
internal static class Waking
{
    public static DateTimeOffset Next(Draft draft)
    {
        var state = draft.State;
        if (state.IsDone) return DateTimeOffset.MaxValue;
        var next = new Earliest(draft.Now, draft.Now + draft.Spec.IoConfig.Period);
        next.Or(state.Stream.NextAskAt);
        next.Or(state.Scaling.NextSampleAt);
        next.Or(state.Scaling.NextEvaluationAt);
        foreach (var adoptee in state.Adoptees.Values)
            if (adoptee.Report is null) next.Or(adoptee.Since + Patience.Unreported);
        foreach (var backoff in state.Backoffs.Values) next.Or(backoff.NotBefore);
        foreach (var group in state.Publishing) Add(ref next, state, group);
        foreach (var group in state.Reading.Values) Add(ref next, state, group);
        return next.Time;
    }

    private static void Add(ref Earliest next, SupervisorState state, TaskGroup group)
    {
        next.Or(group.Round?.Deadline ?? group.NextRoundAt);
        if (group.IsPublishing)
        {
            next.Or(group.CompletionDeadline);
            if (group.SucceededAt is { } succeededAt) next.Or(succeededAt + Patience.CommitAfterSuccess);
        }
        if (Rollover.DueAt(state, group) is { } due) next.Or(due);
        foreach (var replica in group.Replicas.Values)
        {
            if (replica.Report is null) next.Or(replica.StartAskedAt + Patience.StartAgain);
            if (replica.HeldUntil != default) next.Or(replica.HeldUntil - Patience.Hold / 2);
        }
    }

    private struct Earliest(DateTimeOffset now, DateTimeOffset atMost)
    {
        public DateTimeOffset Time { get; private set; } = atMost;

        /// <summary>What is past has had its chance.</summary>
        public void Or(DateTimeOffset time)
        {
            if (time > now && time < Time) Time = time;
        }
    }
}
