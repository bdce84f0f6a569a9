using System.Text.Json;
using System.Text.Json.Serialization;
using Ingestion.Contracts.Json;

namespace Ingestion.Contracts.Segments;

/// <summary>A span of time in epoch milliseconds UTC, end exclusive; in JSON <c>"start/end"</c> with both in ISO 8601.</summary>
[JsonConverter(typeof(IntervalConverter))]
public readonly record struct Interval(long StartMillis, long EndMillis) : IComparable<Interval>
{
    /// <summary>The ends of Druid's eternity, years that .NET has not: read as the years 0001 and 9999.</summary>
    private const string Least = "-146136543-09-08T08:23:32.096Z", Greatest = "146140482-04-24T15:36:27.903Z";

    [JsonIgnore] public string Start => IsoTime.Write(StartMillis);
    [JsonIgnore] public string End => IsoTime.Write(EndMillis);

    public bool Contains(long millis) => StartMillis <= millis && millis < EndMillis;
    public bool Contains(Interval other) => StartMillis <= other.StartMillis && other.EndMillis <= EndMillis;
    public bool Overlaps(Interval other) => StartMillis < other.EndMillis && other.StartMillis < EndMillis;

    public int CompareTo(Interval other) => StartMillis != other.StartMillis ? StartMillis.CompareTo(other.StartMillis) : EndMillis.CompareTo(other.EndMillis);

    public static bool TryParse(string? text, out Interval interval)
    {
        interval = default;
        var parts = text?.Split('/');
        if (parts is not [var start, var end] || !TryRead(start, out var from) || !TryRead(end, out var to)) return false;
        interval = new Interval(from.ToUnixTimeMilliseconds(), to.ToUnixTimeMilliseconds());
        return true;
    }

    /// <summary>Druid's Coordinator asks for all that is older than some time by the least instant of Joda-Time, which no segment is near.</summary>
    private static bool TryRead(string text, out DateTimeOffset instant)
    {
        if (text is not (Least or Greatest)) return IsoTime.TryRead(text, out instant);
        instant = text == Least ? DateTimeOffset.MinValue : DateTimeOffset.MaxValue;
        return true;
    }

    public override string ToString() => $"{Start}/{End}";
}

public sealed class IntervalConverter : JsonConverter<Interval>
{
    public override Interval Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Interval.TryParse(reader.GetString(), out var interval) ? interval : throw new JsonException($"[{reader.GetString()}] is not an interval");

    public override void Write(Utf8JsonWriter writer, Interval value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
