namespace Ingestion.IndexTask.Parsing;

/// <summary>
/// Reads ISO 8601 instants as Joda-Time's dateTimeParser does: <c>yyyy[-MM[-dd]]</c>, then optionally <c>THH[:mm[:ss[.fraction]]]</c>, then
/// optionally <c>Z</c> or an offset; UTC without one. Week dates, ordinal dates and years beyond four digits are not supported.
/// </summary>
internal ref struct IsoText
{
    public static readonly long Earliest = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    public static readonly long Latest = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();
    private ReadOnlySpan<byte> rest;

    /// <param name="allowSpace">A space may stand for the T.</param>
    public static bool TryRead(ReadOnlySpan<byte> text, bool allowSpace, out long millis) => new IsoText { rest = text }.TryRead(allowSpace, out millis);

    private bool TryRead(bool allowSpace, out long millis)
    {
        millis = 0;
        int month = 1, day = 1;
        if (!TryDigits(4, out var year) || (TryTake('-') && (!TryDigits(2, out month) || (TryTake('-') && !TryDigits(2, out day)))))
            return false;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
            return false;
        long dayMillis = 0, offset = 0;
        if ((TryTake('T') || (allowSpace && TryTake(' '))) && (!TryTimeOfDay(out dayMillis) || !TryOffset(out offset)))
            return false;
        millis = new DateTimeOffset(year, month, day, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() + dayMillis - offset;
        return rest.Length == 0 && millis >= Earliest && millis <= Latest;
    }

    private bool TryTimeOfDay(out long millis)
    {
        int minute = 0, second = 0, fraction = 0;
        millis = 0;
        if (!TryDigits(2, out var hour) || (TryTake(':') && (!TryDigits(2, out minute) || (TryTake(':') && (!TryDigits(2, out second) || !TryFraction(out fraction))))))
            return false;
        millis = (((((hour * 60L) + minute) * 60) + second) * 1000) + fraction;
        return hour < 24 && minute < 60 && second < 60;
    }

    // Digits behind the third are dropped.
    private bool TryFraction(out int millis)
    {
        millis = 0;
        if (!TryTake('.') && !TryTake(','))
            return true;
        var digits = 0;
        for (; rest.Length > 0 && char.IsAsciiDigit((char)rest[0]); digits++, rest = rest[1..])
            millis += digits switch { 0 => 100, 1 => 10, 2 => 1, _ => 0 } * (rest[0] - '0');
        return digits > 0;
    }

    private bool TryOffset(out long millis)
    {
        millis = 0;
        if (rest.Length == 0 || TryTake('Z'))
            return true;
        var sign = TryTake('-') ? -1 : TryTake('+') ? 1 : 0;
        var minutes = 0;
        if (sign == 0 || !TryDigits(2, out var hours))
            return false;
        var hasColon = TryTake(':');
        if ((hasColon || rest.Length > 0) && !TryDigits(2, out minutes))
            return false;
        millis = sign * ((hours * 60L) + minutes) * 60_000;
        return hours < 24 && minutes < 60;
    }

    private bool TryTake(char expected)
    {
        if (rest.Length == 0 || rest[0] != expected)
            return false;
        rest = rest[1..];
        return true;
    }

    private bool TryDigits(int count, out int value)
    {
        value = 0;
        if (rest.Length < count)
            return false;
        foreach (var unit in rest[..count])
        {
            if (!char.IsAsciiDigit((char)unit))
                return false;
            value = (value * 10) + unit - '0';
        }

        rest = rest[count..];
        return true;
    }
}
