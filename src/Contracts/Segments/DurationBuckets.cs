using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Times;

namespace Ingestion.Contracts.Segments;

/// <summary>Buckets of equal length, counted from an origin: Druid's DurationGranularity.</summary>
internal sealed class DurationBuckets(long duration, long origin) : TimeBuckets, IEquatable<DurationBuckets>
{
    private readonly long offset = origin % duration; // Druid keeps, and writes, no more of the origin

    public override long Start(long millis) => millis - CivilDate.FloorMod(millis - offset, duration);

    public override long Next(long start) => start + duration;

    public override void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("type", "duration");
        writer.WriteNumber("duration", duration);
        writer.WriteString("origin", IsoTime.Write(offset));
        writer.WriteEndObject();
    }

    public bool Equals(DurationBuckets? other) => other is not null && other.Duration == Duration && other.offset == offset;
    public override bool Equals(object? obj) => Equals(obj as DurationBuckets);
    public override int GetHashCode() => HashCode.Combine(Duration, offset);

    private long Duration => duration;
}
