using System.Text.Encodings.Web;
using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Times;

namespace Ingestion.Contracts.Segments;

/// <summary>
/// Buckets of a period in a time zone, as Druid's PeriodGranularity has them: one year, month, week (from Monday), day, hour and so on begins
/// where the zone's calendar has it begin; several of them, or any with an origin, are counted from the origin, which is 1970-01-01 in the zone
/// unless it is given. Dates step by the calendar (a day may have 23 or 25 hours), times of day by their length.
/// </summary>
/// <remarks>Where Druid's arithmetic gives a bucket that lies beside the instant (several hours, or mixed units, before the origin or before 1970),
/// the bucket here is the one of the same grid that holds it.</remarks>
public sealed class PeriodBuckets : TimeBuckets, IEquatable<PeriodBuckets>
{
    private readonly CalendarPeriod period;
    private readonly ZoneRules zone;
    private readonly long? givenOrigin;
    private readonly long origin;
    private readonly bool isCounted; // from the origin
    private readonly long length; // of buckets that are all equally long, when several units make one; else 0
    private readonly SteppedBuckets? stepped;

    /// <param name="period">Not zero.</param>
    /// <param name="origin">Epoch milliseconds; null: 1970-01-01T00:00 in the zone.</param>
    public PeriodBuckets(CalendarPeriod period, ZoneRules zone, long? origin)
    {
        (this.period, this.zone, givenOrigin) = (period, zone, origin);
        this.origin = origin ?? zone.ToUtc(0, near: 0);
        isCounted = origin is not null || Single > 1;
        if (!period.IsCompound) return;
        if (period.HasMonths || (period.HasDates && !zone.IsFixed)) stepped = new SteppedBuckets(this.origin, Add);
        else length = period.StandardMillis;
    }

    public CalendarPeriod Period => period;
    public ZoneRules Zone => zone;
    public long? Origin => givenOrigin;

    // The count of the one unit that there is.
    private int Single => period.Years + period.Months + period.Weeks + period.Days + period.Hours + period.Minutes + period.Seconds + period.Millis;

    public override long Start(long millis)
    {
        if (stepped is not null) return stepped.Start(millis);
        if (length > 0) return millis - CivilDate.FloorMod(millis - origin, length);
        if (period.HasDates) return isCounted ? CountedDate(millis) : DateStart(millis);
        return isCounted ? CountedTime(millis) : TimeStart(millis);
    }

    public override long Next(long start) => Add(start, 1);

    private long DateStart(long millis)
    {
        var local = zone.ToLocal(millis);
        var days = CivilDate.FloorDiv(local, CivilDate.DayMillis);
        if (period.Weeks == 1)
        {
            // The day's start first and its week's then, as in Joda-Time: where midnight is skipped the week begins at one as well.
            var day = zone.ToUtc(days * CivilDate.DayMillis, millis);
            return zone.ToUtc(zone.ToLocal(day) - ((CivilDate.DayOfWeek(days) - 1) * CivilDate.DayMillis), day);
        }
        if (period.HasMonths)
        {
            var date = CivilDate.OfDays(days);
            days = CivilDate.DaysOf(date.Year, period.Years == 1 ? 1 : date.Month, 1);
        }
        return zone.ToUtc(days * CivilDate.DayMillis, millis);
    }

    private long TimeStart(long millis)
    {
        var unit = period.Hours == 1 ? 3_600_000L : period.Minutes == 1 ? 60_000L : period.Seconds == 1 ? 1_000L : 1L;
        return millis - CivilDate.FloorMod(zone.ToLocal(millis), unit);
    }

    private long CountedDate(long millis)
    {
        var (local, localOrigin) = (zone.ToLocal(millis), zone.ToLocal(origin));
        var (units, unit) = period.Years > 0 ? (CalendarDistance.Years(local, localOrigin), period.Years)
            : period.Months > 0 ? (CalendarDistance.Months(local, localOrigin), period.Months)
            : period.Weeks > 0 ? ((local - localOrigin) / (7 * CivilDate.DayMillis), period.Weeks)
            : ((local - localOrigin) / CivilDate.DayMillis, period.Days);
        units -= units % unit;
        var start = Add(origin, units / unit);
        return millis < start ? Add(origin, (units / unit) - 1) : start;
    }

    private long CountedTime(long millis)
    {
        var unit = period.StandardMillis;
        var start = millis - CivilDate.FloorMod(millis - origin, unit);
        // Druid brings hours counted from an origin before 1970 (midnight east of Greenwich) to full ones of the zone, whose offset may have changed since.
        return period.Hours > 0 && origin < 0 && start < millis && millis >= origin ? zone.ToUtc(zone.ToLocal(start) - CivilDate.FloorMod(zone.ToLocal(start), 3_600_000), start) : start;
    }

    /// <summary>So many periods after the instant, or before it: by the calendar for dates, by length for times; each unit by itself, from the largest.</summary>
    public long Add(long millis, long times)
    {
        if (period.HasMonths)
        {
            if (period.Years != 0) millis = AddMonths(millis, period.Years * 12L * times);
            if (period.Months != 0) millis = AddMonths(millis, period.Months * times);
        }
        if (period.Weeks != 0) millis = zone.ToUtc(zone.ToLocal(millis) + (period.Weeks * times * 7 * CivilDate.DayMillis));
        if (period.Days != 0) millis = zone.ToUtc(zone.ToLocal(millis) + (period.Days * times * CivilDate.DayMillis));
        return millis + (times * (period with { Weeks = 0, Days = 0 }).StandardMillis);
    }

    private long AddMonths(long millis, long months)
    {
        var local = zone.ToLocal(millis);
        return zone.ToUtc((CivilDate.OfMillis(local).AddMonths(months).Days * CivilDate.DayMillis) + CivilDate.FloorMod(local, CivilDate.DayMillis));
    }

    public override void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("type", "period");
        writer.WriteString("period", period.ToString());
        writer.WriteString("timeZone", JsonEncodedText.Encode(zone.Id, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)); // +05:30 as it is
        writer.WriteString("origin", givenOrigin is { } millis ? IsoTime.Write(millis) : null);
        writer.WriteEndObject();
    }

    public bool Equals(PeriodBuckets? other) => other is not null && period == other.period && zone == other.zone && givenOrigin == other.givenOrigin;
    public override bool Equals(object? obj) => Equals(obj as PeriodBuckets);
    public override int GetHashCode() => HashCode.Combine(period, zone.Id, givenOrigin);
}
