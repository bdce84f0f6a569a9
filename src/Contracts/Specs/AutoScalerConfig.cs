namespace Ingestion.Contracts.Specs;

/// <summary>How a supervisor changes its own <c>taskCount</c>: Druid's <c>autoScalerConfig</c> of an <c>ioConfig</c>, where it is enabled.</summary>
public abstract record AutoScalerConfig
{
    private AutoScalerConfig() { }

    /// <summary>Druid's word for the kind, as in <c>autoScalerStrategy</c>.</summary>
    public abstract string Strategy { get; }

    /// <summary>At least 1, at most <see cref="TaskCountMax"/>. Where the topic has fewer partitions, these bound both.</summary>
    public required int TaskCountMin { get; init; }
    public required int TaskCountMax { get; init; }

    /// <summary>The taskCount of each posted spec, whatever it was before; null: it is kept.</summary>
    public int? TaskCountStart { get; init; }

    /// <summary>Groups that may publish at once by reaching taskDuration, as a share of taskCount, above 0 and at most 1; null: stopTaskCount says.</summary>
    public double? StopTaskCountRatio { get; init; }

    /// <summary>Time from one evaluation to the next; at least 1 ms.</summary>
    public required TimeSpan ScaleActionPeriod { get; init; }

    /// <summary>Time after any change of taskCount during which it is not raised, and not lowered.</summary>
    public required TimeSpan MinScaleUpDelay { get; init; }
    public required TimeSpan MinScaleDownDelay { get; init; }

    /// <summary><c>lagBased</c>: a fixed step when enough of the lags measured in a while lie above or below a threshold.</summary>
    public sealed record LagBased : AutoScalerConfig
    {
        public const string Name = "lagBased";
        public override string Strategy => Name;

        /// <summary>Before lag is measured for the first time; evaluations begin a <see cref="LagCollectionRange"/> later.</summary>
        public required TimeSpan ScaleActionStartDelay { get; init; }

        /// <summary>From one measurement to the next; at least 1 ms.</summary>
        public required TimeSpan LagCollectionInterval { get; init; }

        /// <summary>For how long measurements count.</summary>
        public required TimeSpan LagCollectionRange { get; init; }

        /// <summary>Records. A lag at or above it speaks for scaling out, one at or below <see cref="ScaleInThreshold"/> for scaling in.</summary>
        public required long ScaleOutThreshold { get; init; }
        public required long ScaleInThreshold { get; init; }

        /// <summary>The share of measurements that it takes.</summary>
        public required double TriggerScaleOutFraction { get; init; }
        public required double TriggerScaleInFraction { get; init; }

        /// <summary>Groups that one action adds, or takes away.</summary>
        public required int ScaleOutStep { get; init; }
        public required int ScaleInStep { get; init; }
        public LagAggregate LagAggregate { get; init; } = LagAggregate.Sum;

        /// <summary>How many measurements are kept.</summary>
        public int Samples => (int)Math.Min(SamplesMost, LagCollectionRange.Ticks / LagCollectionInterval.Ticks + 1);

        private const int SamplesMost = 10_000;
    }

    /// <summary><c>costBased</c>: the task count for which the time to catch up and the time spent idle, weighted, cost least.</summary>
    public sealed record CostBased : AutoScalerConfig
    {
        public const string Name = "costBased";
        public override string Strategy => Name;

        /// <summary>Not negative.</summary>
        public double LagWeight { get; init; } = 0.4;
        public double IdleWeight { get; init; } = 0.6;

        /// <summary>The share of its time that a task should wait for records: above 0, below 1.</summary>
        public double OptimalTaskIdleRatio { get; init; } = 0.25;

        /// <summary>Only task counts for which a task has at most two partitions less than now are considered.</summary>
        public bool UseTaskCountBoundariesOnScaleUp { get; init; }

        /// <summary>Only task counts for which a task has at most two partitions more than now are considered.</summary>
        public bool UseTaskCountBoundariesOnScaleDown { get; init; } = true;

        /// <summary>taskCount is lowered only when a group has read for taskDuration anyway.</summary>
        public bool ScaleDownDuringTaskRolloverOnly { get; init; }

        /// <summary>Idle time is what tasks report; else it is derived from their rate and the highest rate seen.</summary>
        public bool UsePollIdleRatio { get; init; } = true;

        /// <summary>By how many percent of the present cost another task count has to be cheaper.</summary>
        public int MinCostDropPercentForScaling { get; init; }

        /// <summary>Records behind, over all partitions: from 75 % on lag weighs more and boundaries no longer hold, from 95 % on taskCount goes to its maximum. Null: no such limit.</summary>
        public long? CriticalLagThreshold { get; init; }
    }
}

/// <summary>What is made of the lags of all partitions.</summary>
public enum LagAggregate { Sum, Max, Average }
