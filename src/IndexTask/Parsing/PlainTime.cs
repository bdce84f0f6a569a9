using Ingestion.Contracts.Times;

namespace Ingestion.IndexTask.Parsing;

/// <summary>A local time of the fields that most patterns have, each at most once: then their order does not matter, and the calendar is asked once.</summary>
internal struct PlainTime
{
    private int year, month, day, dayOfWeek, hour, minute, second, fraction;

    public static PlainTime Of(int year) => new() { year = year, month = 1, day = 1 };

    public static bool Takes(PatternField field) => field is PatternField.Year or PatternField.Month or PatternField.DayOfMonth or PatternField.DayOfWeek
        or PatternField.HourOfDay or PatternField.Minute or PatternField.Second or PatternField.Fraction;

    public void Set(PatternField field, int value)
    {
        switch (field)
        {
            case PatternField.Year: year = value; break;
            case PatternField.Month: month = value; break;
            case PatternField.DayOfMonth: day = value; break;
            case PatternField.DayOfWeek: dayOfWeek = value is >= 1 and <= 7 ? value : 8; break;
            case PatternField.HourOfDay: hour = value; break;
            case PatternField.Minute: minute = value; break;
            case PatternField.Second: second = value; break;
            default: fraction = value; break;
        }
    }

    /// <summary>Milliseconds since 1970-01-01, local; false when a field is beyond its range.</summary>
    public readonly bool TryGet(out long local)
    {
        local = 0;
        if (year is < 1 or > 9999 || month is < 1 or > 12 || day < 1 || day > CivilDate.DaysInMonth(year, month) || (uint)hour > 23 || (uint)minute > 59 || (uint)second > 59 || dayOfWeek > 7)
            return false;
        var days = CivilDate.DaysOf(year, month, day);
        // Joda-Time moves to that day of the week that the date is in.
        if (dayOfWeek > 0)
            days += dayOfWeek - CivilDate.DayOfWeek(days);
        local = (days * CivilDate.DayMillis) + (((((hour * 60L) + minute) * 60) + second) * 1000) + fraction;
        return true;
    }
}
