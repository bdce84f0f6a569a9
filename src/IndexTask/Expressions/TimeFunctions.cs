using System.Text;
using Ingestion.Contracts.Expressions;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Times;
using Ingestion.IndexTask.Parsing;

namespace Ingestion.IndexTask.Expressions;

/// <summary>Functions of times in epoch milliseconds. What says how they are read, cut and written is a literal, and read once.</summary>
internal static class TimeFunctions
{
    public static Func<Value, Value> Floor(Expression.Call call, bool isCeiling)
    {
        var period = Period(call);
        long? origin = call.Arguments.Length > 2 && call.Arguments[2] is Expression.Literal { Value: { } given } ? given is long millis ? millis : Iso((string)given, ZoneRules.Utc, allowSpace: false) : null;
        var buckets = new PeriodBuckets(period, Zone(call, 3), origin);
        return v =>
        {
            if (v.IsNumericNull)
                return Value.Null;
            var start = buckets.Start(Checked(v.AsLong));
            return Value.Of(isCeiling && start != v.AsLong ? buckets.Next(start) : start);
        };
    }

    public static Func<Value, Value, Value> Shift(Expression.Call call)
    {
        var buckets = new PeriodBuckets(Period(call), Zone(call, 3), null);
        return (v, step) => v.IsNumericNull ? Value.NullOf(ExpressionType.Long) : Value.Of(buckets.Add(Checked(v.AsLong), step.AsInt));
    }

    public static Func<Value, Value> Extract(Expression.Call call)
    {
        var unit = Enum.Parse<TimeUnit>(Text(call, 1)!, ignoreCase: true);
        var zone = Zone(call, 2);
        return v =>
        {
            if (v.IsNull)
                return Value.Null;
            var millis = v.Type switch
            {
                ExpressionType.Long => v.AsLong,
                ExpressionType.String => Iso(v.AsText!, zone, allowSpace: false) ?? throw new ExpressionException($"Invalid format: \"{v.AsText}\""),
                _ => throw new ExpressionException($"No instant converter found for type {Value.Name(v.Type)}"),
            };
            var part = Extract(unit, Checked(millis), zone);
            return unit is TimeUnit.Century or TimeUnit.Millennium ? Value.Of((double)part) : Value.Of(part); // which they are in Druid
        };
    }

    public static Func<Value, Value> Format(Expression.Call call)
    {
        var zone = Zone(call, 2);
        var printer = Text(call, 1) is { } pattern && JodaPrinter.TryParse(pattern, out var parsed, out _) ? parsed : JodaPrinter.Iso;
        return v => v.IsNumericNull ? Value.Null : Value.Of(printer.Print(Checked(v.AsLong), zone));
    }

    public static Func<Value, Value> Parse(Expression.Call call)
    {
        var read = Reader(Text(call, 1), Zone(call, 2), allowSpace: true);
        return v => v.AsText is { } text && read(text) is { } millis ? Value.Of(millis) : Value.NullOf(ExpressionType.Long);
    }

    /// <summary><c>timestamp</c> and <c>unix_timestamp</c>: what is no time is an error.</summary>
    public static Func<Value, Value> Timestamp(Expression.Call call)
    {
        var read = Reader(Text(call, 1), ZoneRules.Utc, allowSpace: false);
        var unit = call.Function == "timestamp" ? 1 : 1000;
        return v =>
        {
            if (v.Type != ExpressionType.String)
                throw new ExpressionException($"Function[{call.Function}] first argument should be a STRING but got {Value.Name(v.Type)} instead");
            return v.AsText is { } text && read(text) is { } millis ? Value.Of(millis / unit) : throw new ExpressionException($"Function[{call.Function}] invalid value {v.AsText}");
        };
    }

    public static Func<Value, Value, Value> SubtractMonths(Expression.Call call)
    {
        var zone = Zone(call, 2);
        return (left, right) => Value.Of((long)CalendarDistance.Months(zone.ToLocal(Checked(left.AsLong)), zone.ToLocal(Checked(right.AsLong))));
    }

    private static CalendarPeriod Period(Expression.Call call) => CalendarPeriod.TryParse(Text(call, 1), out var period) ? period : throw new ArgumentException(Text(call, 1), nameof(call));

    private static ZoneRules Zone(Expression.Call call, int at) => Text(call, at) is { } id && ZoneRules.TryFind(id, out var zone) ? zone : ZoneRules.Utc;

    private static string? Text(Expression.Call call, int at) => at < call.Arguments.Length && call.Arguments[at] is Expression.Literal { Value: string text } ? text : null;

    private static long Checked(long millis) => InstantRange.Contains(millis) ? millis : throw new ExpressionException($"{millis} is no time of the years 0001 to 9999");

    private static Func<string, long?> Reader(string? pattern, ZoneRules zone, bool allowSpace)
    {
        if (pattern is null || !JodaPattern.TryParse(pattern, out var parsed, out _))
            return text => allowSpace || text is not ['T' or 't', ..] ? Iso(text, zone, allowSpace) : null;
        var times = new PatternTimes(parsed, TimeProvider.System.GetUtcNow().Year, new ZoneTexts());
        var isLocal = !parsed.Steps.Any(s => s.Field is PatternField.Offset or PatternField.ZoneId or PatternField.ZoneName);
        return text => times.TryRead(Encoding.UTF8.GetBytes(text), out var millis) ? isLocal ? Instant(millis, zone) : millis : null;
    }

    private static long? Iso(string text, ZoneRules zone, bool allowSpace)
    {
        if (!IsoText.TryRead(Encoding.UTF8.GetBytes(text), allowSpace, out var millis))
            return null;
        var time = text.AsSpan().IndexOfAny('T', 't', ' ');
        return time >= 0 && text.AsSpan(time).IndexOfAny("Zz+-") >= 0 ? millis : Instant(millis, zone);
    }

    // Local times that the zone skips are none.
    private static long? Instant(long local, ZoneRules zone) => zone.ToUtc(local) is var millis && zone.ToLocal(millis) == local ? millis : null;

    private static long Extract(TimeUnit unit, long millis, ZoneRules zone)
    {
        var local = zone.ToLocal(millis);
        var days = CivilDate.FloorDiv(local, CivilDate.DayMillis);
        var time = CivilDate.FloorMod(local, CivilDate.DayMillis);
        var date = CivilDate.OfDays(days);
        return unit switch
        {
            TimeUnit.Epoch => millis / 1000,
            TimeUnit.Millisecond => time % 1000,
            TimeUnit.Second => time / 1000 % 60,
            TimeUnit.Minute => time / 60_000 % 60,
            TimeUnit.Hour => time / 3_600_000,
            TimeUnit.Day => date.Day,
            TimeUnit.Dow or TimeUnit.Isodow => CivilDate.DayOfWeek(days),
            TimeUnit.Doy => date.DayOfYear,
            TimeUnit.Week => CivilDate.WeekOf(days).Week,
            TimeUnit.Month => date.Month,
            TimeUnit.Quarter => ((date.Month - 1) / 3) + 1,
            TimeUnit.Year or TimeUnit.Isoyear => date.Year, // Druid's ISOYEAR is the year
            TimeUnit.Decade => date.Year / 10,
            TimeUnit.Century => (date.Year + 99) / 100,
            _ => (date.Year + 999) / 1000,
        };
    }
}
