using Ingestion.Contracts.Specs;

namespace Ingestion.Supervisor.Tests.Autoscaling;

internal static class CostBased
{
    public static AutoScalerConfig.CostBased With(double lagWeight = 0.6, double idleWeight = 0.4, int min = 1, int max = 100) => new()
    {
        TaskCountMin = min, TaskCountMax = max, ScaleActionPeriod = TimeSpan.FromMinutes(10), MinScaleUpDelay = TimeSpan.FromMinutes(10), MinScaleDownDelay = TimeSpan.FromMinutes(30), LagWeight = lagWeight, IdleWeight = idleWeight,
    };
}
