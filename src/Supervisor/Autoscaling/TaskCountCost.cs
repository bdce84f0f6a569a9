using Ingestion.Contracts.Specs;

namespace Ingestion.Supervisor.Autoscaling;

/// <summary>What a task count is estimated to cost, weighted: Druid's <c>WeightedCostFunction</c>, of mid 2026. Lag counts by the seconds that it takes to catch up,
/// idleness by how far the predicted idle ratio is from the best one.</summary>
public readonly record struct TaskCountCost(double Lag, double Idle)
{
    /// <summary>Lag weighs more the larger it is: by this much for each e-fold of records per partition.</summary>
    public const double LagAmplification = 0.3;
    public const double CriticalLagAmplification = 6.0;

    /// <summary>The shares of criticalLagThreshold from which lag is critical, and from which nothing else matters.</summary>
    public const double CriticalLagShare = 0.75;
    public const double DesperateLagShare = 0.95;

    /// <summary>Records per second that a task is taken to be able to read at least.</summary>
    public const double RateAtLeast = 1_000;

    /// <summary>A task of n times as many partitions is less than n times as busy.</summary>
    public const double BusynessExponent = 0.32;
    public const double UnderProvisioningPenalty = 1.0;
    public const double OverProvisioningPenalty = 2.0;
    public const double IdleRatioUnknown = 0.5;

    public static readonly TaskCountCost Infinite = new(double.PositiveInfinity, double.PositiveInfinity);

    public double Total => Lag + Idle;

    public static TaskCountCost Of(CostMetrics metrics, int taskCount, AutoScalerConfig.CostBased config)
    {
        if (taskCount <= 0 || metrics.Partitions <= 0) return Infinite;
        ArgumentOutOfRangeException.ThrowIfNegative(metrics.Rate);
        var (idleRatio, overrun) = PredictedIdleRatio(metrics, taskCount, config);
        var catchingUp = CatchingUpSeconds(metrics, taskCount, config) + overrun * metrics.TaskDurationSeconds;
        return new TaskCountCost(config.LagWeight * catchingUp, config.IdleWeight * IdleCost(idleRatio, taskCount, config.OptimalTaskIdleRatio));
    }

    /// <summary>Least at the best ratio, growing with the square of the distance on either side.</summary>
    public static double IdleCost(double idleRatio, int taskCount, double optimal)
    {
        var tooBusy = (optimal - idleRatio) / optimal;
        var tooIdle = (idleRatio - optimal) / (1 - optimal);
        return taskCount * (optimal + (idleRatio < optimal ? UnderProvisioningPenalty * tooBusy * tooBusy : OverProvisioningPenalty * tooIdle * tooIdle));
    }

    private static double CatchingUpSeconds(CostMetrics metrics, int taskCount, AutoScalerConfig.CostBased config)
    {
        if (metrics.Lag <= 0) return 0;
        var factor = metrics.Lag >= config.CriticalLagThreshold * CriticalLagShare ? CriticalLagAmplification : LagAmplification;
        return metrics.Lag * Math.Max(1, 1 + factor * Math.Log(metrics.LagPerPartition)) / (taskCount * Math.Max(metrics.Rate, RateAtLeast));
    }

    /// <returns>And by how much the tasks would be overloaded, where no time would be left.</returns>
    private static (double IdleRatio, double Overrun) PredictedIdleRatio(CostMetrics metrics, int taskCount, AutoScalerConfig.CostBased config)
    {
        if ((config.UsePollIdleRatio ? metrics.PollIdleRatio : metrics.IdleRatioByRate) is not { } now) return (IdleRatioUnknown, 0);
        if (metrics.CurrentTaskCount <= 0 || taskCount == metrics.CurrentTaskCount) return (now, 0);
        var idle = 1 - (1 - now) * Math.Pow((double)metrics.CurrentTaskCount / taskCount, BusynessExponent);
        return idle >= 0 ? (Math.Min(1, idle), 0) : (0, -idle);
    }
}

/// <summary>What the cost of a task count follows from.</summary>
/// <param name="Lag">Records behind, over all partitions.</param>
/// <param name="PollIdleRatio">The tasks' mean; null: unknown.</param>
/// <param name="Rate">The tasks' mean in records per second; not negative.</param>
/// <param name="HighestRate">The highest such mean seen.</param>
public readonly record struct CostMetrics(double Lag, int CurrentTaskCount, int Partitions, double? PollIdleRatio, double TaskDurationSeconds, double Rate, double HighestRate)
{
    public double LagPerPartition => Lag / Partitions;

    /// <summary>Null until a rate was seen.</summary>
    public double? IdleRatioByRate => HighestRate > 0 ? Math.Clamp(1 - Rate / HighestRate, 0, 1) : null;
}
