using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Hosting;

/// <summary>Druid's row counters with their moving averages: events per second, exponentially weighted over 1, 5 and 15 minutes in steps of
/// 5 s; and the share of time spent waiting for records, over 1 minute. One thread counts; any may read.</summary>
internal sealed class RowMeter
{
    private const long StepMillis = 5_000;
    internal static readonly (string Name, int Minutes)[] Windows = [("1m", 1), ("5m", 5), ("15m", 15)];

    private readonly double[,] rates = new double[Windows.Length, 5];
    private readonly long[] before = new long[5];
    private long stepBegan = long.MinValue;
    private bool hasRates;
    private double waitedMillis;
    private double idleRatio;

    public long Processed, ProcessedBytes, ProcessedWithError, ThrownAway, Unparseable;

    public RowTotals Totals => new() { Processed = Processed, ProcessedBytes = ProcessedBytes, ProcessedWithError = ProcessedWithError, ThrownAway = ThrownAway, Unparseable = Unparseable };

    /// <summary>Processed records per second over 15 minutes, to two digits, so that a report of a task whose rate hardly changes stays the same; null before the first step is over.</summary>
    public double? ProcessedRate => Volatile.Read(ref hasRates) ? TwoDigits(rates[Windows.Length - 1, 0]) : null;

    /// <summary>0 to 1, in hundredths; null before the first step is over.</summary>
    public double? IdleRatio => Volatile.Read(ref hasRates) ? Math.Round(idleRatio, 2) : null;

    private static double TwoDigits(double rate)
    {
        var unit = 1.0;
        while (rate >= 100 * unit) unit *= 10;
        return Math.Round(rate / unit) * unit;
    }

    /// <summary>A call for records took so long.</summary>
    public void Waited(TimeSpan time) => waitedMillis += time.TotalMilliseconds;

    /// <summary>By counter in the order of <see cref="RowTotals"/>.</summary>
    public double Rate(int window, int counter) => rates[window, counter];

    public void Tick(long now)
    {
        if (stepBegan == long.MinValue) stepBegan = now;
        while (now - stepBegan >= StepMillis)
        {
            stepBegan += StepMillis;
            ReadOnlySpan<long> counts = [Processed, ProcessedBytes, ProcessedWithError, ThrownAway, Unparseable];
            for (var counter = 0; counter < counts.Length; counter++)
            {
                var rate = (counts[counter] - before[counter]) * 1000.0 / StepMillis;
                before[counter] = counts[counter];
                for (var window = 0; window < Windows.Length; window++)
                {
                    var weight = 1 - Math.Exp(-StepMillis / 60_000.0 / Windows[window].Minutes);
                    rates[window, counter] = hasRates ? rates[window, counter] + weight * (rate - rates[window, counter]) : rate;
                }
            }
            var waited = Math.Min(1, waitedMillis / StepMillis);
            waitedMillis = Math.Max(0, waitedMillis - StepMillis);
            idleRatio = hasRates ? idleRatio + (1 - Math.Exp(-StepMillis / 60_000.0)) * (waited - idleRatio) : waited;
            Volatile.Write(ref hasRates, true);
        }
    }
}
