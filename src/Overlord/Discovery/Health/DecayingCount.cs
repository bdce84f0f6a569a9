namespace Ingestion.Overlord.Discovery.Health;

/// <summary>A count that fades: what was counted a minute ago weighs 1/e. That of Presto's failure detector (airlift's <c>DecayCounter</c> with <c>ExponentialDecay.oneMinute</c>).</summary>
internal sealed class DecayingCount
{
    private static readonly TimeSpan Fades = TimeSpan.FromMinutes(1);
    private double count;
    private TimeSpan asOf;

    public void Add(TimeSpan now) => (count, asOf) = (At(now) + 1, now);

    public double At(TimeSpan now) => count * Math.Exp(-Math.Max(0, (now - asOf) / Fades));
}
