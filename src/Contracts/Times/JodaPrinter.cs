using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Ingestion.Contracts.Times;

/// <summary>Writes instants by a pattern of Joda-Time's DateTimeFormat, in English.</summary>
public sealed class JodaPrinter
{
    private const string WithoutZone = "yyyy-MM-dd'T'HH:mm:ss.SSS";

    /// <summary>As Joda-Time prints an instant without being told how: <c>2015-09-12T00:46:58.771Z</c>.</summary>
    public static readonly JodaPrinter Iso = new([.. Split(WithoutZone), new Part('!', 2, "")]);

    private static readonly DateTimeFormatInfo Names = DateTimeFormatInfo.InvariantInfo;
    private readonly ImmutableArray<Part> parts;

    private JodaPrinter(ImmutableArray<Part> parts) => this.parts = parts;

    /// <summary>Reads a pattern, or says why nothing can be written by it.</summary>
    public static bool TryParse(string pattern, out JodaPrinter printer, out string problem)
    {
        printer = new JodaPrinter(Split(pattern));
        problem = printer.parts.IsEmpty ? "is empty" : "";
        foreach (var part in printer.parts)
        {
            if (part.Letter == 'z') problem = "names of zones cannot be written: use Z or ZZZ";
            else if (!"'GCxyYMdDweEaHkKhmsSZ".Contains(part.Letter, StringComparison.Ordinal)) problem = $"{part.Letter} is no field: letters that stand for themselves are quoted, '{part.Letter}'";
        }
        return problem.Length == 0;
    }

    /// <param name="millis">Since 1970-01-01 UTC, of a year with at most four digits.</param>
    public string Print(long millis, ZoneRules zone)
    {
        var local = zone.ToLocal(millis);
        var text = new StringBuilder();
        foreach (var part in parts)
            Append(text, part, millis, local, zone);
        return text.ToString();
    }

    private static void Append(StringBuilder text, Part part, long millis, long local, ZoneRules zone)
    {
        var days = CivilDate.FloorDiv(local, CivilDate.DayMillis);
        var date = CivilDate.OfDays(days);
        var time = CivilDate.FloorMod(local, CivilDate.DayMillis);
        var hour = (int)(time / 3_600_000);
        var (letter, length) = (part.Letter, part.Length);
        switch (letter)
        {
            case '\'': text.Append(part.Text); break;
            case 'G': text.Append(date.Year > 0 ? "AD" : "BC"); break;
            case 'a': text.Append(hour < 12 ? "AM" : "PM"); break;
            case 'M' when length >= 3: text.Append(length > 3 ? Names.GetMonthName(date.Month) : Names.GetAbbreviatedMonthName(date.Month)); break;
            case 'E': text.Append(length > 3 ? Names.GetDayName(OfWeek(days)) : Names.GetAbbreviatedDayName(OfWeek(days))); break;
            case 'S': text.Append(Padded(time % 1000, 3).PadRight(length, '0').AsSpan(0, length)); break;
            case 'Z' when length > 2: text.Append(zone.Id); break;
            case '!' when local == millis: text.Append('Z'); break;
            case 'Z' or '!': AppendOffset(text, local - millis, length == 2); break;
            default: text.Append(Padded(Field(letter, length, date, days, time, hour), length)); break;
        }
    }

    private static long Field(char letter, int length, CivilDate date, long days, long time, int hour) => letter switch
    {
        'C' => date.Year / 100,
        'x' => length == 2 ? CivilDate.WeekOf(days).Weekyear % 100 : CivilDate.WeekOf(days).Weekyear,
        'y' or 'Y' => length == 2 ? date.Year % 100 : date.Year,
        'M' => date.Month,
        'd' => date.Day,
        'D' => date.DayOfYear,
        'w' => CivilDate.WeekOf(days).Week,
        'e' => CivilDate.DayOfWeek(days),
        'H' => hour,
        'k' => hour == 0 ? 24 : hour,
        'K' => hour % 12,
        'h' => hour % 12 == 0 ? 12 : hour % 12,
        'm' => time / 60_000 % 60,
        _ => time / 1000 % 60,
    };

    private static DayOfWeek OfWeek(long days) => (DayOfWeek)(CivilDate.DayOfWeek(days) % 7);

    private static string Padded(long value, int length) => value.ToString(CultureInfo.InvariantCulture).PadLeft(length, '0');

    private static void AppendOffset(StringBuilder text, long offset, bool hasColon)
    {
        var (size, colon) = (Math.Abs(offset), hasColon ? ":" : "");
        text.Append(offset < 0 ? '-' : '+').Append(Padded(size / 3_600_000, 2)).Append(colon).Append(Padded(size / 60_000 % 60, 2));
        if (size % 60_000 != 0) text.Append(colon).Append(Padded(size / 1000 % 60, 2));
    }

    private static ImmutableArray<Part> Split(string pattern)
    {
        var parts = ImmutableArray.CreateBuilder<Part>();
        for (var at = 0; at < pattern.Length;)
        {
            var token = JodaPattern.Token(pattern, at, out at);
            parts.Add(token[0] == '\'' ? new Part('\'', 0, token[1..]) : new Part(token[0], token.Length, ""));
        }
        return parts.ToImmutable();
    }

    /// <param name="Letter">Of the field; an apostrophe for a text; ! for an offset that is Z where it is none.</param>
    private readonly record struct Part(char Letter, int Length, string Text);
}
