using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ingestion.Contracts.Segments;

/// <summary>Druid's standard granularities, all in UTC: how time is cut into segments (segmentGranularity) and truncated in rows
/// (queryGranularity). Ordered from fine to coarse.</summary>
public enum GranularityKind { None, Second, Minute, FiveMinute, TenMinute, FifteenMinute, ThirtyMinute, Hour, SixHour, EightHour, Day, Week, Month, Quarter, Year, All }

/// <inheritdoc cref="GranularityKind"/>
[JsonConverter(typeof(GranularityConverter))]
public readonly record struct Granularity(GranularityKind Kind)
{
    public static readonly Granularity None = new(GranularityKind.None);
    public static readonly Granularity Day = new(GranularityKind.Day);
    public static readonly Granularity All = new(GranularityKind.All);

    private static readonly (string Name, string? Period)[] Names =
    [
        ("NONE", null), ("SECOND", "PT1S"), ("MINUTE", "PT1M"), ("FIVE_MINUTE", "PT5M"), ("TEN_MINUTE", "PT10M"), ("FIFTEEN_MINUTE", "PT15M"), ("THIRTY_MINUTE", "PT30M"),
        ("HOUR", "PT1H"), ("SIX_HOUR", "PT6H"), ("EIGHT_HOUR", "PT8H"), ("DAY", "P1D"), ("WEEK", "P1W"), ("MONTH", "P1M"), ("QUARTER", "P3M"), ("YEAR", "P1Y"), ("ALL", null),
    ];

    /// <summary>Fixed bucket length in milliseconds; 0 where a bucket has none (none, all, and calendar units of week and above).</summary>
    private long Millis => Kind switch
    {
        GranularityKind.Second => 1_000, GranularityKind.Minute => 60_000, GranularityKind.FiveMinute => 300_000, GranularityKind.TenMinute => 600_000,
        GranularityKind.FifteenMinute => 900_000, GranularityKind.ThirtyMinute => 1_800_000, GranularityKind.Hour => 3_600_000, GranularityKind.SixHour => 21_600_000,
        GranularityKind.EightHour => 28_800_000, GranularityKind.Day => 86_400_000, _ => 0,
    };

    /// <summary>Reads a name in any case, or one of Druid's objects: <c>{"type":"none"}</c>, <c>{"type":"all"}</c>,
    /// <c>{"type":"period","period":"PT1H"}</c> where the period is that of a standard granularity in UTC without an origin.</summary>
    public static bool TryRead(JsonElement json, out Granularity granularity)
    {
        granularity = default;
        if (json.ValueKind == JsonValueKind.String) return TryParse(json.GetString()!, out granularity);
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String) return false;
        if (type.GetString() != "period") return TryParse(type.GetString()!, out granularity);
        var utc = !json.TryGetProperty("timeZone", out var zone) || zone.ValueKind == JsonValueKind.Null || zone.ValueEquals("UTC");
        var noOrigin = !json.TryGetProperty("origin", out var origin) || origin.ValueKind == JsonValueKind.Null;
        if (!utc || !noOrigin || !json.TryGetProperty("period", out var period) || period.ValueKind != JsonValueKind.String) return false;
        var index = Array.FindIndex(Names, n => period.ValueEquals(n.Period));
        granularity = new Granularity((GranularityKind)Math.Max(index, 0));
        return index >= 0;
    }

    public static bool TryParse(string name, out Granularity granularity)
    {
        var index = Array.FindIndex(Names, n => n.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        granularity = new Granularity((GranularityKind)Math.Max(index, 0));
        return index >= 0;
    }

    /// <summary>The start of the bucket that holds the instant; the instant itself for none, the start of time for all.</summary>
    public long Truncate(long millis) => Kind switch
    {
        GranularityKind.None => millis,
        GranularityKind.All => DateTimeOffset.MinValue.ToUnixTimeMilliseconds(),
        >= GranularityKind.Week => CalendarStart(millis).ToUnixTimeMilliseconds(),
        _ => millis - ((millis % Millis) + Millis) % Millis,
    };

    /// <summary>The bucket that holds the instant.</summary>
    public Interval Bucket(long millis)
    {
        if (Kind == GranularityKind.All) return new Interval(DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds());
        var start = Truncate(millis);
        if (Kind == GranularityKind.None) return new Interval(start, start + 1);
        if (Kind < GranularityKind.Week) return new Interval(start, start + Millis);
        var from = CalendarStart(millis);
        var to = Kind switch { GranularityKind.Week => from.AddDays(7), GranularityKind.Month => from.AddMonths(1), GranularityKind.Quarter => from.AddMonths(3), _ => from.AddYears(1) };
        return new Interval(start, to.ToUnixTimeMilliseconds());
    }

    private DateTimeOffset CalendarStart(long millis)
    {
        var day = new DateTimeOffset(DateTimeOffset.FromUnixTimeMilliseconds(millis).UtcDateTime.Date, TimeSpan.Zero);
        return Kind switch
        {
            GranularityKind.Week => day.AddDays(-(((int)day.DayOfWeek + 6) % 7)), // ISO weeks begin on Monday
            GranularityKind.Month => new DateTimeOffset(day.Year, day.Month, 1, 0, 0, 0, TimeSpan.Zero),
            GranularityKind.Quarter => new DateTimeOffset(day.Year, (day.Month - 1) / 3 * 3 + 1, 1, 0, 0, 0, TimeSpan.Zero),
            _ => new DateTimeOffset(day.Year, 1, 1, 0, 0, 0, TimeSpan.Zero),
        };
    }

    /// <summary>As Druid writes it: an object for none and all, else the name.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        if (Kind is not (GranularityKind.None or GranularityKind.All)) { writer.WriteStringValue(ToString()); return; }
        writer.WriteStartObject();
        writer.WriteString("type", ToString().ToLowerInvariant());
        writer.WriteEndObject();
    }

    public override string ToString() => Names[(int)Kind].Name;
}

public sealed class GranularityConverter : JsonConverter<Granularity>
{
    public override Granularity Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var json = JsonDocument.ParseValue(ref reader);
        return Granularity.TryRead(json.RootElement, out var granularity) ? granularity : throw new JsonException($"{json.RootElement} is not a granularity that is supported");
    }

    public override void Write(Utf8JsonWriter writer, Granularity value, JsonSerializerOptions options) => value.Write(writer);
}
