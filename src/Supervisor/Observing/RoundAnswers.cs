using Ingestion.Supervisor.Groups;
using Ingestion.Supervisor.Planning;

namespace Ingestion.Supervisor.Observing;

/// <summary>Answers of replicas in a round; those to an older round count for nothing.</summary>
internal static class RoundAnswers
{
    public static void Paused(Draft draft, Notice.TaskPaused paused)
    {
        if (Open(draft, paused.TaskId, paused.Round, RoundStage.Pausing) is not { } group) return;
        var isWhole = paused.Offsets.SamePartitionsAs(group.Start);
        var replica = group.Replicas[paused.TaskId];
        // An end offset that lies behind was not taken, and can no longer be. A checkpoint there may have been.
        var isPast = isWhole && replica.Doubt is { Finish: true } doubt && !paused.Offsets.AtMost(doubt.Offsets);
        draft.Put(group.With(replica with { PauseFailures = isWhole ? 0 : replica.PauseFailures + 1, Doubt = isPast ? null : replica.Doubt }) with
        {
            Round = group.Round!.With(paused.TaskId, isWhole ? RoundStage.Paused : RoundStage.NotPaused, paused.Offsets, draft.Now),
        });
    }

    public static void NotPaused(Draft draft, Notice.PauseFailed failed)
    {
        if (Open(draft, failed.TaskId, failed.Round, RoundStage.Pausing) is not { } group) return;
        var replica = group.Replicas[failed.TaskId];
        draft.Put(group.With(replica.WithPauseFailure()) with { Round = group.Round!.With(failed.TaskId, RoundStage.NotPaused) });
    }

    /// <summary>The first to accept decides.</summary>
    public static void Accepted(Draft draft, Notice.EndOffsetsSet set)
    {
        if (Open(draft, set.TaskId, set.Round, RoundStage.Setting) is not { } group) return;
        var round = group.Round!.With(set.TaskId, RoundStage.Accepted);
        var replica = group.Replicas[set.TaskId];
        var next = group.Checkpoints.Last.Key + 1;
        // Told again, it has the sequence that begins there, whatever its reports have shown meanwhile.
        if (round is { IsDecided: true, Finish: false }) next = group.Checkpoints.Last(c => c.Value == round.Offered).Key;
        group = group.With(replica with { Doubt = null, EndOffsetFailures = 0, HasEnd = replica.HasEnd || round.Finish, LastSequence = round.Finish ? replica.LastSequence : Math.Max(replica.LastSequence, next) }) with { Round = round };
        draft.Put(group);
        if (round.IsDecided) return;
        if (round.Finish) Boundaries.DecideEnd(draft, group, round.Offered!);
        else Boundaries.DecideCheckpoint(draft, group, next, round.Offered!);
    }

    public static void Refused(Draft draft, Notice.EndOffsetsRefused refused)
    {
        if (Open(draft, refused.TaskId, refused.Round, RoundStage.Setting) is not { } group) return;
        var replica = group.Replicas[refused.TaskId];
        draft.Put(group.With(replica with { Doubt = refused.Current is null ? replica.Doubt : null, EndOffsetFailures = replica.EndOffsetFailures + 1 }) with
        {
            Round = group.Round!.With(refused.TaskId, RoundStage.Refused, refused.Current),
        });
    }

    private static TaskGroup? Open(Draft draft, string taskId, int round, RoundStage stage) =>
        draft.GroupOfRound(round) is { } group && group.Replicas.Contains(taskId) && group.Round!.Has(taskId, stage) ? group : null;
}
