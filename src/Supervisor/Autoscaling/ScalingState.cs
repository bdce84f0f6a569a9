using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Autoscaling;

/// <summary>What the auto-scaler remembers. It begins anew with each leader and with each posted spec, as Druid's does; only its last action outlives the latter.</summary>
public sealed record ScalingState
{
    public static readonly ScalingState Off = new();

    /// <summary>When it began to watch; null while there is no auto-scaler, or the supervisor may not start tasks.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>When lag is measured again. <see cref="DateTimeOffset.MaxValue"/>: it is not.</summary>
    public DateTimeOffset NextSampleAt { get; init; } = DateTimeOffset.MaxValue;
    public DateTimeOffset NextEvaluationAt { get; init; } = DateTimeOffset.MaxValue;

    /// <summary>Keys of the groups whose taskDuration was over at the last step, where rollovers call for evaluations.</summary>
    public ValueList<int> DueGroups { get; init; } = ValueList<int>.Empty;

    /// <summary>Oldest first, records.</summary>
    public ValueList<long> Lags { get; init; } = ValueList<long>.Empty;

    /// <summary>The highest rate of a task that an evaluation has found, records per second.</summary>
    public double HighestRate { get; init; }
    public ScaleDecision? LastDecision { get; init; }
    public ScaleAction? LastAction { get; init; }

    public ScalingState Stopped() => Off with { LastAction = LastAction };
}

/// <summary>A change of taskCount.</summary>
/// <param name="DoneAt">When the last group of the old count had its end; null until then.</param>
public sealed record ScaleAction(DateTimeOffset At, int From, int To, string Reason, DateTimeOffset? DoneAt = null);

/// <summary>The outcome of an evaluation.</summary>
/// <param name="Required">What the strategy asks for, whatever the bounds are; 0: it has no answer.</param>
/// <param name="Current">taskCount, or the number of partitions where that is less.</param>
/// <param name="SkipReason">Why nothing was done, in Druid's words; null where it was, or where nothing was to be done.</param>
/// <param name="Why">What it follows from.</param>
/// <param name="Cost">Of the task count required; cost-based only.</param>
public sealed record ScaleDecision(DateTimeOffset At, int Required, int Current, string? SkipReason, string Why, TaskCountCost? Cost = null);

/// <summary>A strategy's answer.</summary>
/// <param name="TaskCount">Not bounded; 0 or less: it has no answer.</param>
internal sealed record Wish(int TaskCount, string Why, TaskCountCost? Cost = null)
{
    public static Wish Unknown(string why) => new(0, why);
}
