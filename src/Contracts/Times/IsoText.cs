using System.Text;
using System.Text.Json;

namespace Ingestion.Contracts.Times;

/// <summary>
/// Reads ISO 8601 instants in UTF-8 as Joda-Time's dateTimeParser does, which Druid uses: a date, then optionally <c>T</c>, a time and <c>Z</c> or an
/// offset; UTC without one. Dates are <c>yyyy[-MM[-dd]]</c>, <c>xxxx-Www[-e]</c> or <c>yyyy-DDD</c>; times <c>HH[:mm[:ss]]</c> with a fraction of the last. Fields may
/// be shorter than that, letters in either case. Only years 0001 to 9999 are taken.
/// </summary>
public ref struct IsoText
{
    private ReadOnlySpan<byte> rest;

    /// <param name="allowSpace">A space may stand for the T, as Druid's format auto has it, and a time needs its date.</param>
    /// <param name="millis">Since 1970-01-01 UTC; finer fractions are dropped.</param>
    public static bool TryRead(ReadOnlySpan<byte> text, bool allowSpace, out long millis) => new IsoText { rest = text }.TryRead(allowSpace, out millis);

    /// <summary>Reads an instant as Druid's JSON has it: ISO text, or epoch milliseconds.</summary>
    public static bool TryReadInstant(JsonElement json, out long millis)
    {
        millis = 0;
        return json.ValueKind switch
        {
            JsonValueKind.String => TryRead(Encoding.UTF8.GetBytes(json.GetString()!), allowSpace: false, out millis),
            JsonValueKind.Number => json.TryGetInt64(out millis) && InstantRange.Contains(millis),
            _ => false,
        };
    }

    private bool TryRead(bool allowSpace, out long millis)
    {
        millis = 0;
        long days = 0, time = 0;
        var offset = 0;
        var isTime = !allowSpace && rest.Length > 1 && rest[0] is (byte)'T' or (byte)'t' && char.IsAsciiDigit((char)rest[1]);
        if (!isTime && !TryDate(out days))
            return false;
        if (rest.Length > 0)
        {
            if (!TryTakeLetter('T') && !(allowSpace && TryTake(' ')))
                return false;
            if (rest.Length > 0 && char.IsAsciiDigit((char)rest[0]) && !TryTimeOfDay(out time))
                return false;
            var read = rest.Length == 0 ? 0 : OffsetText.Read(rest, out offset);
            if (read != rest.Length)
                return false;
        }

        millis = (days * CivilDate.DayMillis) + time - offset;
        return InstantRange.Contains(millis);
    }

    private bool TryDate(out long days)
    {
        days = 0;
        if (rest.Length > 0 && rest[0] == '+')
            rest = rest[1..];
        if (!TryDigits(9, out var year, out _) || year is < 1 or > 9999)
            return false;
        days = CivilDate.DaysOf(year, 1, 1);
        if (rest.Length < 2 || rest[0] != '-')
            return true;
        rest = rest[1..];
        return TryTakeLetter('W') ? TryWeekDate(year, out days) : TryDayOf(year, out days);
    }

    private bool TryDayOf(int year, out long days)
    {
        days = 0;
        if (!TryDigits(3, out var number, out var length))
            return false;
        if (length == 3)
        {
            days = CivilDate.DaysOf(year, 1, 1) + number - 1;
            return number >= 1 && number <= (CivilDate.IsLeap(year) ? 366 : 365);
        }

        var day = 1;
        if (number is < 1 or > 12 || (TryTake('-') && !TryDigits(2, out day, out _)) || day < 1 || day > CivilDate.DaysInMonth(year, number))
            return false;
        days = CivilDate.DaysOf(year, number, day);
        return true;
    }

    private bool TryWeekDate(int weekyear, out long days)
    {
        days = 0;
        var day = 1;
        if (!TryDigits(2, out var week, out _) || (TryTake('-') && !TryDigits(1, out day, out _)) || week < 1 || week > CivilDate.WeeksInWeekyear(weekyear) || day is < 1 or > 7)
            return false;
        days = CivilDate.WeekyearStart(weekyear) + ((week - 1) * 7) + day - 1;
        return true;
    }

    private bool TryTimeOfDay(out long millis)
    {
        int minute = 0, second = 0;
        long fraction = 0;
        millis = 0;
        var isRead = TryDigits(2, out var hour, out _)
            && (TryTake(':')
                ? TryDigits(2, out minute, out _) && (TryTake(':') ? TryDigits(2, out second, out _) && TryFraction(1_000, out fraction) : TryFraction(60_000, out fraction))
                : TryFraction(3_600_000, out fraction));
        millis = (((((hour * 60L) + minute) * 60) + second) * 1000) + fraction;
        return isRead && hour < 24 && minute < 60 && second < 60;
    }

    private bool TryFraction(int unitMillis, out long millis)
    {
        millis = 0;
        if (!TryTake('.') && !TryTake(','))
            return true;
        var length = FractionText.Read(rest, unitMillis, 9, out millis);
        rest = rest[length..];
        return length > 0;
    }

    private bool TryTake(char expected)
    {
        if (rest.Length == 0 || rest[0] != expected)
            return false;
        rest = rest[1..];
        return true;
    }

    private bool TryTakeLetter(char upper)
    {
        if (rest.Length == 0 || (rest[0] & ~0x20) != upper)
            return false;
        rest = rest[1..];
        return true;
    }

    // One digit up to so many.
    private bool TryDigits(int most, out int value, out int length)
    {
        value = length = 0;
        while (length < most && length < rest.Length && rest[length] - 48u is var digit && digit <= 9)
        {
            value = (value * 10) + (int)digit;
            length++;
        }

        rest = rest[length..];
        return length > 0;
    }
}
