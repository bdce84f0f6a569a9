namespace Ingestion.Supervisor;

/// <summary>How long the supervisor waits for what, where the spec does not say.</summary>
internal static class Patience
{
    /// <summary>For a task of the database that no worker reports, after which it is fenced and replaced. Longer than workers need to announce themselves to a new leader.</summary>
    public static readonly TimeSpan Unreported = TimeSpan.FromMinutes(1);

    /// <summary>Until a started task that nobody has reported is asked for again; the shell tries on its own in between.</summary>
    public static readonly TimeSpan StartAgain = TimeSpan.FromSeconds(10);

    /// <summary>For the answer to <see cref="Effect.ObserveStream"/>.</summary>
    public static readonly TimeSpan StreamAnswer = TimeSpan.FromSeconds(30);

    /// <summary>How old an answer may be that is shared with other supervisors of the topic.</summary>
    public static readonly TimeSpan StreamAge = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan StreamRetryFirst = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan StreamRetryMost = TimeSpan.FromSeconds(30);

    /// <summary>For the committed offsets to follow a task's success. They come from the same transaction, but another way.</summary>
    public static readonly TimeSpan CommitAfterSuccess = TimeSpan.FromSeconds(10);

    /// <summary>A task that has read for so long ends a series of failures: its replacement starts at once again, should it be lost with its worker, say.</summary>
    public static readonly TimeSpan Stable = TimeSpan.FromSeconds(5);

    /// <summary>A replica is not waited for by its twins when it has not read on for so long: it may be gone, or stuck.</summary>
    public static readonly TimeSpan Twin = TimeSpan.FromSeconds(15);

    /// <summary>How long a replica that is ahead waits unless it is told again; told again when half of it is over.</summary>
    public static readonly TimeSpan Hold = TimeSpan.FromSeconds(5);

    /// <summary>How old an answer to a pause may be when the replica is told an offer: the pause's lease is 2 s.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1.5);

    /// <summary>How often a round pauses replicas again whose answers have become older. After that the offer is a gamble, but ends.</summary>
    public const int PauseRenewals = 3;

    /// <summary>For a report that shows whether a replica has taken what it was told, once that is no longer on its way.</summary>
    public static readonly TimeSpan ReportAfterDoubt = TimeSpan.FromSeconds(2);

    /// <summary>Calls of one kind that may fail in a row before the replica is stopped.</summary>
    public const int PauseFailures = 2;
    public const int EndOffsetFailures = 3;

    /// <summary>Pause before a round is repeated: 100 ms per attempt, at most 2 s.</summary>
    public static TimeSpan NextRound(int attempts) => TimeSpan.FromMilliseconds(Math.Min(attempts, 20) * 100);

    /// <summary>Pause before a group's failed task is replaced: none at first, then 1 s doubling to 1 min.</summary>
    public static TimeSpan Replacement(int failures) => failures <= 1 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(60, 1L << Math.Min(failures - 2, 6)));
}
