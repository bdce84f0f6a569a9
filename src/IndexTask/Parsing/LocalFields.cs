using Ingestion.Contracts.Times;

namespace Ingestion.IndexTask.Parsing;

/// <summary>A local time that fields are set in one after the other, each within what the others say at that moment: Joda-Time's way, which decides
/// what a pattern of weeks, days of the year or contradictions means.</summary>
internal struct LocalFields
{
    private bool isInvalid;

    /// <summary>Since 1970-01-01, local.</summary>
    public long Millis { get; private set; }

    public readonly bool IsValid => !isInvalid;

    /// <returns>False, from then on, when a value is beyond its range.</returns>
    public bool TrySet(PatternField field, int value, bool roundsDown)
    {
        if (isInvalid || (isInvalid = !Set(field, value)))
            return false;
        if (roundsDown)
            Millis = Floor(field);
        return true;
    }

    private bool Set(PatternField field, int value)
    {
        var days = CivilDate.FloorDiv(Millis, CivilDate.DayMillis);
        var date = CivilDate.OfDays(days);
        switch (field)
        {
            case PatternField.Century:
                return value is >= 0 and <= 100; // the year says it again
            case PatternField.Year or PatternField.YearOfEra:
                return value is >= 1 and <= 9999 && SetDays(date.AddMonths((value - date.Year) * 12L).Days);
            case PatternField.Weekyear:
                return value is >= 1 and <= 9999 && SetWeekyear(days, value);
            case PatternField.Month:
                return value is >= 1 and <= 12 && SetDays(date.AddMonths(value - date.Month).Days);
            case PatternField.WeekOfWeekyear:
                var (weekyear, week) = CivilDate.WeekOf(days);
                return value >= 1 && value <= CivilDate.WeeksInWeekyear(weekyear) && SetDays(days + ((value - week) * 7));
            case PatternField.DayOfYear:
                return value >= 1 && value <= (CivilDate.IsLeap(date.Year) ? 366 : 365) && SetDays(CivilDate.DaysOf(date.Year, 1, 1) + value - 1);
            case PatternField.DayOfMonth:
                return value >= 1 && value <= CivilDate.DaysInMonth(date.Year, date.Month) && SetDays(days - date.Day + value);
            case PatternField.DayOfWeek:
                return value is >= 1 and <= 7 && SetDays(days - CivilDate.DayOfWeek(days) + value);
            case PatternField.HalfDay:
                return SetUnit(value, 2, 43_200_000);
            case PatternField.HourOfDay:
                return SetUnit(value, 24, 3_600_000);
            case PatternField.ClockHourOfDay:
                return value >= 1 && SetUnit(value == 24 ? 0 : value == 0 ? 24 : value, 24, 3_600_000);
            case PatternField.HourOfHalfDay:
                return SetUnit(value, 12, 3_600_000);
            case PatternField.ClockHourOfHalfDay:
                return value >= 1 && SetUnit(value == 12 ? 0 : value, 12, 3_600_000);
            case PatternField.Minute:
                return SetUnit(value, 60, 60_000);
            case PatternField.Second:
                return SetUnit(value, 60, 1_000);
            default:
                return SetUnit(value, 1_000, 1);
        }
    }

    // The day of the week stays, and the week where the year has it.
    private bool SetWeekyear(long days, int value)
    {
        var (weekyear, week) = CivilDate.WeekOf(days);
        return weekyear == value || SetDays(CivilDate.WeekyearStart(value) + ((Math.Min(week, CivilDate.WeeksInWeekyear(value)) - 1) * 7) + CivilDate.DayOfWeek(days) - 1);
    }

    private bool SetDays(long days)
    {
        Millis = (days * CivilDate.DayMillis) + CivilDate.FloorMod(Millis, CivilDate.DayMillis);
        return true;
    }

    // One of so many units within the next larger.
    private bool SetUnit(int value, int range, long unit)
    {
        if (value < 0 || value >= range)
            return false;
        Millis += (value - CivilDate.FloorMod(CivilDate.FloorDiv(Millis, unit), range)) * unit;
        return true;
    }

    private readonly long Floor(PatternField field)
    {
        var days = CivilDate.FloorDiv(Millis, CivilDate.DayMillis);
        switch (field)
        {
            case PatternField.Century or PatternField.Year or PatternField.YearOfEra:
                return CivilDate.DaysOf(CivilDate.OfDays(days).Year, 1, 1) * CivilDate.DayMillis;
            case PatternField.Weekyear:
                return CivilDate.WeekyearStart(CivilDate.WeekOf(days).Weekyear) * CivilDate.DayMillis;
            case PatternField.Month:
                return (days - CivilDate.OfDays(days).Day + 1) * CivilDate.DayMillis;
            case PatternField.WeekOfWeekyear:
                return (days - CivilDate.DayOfWeek(days) + 1) * CivilDate.DayMillis;
            case PatternField.DayOfYear or PatternField.DayOfMonth or PatternField.DayOfWeek:
                return days * CivilDate.DayMillis;
            default:
                var unit = field switch { PatternField.HalfDay => 43_200_000, < PatternField.Minute => 3_600_000, PatternField.Minute => 60_000, PatternField.Second => 1_000, _ => 1 };
                return Millis - CivilDate.FloorMod(Millis, unit);
        }
    }
}
