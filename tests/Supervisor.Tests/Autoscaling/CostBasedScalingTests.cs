using Ingestion.Contracts.Specs;
using Ingestion.Supervisor.Autoscaling;

namespace Ingestion.Supervisor.Tests.Autoscaling;

/// <summary>What Druid's CostBasedAutoScalerTest expects, with its figures.</summary>
public sealed class CostBasedScalingTests
{
    private static readonly AutoScalerConfig.CostBased Unbounded = CostBased.With() with { UseTaskCountBoundariesOnScaleDown = false };

    [Fact]
    public void Candidates_share_out_the_partitions_evenly_within_bounds()
    {
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 15, 17, 20, 25, 34, 50, 100], Candidates(100, 25, Unbounded));
        Assert.Equal([10, 12, 13, 15, 17, 20, 25, 34, 50, 100], Candidates(100, 10, Unbounded with { TaskCountMin = 10 }));
        Assert.Equal([10, 12], Candidates(100, 10, Unbounded with { TaskCountMin = 10, TaskCountMax = 12 }));
        Assert.Equal([1, 2, 3], Candidates(30, 4, Unbounded with { TaskCountMax = 3 }));
        Assert.Equal([1], Candidates(1, 1, Unbounded));
        Assert.Equal([1, 2], Candidates(2, 5, Unbounded));
        Assert.Equal([], Candidates(0, 10, Unbounded));
    }

    [Fact]
    public void Boundaries_leave_task_counts_with_two_partitions_per_task_more_or_less()
    {
        Assert.Equal([9, 10, 12, 13], Candidates(100, 10, Unbounded with { UseTaskCountBoundariesOnScaleUp = true, UseTaskCountBoundariesOnScaleDown = true }));
        Assert.Equal([34, 50, 100], Candidates(100, 100, CostBased.With()));
    }

    [Fact]
    public void Jumps_are_as_far_as_boundaries_allow()
    {
        var lagOnly = Unbounded with { LagWeight = 1, IdleWeight = 0 };
        Assert.Equal(13, Best(lagOnly with { UseTaskCountBoundariesOnScaleUp = true }, 100_000, 10, 100, 0.25));
        Assert.Equal(100, Best(lagOnly, 100_000, 10, 100, 0.25));
        var idleOnly = Unbounded with { LagWeight = 0, IdleWeight = 1 };
        Assert.Equal(34, Best(idleOnly with { UseTaskCountBoundariesOnScaleDown = true }, 0, 100, 100, 0.9));
        Assert.Equal(1, Best(idleOnly with { TaskCountMax = 25 }, 0, 100, 100, 0.9));
    }

    [Fact]
    public void Idle_tasks_are_reduced_and_busy_ones_get_company()
    {
        Assert.InRange(Best(CostBased.With(), 100, 25, 100, 0.8), 1, 24);
        Assert.InRange(Best(CostBased.With(), 10, 50, 100, 0.9), 1, 50);
        Assert.InRange(Best(CostBased.With(), 1000, 25, 100, 0.1), 26, 100);
        Assert.InRange(Best(CostBased.With(), 100, 25, 100, null), 1, 100);
    }

    [Fact]
    public void Tasks_that_read_nothing_with_much_to_read_are_stuck_and_no_reason_to_scale()
    {
        Assert.Equal(0, CostBasedScaling.Evaluate(CostBased.With(), Metrics(10_001, 10, 100, 0.5) with { Rate = 0 }).TaskCount);
        Assert.NotEqual(0, CostBasedScaling.Evaluate(CostBased.With(), Metrics(9_999, 10, 100, 0.5) with { Rate = 0 }).TaskCount);
    }

    [Fact]
    public void Other_task_count_has_to_be_cheaper_by_the_percentage_asked_for()
    {
        var metrics = Metrics(0, 10, 100, 0.3);
        var best = CostBasedScaling.Evaluate(CostBased.With(), metrics);
        Assert.NotEqual(10, best.TaskCount);
        var drop = (int)((1 - best.Cost!.Value.Total / TaskCountCost.Of(metrics, 10, CostBased.With()).Total) * 100);
        Assert.Equal(best.TaskCount, CostBasedScaling.Evaluate(CostBased.With() with { MinCostDropPercentForScaling = drop }, metrics).TaskCount);
        Assert.Equal(10, CostBasedScaling.Evaluate(CostBased.With() with { MinCostDropPercentForScaling = drop + 1 }, metrics).TaskCount);
    }

    [Fact]
    public void Critical_lag_lifts_boundaries_at_three_quarters_of_the_threshold_and_goes_to_the_maximum_at_95_percent()
    {
        var config = CostBased.With() with { UseTaskCountBoundariesOnScaleUp = true, CriticalLagThreshold = 1_000_000 };
        Assert.Equal(13, Best(config, 7_499, 10, 100, 0.25));
        Assert.InRange(Best(config, 7_501, 10, 100, 0.25), 14, 100);
        Assert.Equal((9, 100), (Best(config with { LagWeight = 0 }, 9_499, 10, 100, 0.25), Best(config with { LagWeight = 0 }, 9_500, 10, 100, 0.25)));
        Assert.Equal(100, Best(config with { TaskCountMax = 200 }, 9_500, 10, 100, 0.25));
    }

    private static int Best(AutoScalerConfig.CostBased config, double lagPerPartition, int taskCount, int partitions, double? idle) => CostBasedScaling.Evaluate(config, Metrics(lagPerPartition, taskCount, partitions, idle)).TaskCount;
    private static IEnumerable<int> Candidates(int partitions, int taskCount, AutoScalerConfig.CostBased config) => CostBasedScaling.Candidates(Metrics(0, taskCount, partitions, 0.25), config);
    private static CostMetrics Metrics(double lagPerPartition, int taskCount, int partitions, double? idle) => new(lagPerPartition * partitions, taskCount, partitions, idle, 3600, 1000, 1000);
}
