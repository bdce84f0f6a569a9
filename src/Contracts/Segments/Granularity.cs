using System.Text.Json.Serialization;
using System.Text.Json;
using Ingestion.Contracts.Times;

namespace Ingestion.Contracts.Segments;

/// <summary>How time is cut into segments (segmentGranularity) and truncated in rows (queryGranularity): one of Druid's standard granularities,
/// a period in a time zone, or a duration.</summary>
/// <param name="Custom">How time is cut by a period or duration; null for a standard granularity.</param>
[JsonConverter(typeof(GranularityConverter))]
public readonly record struct Granularity(GranularityKind Kind, TimeBuckets? Custom = null)
{
    public static readonly Granularity None = new(GranularityKind.None);
    public static readonly Granularity Day = new(GranularityKind.Day);
    public static readonly Granularity All = new(GranularityKind.All);

    // Of none to day, whose buckets are equally long.
    private static ReadOnlySpan<long> Lengths => [1, 1_000, 60_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 21_600_000, 28_800_000, 86_400_000];

    /// <summary>The standard granularity of a period in UTC, or one that has just these buckets.</summary>
    /// <param name="origin">Epoch milliseconds; null: 1970-01-01T00:00 in the zone.</param>
    internal static Granularity OfPeriod(CalendarPeriod period, ZoneRules zone, long? origin)
    {
        var standard = zone == ZoneRules.Utc && origin is null ? GranularityNames.KindOf(period) : null;
        return standard is { } kind ? new Granularity(kind) : new Granularity(GranularityKind.Period, new PeriodBuckets(period, zone, origin));
    }

    internal static Granularity OfDuration(long millis, long origin) => new(GranularityKind.Duration, new DurationBuckets(millis, origin));

    /// <summary>Reads a name in any case, or one of Druid's objects: <c>{"type":"none"}</c>, <c>{"type":"all"}</c>,
    /// <c>{"type":"period","period":"P1D","timeZone":"Europe/Paris","origin":null}</c>, <c>{"type":"duration","duration":3600000,"origin":null}</c>.</summary>
    public static bool TryRead(JsonElement json, out Granularity granularity) => GranularityReader.TryRead(json, out granularity) is null;

    public static bool TryParse(string name, out Granularity granularity)
    {
        var kind = GranularityNames.KindOf(name);
        granularity = new Granularity(kind ?? default);
        return kind is not null;
    }

    /// <summary>The start of the bucket that holds the instant; the instant itself for none, the start of time for all.</summary>
    public long Truncate(long millis)
    {
        if (Kind == GranularityKind.None) return millis;
        return Kind <= GranularityKind.Day ? millis - CivilDate.FloorMod(millis, Lengths[(int)Kind]) : TruncateByCalendar(millis);
    }

    private long TruncateByCalendar(long millis) => Kind switch
    {
        GranularityKind.All => InstantRange.Earliest,
        > GranularityKind.All => Math.Max(Custom!.Start(millis), InstantRange.Earliest),
        _ => CalendarStart(millis),
    };

    /// <summary>The bucket that holds the instant, cut off where instants end.</summary>
    public Interval Bucket(long millis)
    {
        if (Kind == GranularityKind.All) return new Interval(InstantRange.Earliest, InstantRange.Latest);
        var start = Truncate(millis);
        var end = Kind switch
        {
            > GranularityKind.All => Custom!.Next(Custom.Start(millis)),
            GranularityKind.Week => start + (7 * CivilDate.DayMillis),
            >= GranularityKind.Month => CivilDate.OfMillis(start).AddMonths(Kind switch { GranularityKind.Month => 1, GranularityKind.Quarter => 3, _ => 12 }).Days * CivilDate.DayMillis,
            _ => start + Lengths[(int)Kind],
        };
        return new Interval(start, Math.Min(end, InstantRange.Latest));
    }

    /// <summary>The standard granularities to try for a new segment where this one is preferred, from coarse to fine, in the preferred one's time zone
    /// and from its origin: those whose bucket at 1970-01-01 is no longer. A period that is no standard one is not among them, so segments then are of
    /// the next finer one: Druid's rule (Granularity.granularitiesFinerThan).</summary>
    public IEnumerable<Granularity> StandardUpTo()
    {
        var (zone, origin) = Custom is PeriodBuckets own ? (own.Zone, own.Origin) : (ZoneRules.Utc, null);
        var longest = LengthAtEpoch;
        // Weeks straddle months, so they are used only where they are asked for.
        var isWeek = Kind == GranularityKind.Week;
        var isAll = Kind == GranularityKind.All;
        List<Granularity> found = [];
        for (var kind = isAll ? GranularityKind.All : GranularityKind.Year; kind > GranularityKind.None; kind--)
        {
            if (kind == GranularityKind.Week && !isWeek) continue;
            var candidate = kind == GranularityKind.All ? All : OfPeriod(GranularityNames.PeriodOf(kind), zone, origin);
            if (candidate.LengthAtEpoch <= longest) found.Add(candidate);
        }
        return found.OrderByDescending(g => g.LengthAtEpoch);
    }

    /// <summary>Whether a segment of that granularity, or of those tried after it, can hold a whole bucket of this one, at some time at least: weeks fit into months, except
    /// the one in which the month ends. Bounds of a few hundred buckets from 1970 to 2040 are compared.</summary>
    public bool FitsInto(Granularity segment)
    {
        var candidates = segment.StandardUpTo().ToList();
        for (var millis = 0L; millis < 70 * 366 * CivilDate.DayMillis; millis += (61 * CivilDate.DayMillis) + 3_661_000)
        {
            var bucket = Bucket(millis);
            if (candidates.Exists(c => c.Bucket(millis).Contains(bucket))) return true;
        }
        return false;
    }

    private long LengthAtEpoch => Bucket(0) is var bucket ? bucket.EndMillis - bucket.StartMillis : 0;

    private long CalendarStart(long millis)
    {
        var days = CivilDate.FloorDiv(millis, CivilDate.DayMillis);
        if (Kind == GranularityKind.Week) return (days - CivilDate.DayOfWeek(days) + 1) * CivilDate.DayMillis; // ISO weeks begin on Monday
        var date = CivilDate.OfDays(days);
        var month = Kind switch { GranularityKind.Month => date.Month, GranularityKind.Quarter => ((date.Month - 1) / 3 * 3) + 1, _ => 1 };
        return CivilDate.DaysOf(date.Year, month, 1) * CivilDate.DayMillis;
    }

    /// <summary>As Druid writes it: an object for none, all, and what is no standard granularity, else the name.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        if (Custom is not null) { Custom.Write(writer); return; }
        if (Kind is not (GranularityKind.None or GranularityKind.All)) { writer.WriteStringValue(ToString()); return; }
        writer.WriteStartObject();
        writer.WriteString("type", ToString().ToLowerInvariant());
        writer.WriteEndObject();
    }

    /// <summary>The name, or the JSON of what has none.</summary>
    public override string ToString()
    {
        if (Custom is null) return GranularityNames.Of(Kind);
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json)) Custom.Write(writer);
        return System.Text.Encoding.UTF8.GetString(json.ToArray());
    }
}

public sealed class GranularityConverter : JsonConverter<Granularity>
{
    public override Granularity Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var json = JsonDocument.ParseValue(ref reader);
        return GranularityReader.TryRead(json.RootElement, out var granularity) is not { } problem ? granularity : throw new JsonException($"the granularity {json.RootElement.GetRawText()}{problem.Member} {problem.Message}");
    }

    public override void Write(Utf8JsonWriter writer, Granularity value, JsonSerializerOptions options) => value.Write(writer);
}
