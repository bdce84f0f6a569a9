namespace Ingestion.Contracts.Times;

/// <summary>Instants that rows can have, in epoch milliseconds: years 0001 to 9999. Druid goes on to the year 146 million.</summary>
public static class InstantRange
{
    public static readonly long Earliest = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    public static readonly long Latest = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    public static bool Contains(long millis) => millis >= Earliest && millis <= Latest;
}
