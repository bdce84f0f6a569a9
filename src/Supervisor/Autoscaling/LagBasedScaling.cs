using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Autoscaling;

/// <summary>Druid's lag-based strategy: a step out when enough of the measured lags are high, else a step in when enough are low.</summary>
internal static class LagBasedScaling
{
    /// <summary>One measurement of the lags of all partitions; never negative.</summary>
    public static long Sample(LagAggregate aggregate, PartitionOffsets lags) => lags.Count == 0 ? 0 : aggregate switch
    {
        LagAggregate.Max => lags.Max(e => e.Value),
        LagAggregate.Average => lags.Sum(e => e.Value) / lags.Count,
        _ => lags.Sum(e => e.Value),
    };

    public static Wish Evaluate(AutoScalerConfig.LagBased config, ValueList<long> lags, int current)
    {
        if (lags.Count == 0) return Wish.Unknown("no lag was measured yet");
        var (above, below) = (lags.Count(l => l >= config.ScaleOutThreshold), lags.Count(l => l <= config.ScaleInThreshold));
        var why = $"{above} of {lags.Count} measured lags are at or above {config.ScaleOutThreshold} (share needed: {config.TriggerScaleOutFraction}), {below} at or below {config.ScaleInThreshold} (share needed: {config.TriggerScaleInFraction})";
        if ((double)above / lags.Count >= config.TriggerScaleOutFraction) return new Wish(current + config.ScaleOutStep, why);
        return (double)below / lags.Count >= config.TriggerScaleInFraction ? new Wish(Math.Max(1, current - config.ScaleInStep), why) : new Wish(current, why);
    }
}
