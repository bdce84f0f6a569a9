using Ingestion.Contracts.Specs;
using Ingestion.Supervisor.Autoscaling;

namespace Ingestion.Supervisor.Tests.Autoscaling;

/// <summary>What Druid's WeightedCostFunctionTest expects, with its figures.</summary>
public sealed class TaskCountCostTests
{
    private static readonly AutoScalerConfig.CostBased LagOnly = CostBased.With(lagWeight: 1, idleWeight: 0), IdleOnly = CostBased.With(lagWeight: 0, idleWeight: 1);

    [Fact]
    public void Task_count_or_partitions_that_are_none_cost_infinitely_much()
    {
        Assert.Equal(TaskCountCost.Infinite, TaskCountCost.Of(Metrics(100_000, 10, 100, 0.3), 0, LagOnly));
        Assert.Equal(TaskCountCost.Infinite, TaskCountCost.Of(Metrics(100_000, 10, 100, 0.3), -5, LagOnly));
        Assert.Equal(TaskCountCost.Infinite, TaskCountCost.Of(Metrics(0, 10, 0, 0.3), 10, LagOnly));
        Assert.Throws<ArgumentOutOfRangeException>(() => TaskCountCost.Of(Metrics(50_000, 1, 100, 0.5) with { Rate = -1 }, 2, LagOnly));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(15)]
    [InlineData(20)]
    [InlineData(5)]
    public void Lag_costs_the_seconds_to_catch_up_and_more_the_larger_it_is(int taskCount)
    {
        var amplification = 1 + 0.3 * Math.Log(100_000);
        Assert.Equal(10_000_000 * amplification / (taskCount * 1000.0), TaskCountCost.Of(Metrics(100_000, 10, 100, 0.4) with { PollIdleRatio = 1 }, taskCount, LagOnly).Total, 6);
    }

    [Fact]
    public void Lag_of_a_record_per_partition_or_less_is_not_amplified() =>
        Assert.Equal((0.005, 0.0), (TaskCountCost.Of(Metrics(0.5, 10, 100, 0.3), 10, LagOnly).Total, TaskCountCost.Of(Metrics(0, 10, 100, 0.3), 10, LagOnly).Total));

    [Fact]
    public void Cost_grows_faster_than_lag_and_falls_with_more_tasks()
    {
        Assert.True(Total(10_000, 10) / Total(100, 10) > 100);
        Assert.True(Total(200_000, 5) > Total(200_000, 10));
        static double Total(double lagPerPartition, int taskCount) => TaskCountCost.Of(Metrics(lagPerPartition, 10, 30, 0.1), taskCount, LagOnly).Total;
    }

    [Fact]
    public void Critical_lag_is_amplified_twenty_times_as_much_from_three_quarters_of_the_threshold()
    {
        var metrics = Metrics(100_000, 10, 100, 0.3);
        var threshold = (long)(metrics.Lag / 0.75);
        Assert.Equal(TaskCountCost.Of(metrics, 10, LagOnly), TaskCountCost.Of(metrics, 10, LagOnly with { CriticalLagThreshold = threshold + 100 }));
        Assert.Equal(metrics.Lag * (1 + 6 * Math.Log(100_000)) / 10_000, TaskCountCost.Of(metrics, 10, LagOnly with { CriticalLagThreshold = threshold }).Total, 6);
    }

    [Fact]
    public void Processing_rate_of_zero_is_taken_for_a_thousand_so_that_more_tasks_still_cost_less()
    {
        var metrics = Metrics(50_000, 10, 100, 1.0) with { Rate = 0 };
        var (current, up, down) = (TaskCountCost.Of(metrics, 10, LagOnly).Total, TaskCountCost.Of(metrics, 15, LagOnly).Total, TaskCountCost.Of(metrics, 5, LagOnly).Total);
        Assert.True(up < current && current < down);
    }

