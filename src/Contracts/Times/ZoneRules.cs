using System.Collections.Concurrent;

namespace Ingestion.Contracts.Times;

/// <summary>A time zone's offsets from UTC, by the system's tz database. Local times that come twice or never are resolved as Joda-Time
/// does, whose rules Druid's granularities have. Offsets are whole minutes, as .NET gives them: a few zones before 1972 had seconds too.</summary>
public sealed class ZoneRules
{
    private const long StepMillis = 2 * CivilDate.DayMillis; // no two changes of a zone have been closer
    private static readonly long TableStart = CivilDate.DaysOf(1850, 1, 1) * CivilDate.DayMillis;
    private static readonly long TableEnd = CivilDate.DaysOf(2150, 1, 1) * CivilDate.DayMillis;
    private static readonly ConcurrentDictionary<string, ZoneRules> Known = new(StringComparer.Ordinal);

    public static readonly ZoneRules Utc = new("UTC", [long.MinValue], [0], null);

    private readonly long[] starts; // of each offset; the first has no start
    private readonly long[] offsets;
    private readonly TimeZoneInfo? beyond; // asked for times after the table
    private int lastSpan;

    private ZoneRules(string id, long[] starts, long[] offsets, TimeZoneInfo? beyond) => (Id, this.starts, this.offsets, this.beyond) = (id, starts, offsets, beyond);

    /// <summary>As Joda-Time writes it: a name of the tz database, <c>UTC</c>, or an offset such as <c>+05:30</c>.</summary>
    public string Id { get; }

    public bool IsFixed => starts.Length == 1 && beyond is null;

    /// <summary>Finds a zone by a name of the tz database, in its case, or by an offset: <c>UTC</c>, <c>Z</c>, <c>+05:30</c>.
    /// Equal ids give the same object.</summary>
    public static bool TryFind(string id, out ZoneRules zone)
    {
        zone = Utc;
        if (id is "UTC" or "UT" or "Z") return true;
        if (TryFindOffset(id, out zone)) return true;
        if (Known.TryGetValue(id, out var known)) { zone = known; return true; }
        if (!LooksLikeName(id)) return false;
        var found = Load(id);
        if (found is null) return false; // not kept: texts of events are asked for too
        zone = Known.GetOrAdd(id, found);
        return true;
    }

    /// <summary>Milliseconds to be added to UTC at that instant.</summary>
    public long OffsetAt(long millis)
    {
        var span = lastSpan;
        if (millis >= starts[span] && (span + 1 < starts.Length ? millis < starts[span + 1] : beyond is null || millis < TableEnd)) return offsets[span];
        if (beyond is not null && millis >= TableEnd) return Offset(beyond, millis);
        span = SpanOf(millis);
        lastSpan = span;
        return offsets[span];
    }

    public long ToLocal(long millis) => millis + OffsetAt(millis);

    /// <summary>The instant of a local time. One that comes twice keeps the offset of <paramref name="near"/> where it can; one that is skipped
    /// moves to after the gap.</summary>
    public long ToUtc(long local, long near)
    {
        var offset = OffsetAt(near);
        if (OffsetAt(local - offset) == offset) return local - offset;
        var estimate = OffsetAt(local);
        var adjusted = OffsetAt(local - estimate);
        if (estimate != adjusted && estimate < 0 && IsGap(local, estimate, adjusted)) return local - estimate;
        return local - adjusted;
    }

    /// <summary>The instant of a local time without another to go by: the earlier of two; one that is skipped moves to after the gap.</summary>
    public long ToUtc(long local)
    {
        var estimate = OffsetAt(local);
        var instant = local - estimate;
        var adjusted = OffsetAt(instant);
        if (estimate != adjusted) return estimate < adjusted && IsGap(local, estimate, adjusted) ? local - estimate : local - adjusted;
        if (estimate < 0) return instant;
        var span = SpanOf(instant);
        if (span == 0 || (span + 1 < starts.Length && starts[span + 1] == instant + 1)) return instant;
        var before = offsets[span - 1];
        return instant - (starts[span] - 1) <= before - estimate ? local - before : instant;
    }

    private bool IsGap(long local, long estimate, long adjusted) => NextStart(local - estimate) != NextStart(local - adjusted);

    private long NextStart(long millis) => SpanOf(millis) is var span && span + 1 < starts.Length ? starts[span + 1] : long.MaxValue;

    private int SpanOf(long millis)
    {
        var found = Array.BinarySearch(starts, millis);
        return found >= 0 ? found : ~found - 1;
    }

    private static long Offset(TimeZoneInfo zone, long millis) => (long)zone.GetUtcOffset(DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(millis, InstantRange.Earliest, InstantRange.Latest)).UtcDateTime).TotalMilliseconds;

    private static ZoneRules? Load(string id)
    {
        TimeZoneInfo zone;
        try
        {
            zone = TimeZoneInfo.FindSystemTimeZoneById(id);
        }
        catch (Exception e) when (e is TimeZoneNotFoundException or InvalidTimeZoneException or System.Security.SecurityException or IOException)
        {
            return null; // of this machine: the caller says so
        }
        if (!zone.Id.Equals(id, StringComparison.Ordinal) && (zone != TimeZoneInfo.Utc || id.Equals("UTC", StringComparison.OrdinalIgnoreCase))) return null;
        List<long> starts = [long.MinValue], offsets = [Offset(zone, TableStart)];
        for (var at = TableStart; at < TableEnd; at += StepMillis)
        {
            var offset = Offset(zone, at + StepMillis);
            if (offset == offsets[^1]) continue;
            var (from, to) = (at, at + StepMillis);
            while (to - from > 1)
            {
                var middle = from + ((to - from) / 2);
                if (Offset(zone, middle) == offset) to = middle;
                else from = middle;
            }
            starts.Add(to);
            offsets.Add(offset);
        }
        var isFixed = !zone.SupportsDaylightSavingTime && starts.Count == 1;
        return new ZoneRules(id, [.. starts], [.. offsets], isFixed ? null : zone);
    }

    // Files of other kinds and copies of the database lie beside the zones.
    private static bool LooksLikeName(string id) =>
        id.Length is > 0 and <= 64 && char.IsAsciiLetter(id[0]) && !id.StartsWith("posix", StringComparison.Ordinal) && !id.StartsWith("right/", StringComparison.Ordinal)
        && id is not ("localtime" or "Factory") && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '+' or '-');

    private static bool TryFindOffset(string id, out ZoneRules zone)
    {
        zone = Utc;
        if (id is not [('+' or '-') and var sign, var h1, var h0, ..] || !char.IsAsciiDigit(h1) || !char.IsAsciiDigit(h0)) return false;
        var minutes = id.Length switch { 3 => "00", 6 when id[3] == ':' => id[4..], 5 => id[3..], _ => "" };
        if (minutes is not [var m1, var m0] || !char.IsAsciiDigit(m1) || !char.IsAsciiDigit(m0)) return false;
        var total = (((h1 - '0') * 10) + h0 - '0') * 60 + ((m1 - '0') * 10) + m0 - '0';
        if (total >= 24 * 60 || m1 > '5') return false;
        if (total == 0) return true;
        var name = $"{sign}{total / 60:00}:{total % 60:00}";
        zone = Known.GetOrAdd(name, n => new ZoneRules(n, [long.MinValue], [(sign == '-' ? -total : total) * 60_000L], null));
        return true;
    }

    public override string ToString() => Id;
}
