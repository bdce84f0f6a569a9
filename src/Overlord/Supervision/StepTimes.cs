namespace Ingestion.Overlord.Supervision;

/// <summary>How long the steps of a term took, in a few counters: by powers of a quarter more, so that a figure is at most a quarter too high.</summary>
internal sealed class StepTimes
{
    private const double Factor = 1.25, FirstMillis = 0.1;
    private readonly long[] counts = new long[80]; // up to an hour and a half
    private long longestTicks;

    public void Add(TimeSpan time)
    {
        var bucket = time.TotalMilliseconds <= FirstMillis ? 0 : (int)Math.Ceiling(Math.Log(time.TotalMilliseconds / FirstMillis, Factor));
        Interlocked.Increment(ref counts[Math.Min(bucket, counts.Length - 1)]);
        for (var seen = Volatile.Read(ref longestTicks); time.Ticks > seen && Interlocked.CompareExchange(ref longestTicks, time.Ticks, seen) != seen; seen = Volatile.Read(ref longestTicks)) { }
    }

    public long Count => counts.Sum();
    public double LongestMillis => TimeSpan.FromTicks(longestTicks).TotalMilliseconds;

    /// <summary>Milliseconds that this share of the steps took at most.</summary>
    public double Quantile(double share)
    {
        var rest = (long)Math.Ceiling(Count * share);
        for (var bucket = 0; bucket < counts.Length; bucket++)
            if ((rest -= counts[bucket]) <= 0) return Math.Min(FirstMillis * Math.Pow(Factor, bucket), LongestMillis);
        return LongestMillis;
    }
}
