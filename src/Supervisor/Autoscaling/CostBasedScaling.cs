using Ingestion.Contracts.Specs;

namespace Ingestion.Supervisor.Autoscaling;

/// <summary>Druid's cost-based strategy: of the task counts that give tasks equal numbers of partitions, as far as that goes, the one that costs least.</summary>
internal static class CostBasedScaling
{
    /// <summary>How many partitions per task more, or less, boundaries leave.</summary>
    private const int BoundaryInPartitionsPerTask = 2;

    /// <summary>Records behind per partition with which tasks that read nothing are stuck rather than idle.</summary>
    private const double LagOfStuckTasks = 10_000;

    public static Wish Evaluate(AutoScalerConfig.CostBased config, CostMetrics metrics)
    {
        if (metrics.Rate < 1 && metrics.LagPerPartition > LagOfStuckTasks) return Wish.Unknown("lag is high but the processing rate is zero: see whether the tasks are stuck");
        var now = TaskCountCost.Of(metrics, metrics.CurrentTaskCount, config);
        if (metrics.Lag >= config.CriticalLagThreshold * TaskCountCost.DesperateLagShare)
        {
            var most = Math.Min(config.TaskCountMax, metrics.Partitions);
            return new Wish(most, $"lag ({metrics.Lag:0}) has reached {TaskCountCost.DesperateLagShare:P0} of criticalLagThreshold ({config.CriticalLagThreshold})", TaskCountCost.Of(metrics, most, config));
        }
        var (best, cost) = (metrics.CurrentTaskCount, now);
        foreach (var candidate in Candidates(metrics, config))
            if (TaskCountCost.Of(metrics, candidate, config) is var of && of.Total < cost.Total) (best, cost) = (candidate, of);
        if (cost.Total > now.Total * (1 - config.MinCostDropPercentForScaling / 100.0)) (best, cost) = (metrics.CurrentTaskCount, now);
        return new Wish(best, $"{best} tasks cost {cost.Total:0.###} (lag {cost.Lag:0.###}, idleness {cost.Idle:0.###}), {metrics.CurrentTaskCount} cost {now.Total:0.###} (lag {now.Lag:0.###}, idleness {now.Idle:0.###})", cost);
    }

    /// <summary>Task counts within bounds, ascending.</summary>
    public static IEnumerable<int> Candidates(CostMetrics metrics, AutoScalerConfig.CostBased config)
    {
        if (metrics.Partitions <= 0 || metrics.CurrentTaskCount <= 0) return [];
        var now = metrics.Partitions / metrics.CurrentTaskCount;
        var isCritical = metrics.Lag >= config.CriticalLagThreshold * TaskCountCost.CriticalLagShare;
        var least = config.UseTaskCountBoundariesOnScaleUp && !isCritical ? Math.Max(1, now - BoundaryInPartitionsPerTask) : 1;
        var most = config.UseTaskCountBoundariesOnScaleDown ? Math.Min(metrics.Partitions, now + BoundaryInPartitionsPerTask) : metrics.Partitions;
        return Enumerable.Range(least, Math.Max(0, most - least + 1)).Select(perTask => (metrics.Partitions + perTask - 1) / perTask)
            .Where(count => count >= config.TaskCountMin && count <= config.TaskCountMax).Distinct().Reverse();
    }
}
