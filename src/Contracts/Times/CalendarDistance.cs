namespace Ingestion.Contracts.Times;

/// <summary>Whole months and years from one local time to another, as Joda-Time counts them: the last day of a month stands for later ones.</summary>
public static class CalendarDistance
{
    public static long Months(long to, long from)
    {
        if (to < from) return -Months(from, to);
        var (end, start) = (CivilDate.OfMillis(to), CivilDate.OfMillis(from));
        var months = ((end.Year - start.Year) * 12L) + end.Month - start.Month;
        // The start's day does not exist in the end's month: its last day completes the month.
        var startDay = end.Day == CivilDate.DaysInMonth(end.Year, end.Month) ? Math.Min(start.Day, end.Day) : start.Day;
        var (rest, startRest) = (RestOf(to, end.Day), RestOf(from, startDay));
        return rest < startRest ? months - 1 : months;
    }

    public static long Years(long to, long from)
    {
        if (to < from) return -Years(from, to);
        var (end, start) = (CivilDate.OfMillis(to), CivilDate.OfMillis(from));
        var (rest, startRest) = (YearRest(to, end.Year), YearRest(from, start.Year));
        const long leapDay = 59 * CivilDate.DayMillis;
        if (startRest >= leapDay)
        {
            if (CivilDate.IsLeap(start.Year)) startRest -= CivilDate.IsLeap(end.Year) ? 0 : CivilDate.DayMillis;
            else if (rest >= leapDay && CivilDate.IsLeap(end.Year)) rest -= CivilDate.DayMillis;
        }
        return end.Year - start.Year - (rest < startRest ? 1 : 0);
    }

    private static long RestOf(long local, int day) => (day * CivilDate.DayMillis) + CivilDate.FloorMod(local, CivilDate.DayMillis);

    private static long YearRest(long local, int year) => local - (CivilDate.DaysOf(year, 1, 1) * CivilDate.DayMillis);
}