    [Theory]
    [InlineData(0.25, 0.25)]
    [InlineData(0.0, 1.25)]
    [InlineData(1.0, 2.25)]
    [InlineData(0.5, 0.25 + 2.0 / 9)]
    public void Idleness_costs_least_at_the_best_ratio_and_too_much_costs_more_than_too_little(double ratio, double perTask)
    {
        Assert.Equal(10 * perTask, TaskCountCost.IdleCost(ratio, 10, 0.25), 9);
        Assert.Equal(20 * perTask, TaskCountCost.IdleCost(ratio, 20, 0.25), 9);
    }

    [Fact]
    public void Tasks_that_are_as_idle_as_they_should_be_cost_less_than_more_of_them_or_fewer()
    {
        var metrics = Metrics(0, 10, 100, 0.25);
        var (current, down, up) = (TaskCountCost.Of(metrics, 10, IdleOnly).Total, TaskCountCost.Of(metrics, 5, IdleOnly).Total, TaskCountCost.Of(metrics, 20, IdleOnly).Total);
        Assert.Equal(2.5, current, 9);
        Assert.True(down > current && up > current);
    }

    [Fact]
    public void Idleness_is_predicted_by_a_power_of_the_ratio_of_task_counts_and_never_below_nothing()
    {
        // busy 0.6 becomes 0.6 * (10/2)^0.32 = 1.004: overloaded, which counts as lag
        var overloaded = TaskCountCost.Of(Metrics(0, 10, 100, 0.4), 2, CostBased.With(lagWeight: 1, idleWeight: 1));
        Assert.Equal(2 * 1.25, overloaded.Idle, 9);
        Assert.Equal((0.6 * Math.Pow(5, 0.32) - 1) * 3600, overloaded.Lag, 6);
        // half the tasks of 40 % idle ones are 25 % idle, not -20 %
        Assert.Equal(5 * (0.25 + 2 * Math.Pow((1 - 0.6 * Math.Pow(2, 0.32) - 0.25) / 0.75, 2)), TaskCountCost.Of(Metrics(0, 10, 100, 0.4), 5, IdleOnly).Total, 9);
    }

    [Fact]
    public void Idle_ratio_that_is_unknown_is_taken_for_a_half_whatever_the_task_count()
    {
        var metrics = Metrics(0, 10, 100, null);
        Assert.Equal((10 * (0.25 + 2.0 / 9), 20 * (0.25 + 2.0 / 9)), (Math.Round(TaskCountCost.Of(metrics, 10, IdleOnly).Total, 12), Math.Round(TaskCountCost.Of(metrics, 20, IdleOnly).Total, 12)), Close);
    }

    [Fact]
    public void Idle_ratio_follows_from_the_rate_where_polls_do_not_count()
    {
        var metrics = Metrics(0, 10, 100, 0.1) with { Rate = 100, HighestRate = 1000 };
        Assert.Equal(TaskCountCost.IdleCost(0.1, 10, 0.25), TaskCountCost.Of(metrics, 10, IdleOnly).Idle, 9);
        Assert.Equal(TaskCountCost.IdleCost(0.9, 10, 0.25), TaskCountCost.Of(metrics, 10, IdleOnly with { UsePollIdleRatio = false }).Idle, 9);
        Assert.Equal((0.25, 0.0, (double?)null), ((metrics with { Rate = 750 }).IdleRatioByRate!.Value, (metrics with { Rate = 1500 }).IdleRatioByRate!.Value, (metrics with { HighestRate = 0 }).IdleRatioByRate));
    }

    private static readonly IEqualityComparer<(double, double)> Close = EqualityComparer<(double, double)>.Create((a, b) => Math.Abs(a.Item1 - b.Item1) < 1e-9 && Math.Abs(a.Item2 - b.Item2) < 1e-9);

    private static CostMetrics Metrics(double lagPerPartition, int taskCount, int partitions, double? idle) => new(lagPerPartition * partitions, taskCount, partitions, idle, 3600, 1000, 1000);
}
