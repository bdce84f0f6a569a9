namespace Ingestion.Contracts.Times;

/// <summary>A day of the proleptic Gregorian calendar (ISO 8601, year 0 included), and the arithmetic of weeks, months and years. Java's and
/// .NET's types stop at other years or throw; this is plain integers, for times read by the million.</summary>
public readonly record struct CivilDate(int Year, int Month, int Day)
{
    public const long DayMillis = 86_400_000;
    private const int DaysPerEra = 146_097; // 400 years

    /// <param name="days">Since 1970-01-01.</param>
    public static CivilDate OfDays(long days)
    {
        var shifted = days + 719_468; // since 0000-03-01: leap days then end the year
        var era = FloorDiv(shifted, DaysPerEra);
        var dayOfEra = (int)(shifted - (era * DaysPerEra));
        var yearOfEra = (dayOfEra - (dayOfEra / 1_460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        var dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        var month = ((5 * dayOfYear) + 2) / 153;
        var day = dayOfYear - (((153 * month) + 2) / 5) + 1;
        return new CivilDate((int)((era * 400) + yearOfEra) + (month >= 10 ? 1 : 0), month < 10 ? month + 3 : month - 9, day);
    }

    public static CivilDate OfMillis(long millis) => OfDays(FloorDiv(millis, DayMillis));

    /// <summary>Days since 1970-01-01.</summary>
    public static long DaysOf(int year, int month, int day)
    {
        long shiftedYear = month <= 2 ? year - 1L : year;
        var era = FloorDiv(shiftedYear, 400);
        var yearOfEra = (int)(shiftedYear - (era * 400));
        var dayOfYear = (((153 * (month > 2 ? month - 3 : month + 9)) + 2) / 5) + day - 1;
        return (era * DaysPerEra) + (yearOfEra * 365) + (yearOfEra / 4) - (yearOfEra / 100) + dayOfYear - 719_468;
    }

    public long Days => DaysOf(Year, Month, Day);

    public int DayOfYear => (int)(Days - DaysOf(Year, 1, 1)) + 1;

    public static bool IsLeap(int year) => (year & 3) == 0 && (year % 100 != 0 || year % 400 == 0);

    public static int DaysInMonth(int year, int month) => month switch { 2 => IsLeap(year) ? 29 : 28, 4 or 6 or 9 or 11 => 30, _ => 31 };

    /// <summary>The same day of another month, or that month's last where it is shorter.</summary>
    public CivilDate AddMonths(long months)
    {
        var total = (Year * 12L) + Month - 1 + months;
        var year = (int)FloorDiv(total, 12);
        var month = (int)(total - (year * 12L)) + 1;
        return new CivilDate(year, month, Math.Min(Day, DaysInMonth(year, month)));
    }

    /// <summary>1 is Monday, 7 Sunday.</summary>
    public static int DayOfWeek(long days) => (int)FloorMod(days + 3, 7) + 1;

    /// <summary>The Monday that the ISO week year begins with, in days since 1970-01-01.</summary>
    public static long WeekyearStart(int weekyear)
    {
        var fourth = DaysOf(weekyear, 1, 4); // always in week 1
        return fourth - (DayOfWeek(fourth) - 1);
    }

    public static int WeeksInWeekyear(int weekyear) => (int)((WeekyearStart(weekyear + 1) - WeekyearStart(weekyear)) / 7);

    public static (int Weekyear, int Week) WeekOf(long days)
    {
        var weekyear = OfDays(days - (DayOfWeek(days) - 4)).Year; // that of the week's Thursday
        return (weekyear, (int)((days - WeekyearStart(weekyear)) / 7) + 1);
    }

    public static long FloorDiv(long value, long by) => (value / by) - (value % by < 0 ? 1 : 0);

    public static long FloorMod(long value, long by) => value % by is var rest && rest < 0 ? rest + by : rest;
}
