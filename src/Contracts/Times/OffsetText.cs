namespace Ingestion.Contracts.Times;

/// <summary>Offsets from UTC as Joda-Time reads them: <c>Z</c>, or a sign and <c>hh</c>, <c>hhmm</c>, <c>hh:mm</c>, with seconds and milliseconds too.</summary>
public static class OffsetText
{
    /// <summary>Reads as much as belongs to the offset at the start of the text.</summary>
    /// <param name="millis">To be taken from the local time.</param>
    /// <returns>Its length; -1 when there is none.</returns>
    public static int Read(ReadOnlySpan<byte> text, out int millis)
    {
        millis = 0;
        if (text.Length > 0 && text[0] is (byte)'Z' or (byte)'z')
            return 1;
        if (text.Length < 3 || text[0] is not ((byte)'+' or (byte)'-') || !TryTwo(text, 1, 23, out var hours))
            return -1;
        millis = hours * 3_600_000;
        var length = Rest(text, ref millis);
        if (text[0] == '-')
            millis = -millis;
        return length;
    }

    // Behind the hours; with a colon there, colons and a point are expected between what follows.
    private static int Rest(ReadOnlySpan<byte> text, ref int millis)
    {
        var at = 3;
        if (at >= text.Length)
            return at;
        var hasColons = text[at] == ':';
        if (hasColons)
            at++;
        else if (!IsDigit(text, at))
            return at;
        for (var unit = 60_000; unit >= 1_000; unit /= 60)
        {
            if (!TryTwo(text, at, 59, out var value))
                return -1;
            millis += value * unit;
            at += 2;
            if (at >= text.Length || (hasColons ? !IsSeparator(text[at], unit) : !IsDigit(text, at)))
                return at;
            if (hasColons)
                at++;
        }

        var digits = FractionText.Read(text[at..], 1_000, 3, out var fraction);
        millis += (int)fraction;
        return digits == 0 ? -1 : at + digits;
    }

    // Behind minutes a colon, behind seconds a point.
    private static bool IsSeparator(byte unit, int behind) => behind == 60_000 ? unit == ':' : unit is (byte)'.' or (byte)',';

    private static bool IsDigit(ReadOnlySpan<byte> text, int at) => at < text.Length && char.IsAsciiDigit((char)text[at]);

    private static bool TryTwo(ReadOnlySpan<byte> text, int at, int most, out int value)
    {
        value = 0;
        if (!IsDigit(text, at) || !IsDigit(text, at + 1))
            return false;
        value = ((text[at] - '0') * 10) + text[at + 1] - '0';
        return value <= most;
    }
}
