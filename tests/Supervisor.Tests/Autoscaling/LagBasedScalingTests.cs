using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Supervisor.Autoscaling;
using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Tests.Autoscaling;

/// <summary>What Druid's LagBasedAutoScalerTest expects: the strategy takes its steps, whatever the bounds.</summary>
public sealed class LagBasedScalingTests
{
    private static readonly AutoScalerConfig.LagBased Config = new()
    {
        TaskCountMin = 1, TaskCountMax = 10, ScaleActionPeriod = default, MinScaleUpDelay = default, MinScaleDownDelay = default, ScaleActionStartDelay = default, LagCollectionInterval = TimeSpan.FromSeconds(1),
        LagCollectionRange = TimeSpan.FromSeconds(10), ScaleOutThreshold = 1000, ScaleInThreshold = 100, TriggerScaleOutFraction = 0.5, TriggerScaleInFraction = 0.9, ScaleOutStep = 2, ScaleInStep = 1,
    };

    [Theory]
    [InlineData(5, 7, 2000, 2100, 1000, 10)]
    [InlineData(10, 12, 2000, 2100, 1900, 2200)]
    [InlineData(3, 2, 50, 60, 100, 0)]
    [InlineData(1, 1, 50, 60, 100, 0)]
    [InlineData(3, 3, 500, 50, 60, 100)]
    [InlineData(3, 3, 999, 999, 999, 1000)]
    public void Steps_follow_from_the_share_of_high_and_of_low_lags(int current, int expected, params int[] lags) =>
        Assert.Equal(expected, LagBasedScaling.Evaluate(Config, new ValueList<long>(lags.Select(l => (long)l)), current).TaskCount);

    [Fact]
    public void High_lags_come_before_low_ones() =>
        Assert.Equal(5, LagBasedScaling.Evaluate(Config with { TriggerScaleInFraction = 0.5 }, new ValueList<long>([2000, 0]), 3).TaskCount);

    [Fact]
    public void Without_a_lag_there_is_no_answer() => Assert.Equal(Wish.Unknown("no lag was measured yet"), LagBasedScaling.Evaluate(Config, ValueList<long>.Empty, 3));

    [Theory]
    [InlineData(LagAggregate.Sum, 17)]
    [InlineData(LagAggregate.Max, 10)]
    [InlineData(LagAggregate.Average, 5)]
    public void Lags_of_partitions_are_aggregated_as_the_spec_says(LagAggregate aggregate, long expected) =>
        Assert.Equal((expected, 0), (LagBasedScaling.Sample(aggregate, PartitionOffsets.Of((0, 10), (1, 5), (2, 2))), LagBasedScaling.Sample(aggregate, PartitionOffsets.Empty)));
}
