using System.Text.Json;

namespace Ingestion.Contracts.Segments;

/// <summary>Time cut into buckets in another way than the standard granularities do.</summary>
public abstract class TimeBuckets
{
    /// <summary>The start of the bucket that holds the instant; both in epoch milliseconds.</summary>
    public abstract long Start(long millis);

    /// <summary>The start of the bucket after the one that starts there.</summary>
    public abstract long Next(long start);

    /// <summary>As Druid writes it.</summary>
    public abstract void Write(Utf8JsonWriter writer);
}
