using System.Globalization;
using System.Text;

namespace Ingestion.Contracts.Times;

/// <summary>An ISO 8601 period by its fields, as Joda-Time keeps it: <c>P1D</c> and <c>PT24H</c> are not the same, a month has no length.</summary>
public readonly record struct CalendarPeriod(int Years, int Months, int Weeks, int Days, int Hours, int Minutes, int Seconds, int Millis)
{
    /// <summary>Reads a period such as <c>P3M</c> or <c>PT1H30M</c> in any case, without signs; digits behind milliseconds are dropped.</summary>
    public static bool TryParse(string? text, out CalendarPeriod period)
    {
        period = default;
        if (text is not { Length: > 2 } || text[0] is not ('P' or 'p')) return false;
        const string order = "YMWDhmsx"; // dates in upper case, times in lower case, each at most once
        var (values, isTime, next) = (new int[order.Length], false, 0);
        for (var at = 1; at < text.Length; at++)
        {
            if (text[at] is 'T' or 't') { if (isTime || at == text.Length - 1) return false; isTime = true; continue; }
            var start = at;
            while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
            var whole = at;
            var hasFraction = at < text.Length && text[at] is '.' or ',';
            if (hasFraction) do at++; while (at < text.Length && char.IsAsciiDigit(text[at]));
            if (at == text.Length || !int.TryParse(text.AsSpan(start, whole - start), NumberStyles.None, CultureInfo.InvariantCulture, out var value)) return false;
            var field = order.IndexOf(isTime ? char.ToLowerInvariant(text[at]) : char.ToUpperInvariant(text[at]), StringComparison.Ordinal);
            if (field < next || field == 7 || field >= 4 != isTime || (hasFraction && (field != 6 || at - whole < 2))) return false;
            values[field] = value;
            if (hasFraction) values[7] = int.Parse(text.AsSpan(whole + 1, Math.Min(at - whole - 1, 3)).ToString().PadRight(3, '0'), CultureInfo.InvariantCulture);
            next = field + 1;
        }
        if (next == 0) return false;
        period = new CalendarPeriod(values[0], values[1], values[2], values[3], values[4], values[5], values[6], values[7]);
        return true;
    }

    public bool IsZero => this == default;

    /// <summary>More than one of its fields is set.</summary>
    public bool IsCompound => Count(Years) + Count(Months) + Count(Weeks) + Count(Days) + Count(Hours) + Count(Minutes) + Count(Seconds) + Count(Millis) > 1;

    public bool HasMonths => Years > 0 || Months > 0;

    public bool HasDates => HasMonths || Weeks > 0 || Days > 0;

    /// <summary>Its length without years and months, of days of 24 hours.</summary>
    public long StandardMillis => (((((((Weeks * 7L) + Days) * 24) + Hours) * 60) + Minutes) * 60 + Seconds) * 1000 + Millis;

    /// <summary>As Joda-Time prints it.</summary>
    public override string ToString()
    {
        if (IsZero) return "PT0S";
        var text = new StringBuilder("P");
        void Add(int value, char unit) { if (value != 0) text.Append(CultureInfo.InvariantCulture, $"{value}{unit}"); }
        Add(Years, 'Y'); Add(Months, 'M'); Add(Weeks, 'W'); Add(Days, 'D');
        if (Hours == 0 && Minutes == 0 && Seconds == 0 && Millis == 0) return text.ToString();
        text.Append('T');
        Add(Hours, 'H'); Add(Minutes, 'M');
        if (Millis == 0) Add(Seconds, 'S');
        else text.Append(CultureInfo.InvariantCulture, $"{Seconds + (Millis / 1000)}.{Millis % 1000:000}S");
        return text.ToString();
    }

    private static int Count(int field) => field > 0 ? 1 : 0;
}
