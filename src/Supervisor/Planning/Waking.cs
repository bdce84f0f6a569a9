using Ingestion.Supervisor.Groups;

namespace Ingestion.Supervisor.Planning;

/// <summary>The earliest time at which something changes although nothing is heard.</summary>
internal static class Waking
{
    public static DateTimeOffset Next(Draft draft)
    {
        var times = Times(draft).Where(t => t > draft.Now).Append(draft.Now + draft.Spec.IoConfig.Period);
        return draft.State.IsDone ? DateTimeOffset.MaxValue : times.Min();
    }

    private static IEnumerable<DateTimeOffset> Times(Draft draft)
    {
        var state = draft.State;
        yield return state.Stream.NextAskAt;
        foreach (var adoptee in state.Adoptees.Values.Where(a => a.Report is null)) yield return adoptee.Since + Patience.Unreported;
        foreach (var backoff in state.Backoffs.Values) yield return backoff.NotBefore;
        foreach (var group in state.Groups)
            foreach (var time in Times(draft, group)) yield return time;
    }

    private static IEnumerable<DateTimeOffset> Times(Draft draft, TaskGroup group)
    {
        if (group.Round is { } round) yield return round.Deadline;
        else yield return group.NextRoundAt;
        if (group.IsPublishing)
        {
            yield return group.CompletionDeadline;
            if (group.SucceededAt is { } succeededAt) yield return succeededAt + Patience.CommitAfterSuccess;
        }
        if (Rollover.DueAt(draft.State, group) is { } due) yield return due;
        foreach (var replica in group.Replicas.Values.Where(r => r.Report is null)) yield return replica.StartAskedAt + Patience.StartAgain;
    }
}
