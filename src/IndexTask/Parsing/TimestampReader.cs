using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Times;
using Ingestion.IndexTask.Columns;

namespace Ingestion.IndexTask.Parsing;

/// <summary>
/// Reads the time of an event as Druid's TimestampParser does, in the format of its timestampSpec: auto, iso, millis, posix, micro, nano, ruby
/// or a pattern of Joda-Time's. Times must lie in <see cref="InstantRange"/>. Remembers the day read last: from one thread at a time.
/// </summary>
internal sealed class TimestampReader
{
    private const int UsualLength = 24, UsualSecondsLength = 20; // 2015-09-12T00:46:58.771Z, 2015-09-12T00:46:58Z
    private readonly TimestampFormat format;
    private readonly bool takesUsual;
    private readonly PatternTimes? pattern;
    private readonly ZoneTexts zones = new();
    private ulong lastDay;
    private ushort lastDayEnd;
    private long lastDayMillis;

    public TimestampReader(TimestampSpec spec)
        : this(spec, TimeProvider.System.GetUtcNow().Year)
    {
    }

    /// <param name="currentYear">Two-digit years are from 80 years before it to 19 after.</param>
    public TimestampReader(TimestampSpec spec, int currentYear)
    {
        format = spec.Kind;
        takesUsual = format is TimestampFormat.Iso or TimestampFormat.Auto;
        if (format == TimestampFormat.Pattern)
            pattern = new PatternTimes(JodaPattern.TryParse(spec.Format, out var parsed, out var problem) ? parsed : throw new ArgumentException($"[{spec.Format}] {problem}", nameof(spec)), currentYear, zones);
    }

    /// <param name="cell">The field as scanned, and not null.</param>
    /// <param name="text">Its text, when it has one.</param>
    public bool TryRead(in Cell cell, ReadOnlySpan<byte> text, out long millis)
    {
        switch (cell.Kind)
        {
            case CellKind.Text:
                return TryRead(text, out millis);
            case CellKind.Number:
                return TryRead(cell.Value, out millis);
            case CellKind.Decimal:
                return TryRead(double.Parse(text, CultureInfo.InvariantCulture), out millis);
            default:
                millis = 0;
                return false;
        }
    }

    /// <summary>Reads a text in UTF-8.</summary>
    public bool TryRead(ReadOnlySpan<byte> text, out long millis) =>
        (takesUsual && (text.Length is UsualLength or UsualSecondsLength) && TryReadUsual(text, out millis)) || TryReadText(text, out millis);

    /// <summary>Reads a number: of the format's unit, or, where the format is of texts, by its digits.</summary>
    public bool TryRead(long value, out long millis)
    {
        if (format is not (TimestampFormat.Iso or TimestampFormat.Pattern))
            return TryScale(value, out millis);
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(value, digits, out var length);
        return TryReadText(digits[..length], out millis);
    }

    /// <inheritdoc cref="TryRead(long, out long)"/>
    public bool TryRead(double value, out long millis)
    {
        if (format is TimestampFormat.Iso or TimestampFormat.Pattern)
            return TryReadText(Encoding.UTF8.GetBytes(JavaNumber.Text(value)), out millis);
        if (format == TimestampFormat.Ruby)
            return TryTake((long)(value * 1000), out millis);
        return TryScale((long)value, out millis);
    }

    private bool TryScale(long value, out long millis) => TryTake(format switch
    {
        TimestampFormat.Posix => value is > long.MaxValue / 1000 or < long.MinValue / 1000 ? long.MaxValue : value * 1000,
        TimestampFormat.Micro => value / 1000,
        TimestampFormat.Nano => value / 1_000_000,
        TimestampFormat.Ruby => (long)(value * 1000d),
        _ => value,
    }, out millis);

    private static bool TryTake(long value, out long millis)
    {
        millis = value;
        return InstantRange.Contains(value);
    }

    private bool TryReadText(ReadOnlySpan<byte> text, out long millis)
    {
        millis = 0;
        if (format == TimestampFormat.Auto && text.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0)
            return TryLong(text, out var digits) && TryTake(digits, out millis);
        text = Strip(text);
        if (text.Length == 0)
            return false;
        switch (format)
        {
            case TimestampFormat.Auto:
                return IsoText.TryRead(WithoutZone(text), allowSpace: true, out millis);
            case TimestampFormat.Iso:
                return IsoText.TryRead(text, allowSpace: false, out millis) || (IsBeyondYears(text) && TryLong(text, out var number) && TryTake(number, out millis));
            case TimestampFormat.Pattern:
                return pattern!.TryRead(text, out millis);
            case TimestampFormat.Ruby:
                return double.TryParse(text[^1] is (byte)'d' or (byte)'D' or (byte)'f' or (byte)'F' ? text[..^1] : text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && TryTake((long)(seconds * 1000), out millis);
            default:
                return TryLong(text, out var value) && TryScale(value, out millis);
        }
    }

    // Java's trim, then one pair of quotes, then trim.
    private static ReadOnlySpan<byte> Strip(ReadOnlySpan<byte> text)
    {
        text = Trim(text);
        if (text.Length == 0 || text[0] != '"' || text[^1] != '"')
            return text;
        return text.Length == 1 ? default : Trim(text[1..^1]);
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text)
    {
        while (text.Length > 0 && text[0] <= ' ')
            text = text[1..];
        while (text.Length > 0 && text[^1] <= ' ')
            text = text[..^1];
        return text;
    }

    // A zone's name at the end is dropped, and the time is in UTC all the same: Druid gives the time that zone, which does not change the instant.
    private ReadOnlySpan<byte> WithoutZone(ReadOnlySpan<byte> text) => text.LastIndexOf((byte)' ') is > 0 and var at && zones.IsJavaName(text[(at + 1)..]) ? text[..at] : text;

    // Up to nine digits are a year, whether it can be a row's or not.
    private static bool IsBeyondYears(ReadOnlySpan<byte> text) => text.Length - (char.IsAsciiDigit((char)text[0]) ? 0 : 1) > 9;

    private static bool TryLong(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        return text.Length > 0 && (char.IsAsciiDigit((char)text[0]) || (text.Length > 1 && text[0] is (byte)'-' or (byte)'+')) && Utf8Parser.TryParse(text, out value, out var read) && read == text.Length;
    }

    // Most events are of the day of the one before: then only the time of day is left to read.
    private bool TryReadUsual(ReadOnlySpan<byte> text, out long millis)
    {
        millis = 0;
        var day = BinaryPrimitives.ReadUInt64LittleEndian(text);
        var dayEnd = BinaryPrimitives.ReadUInt16LittleEndian(text[8..]);
        if (text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[^1] != 'Z')
            return false;
        if (day != lastDay || dayEnd != lastDayEnd)
        {
            if (!IsoText.TryRead(text[..10], allowSpace: false, out var read))
                return false;
            (lastDay, lastDayEnd, lastDayMillis) = (day, dayEnd, read);
        }

        uint h1 = text[11] - 48u, h0 = text[12] - 48u, m1 = text[14] - 48u, m0 = text[15] - 48u, s1 = text[17] - 48u, s0 = text[18] - 48u;
        uint f2 = 0, f1 = 0, f0 = 0;
        if (text.Length == UsualLength)
        {
            if (text[19] != '.')
                return false;
            (f2, f1, f0) = (text[20] - 48u, text[21] - 48u, text[22] - 48u);
        }

        if (Math.Max(Math.Max(Math.Max(h1, h0), Math.Max(m1, m0)), Math.Max(Math.Max(s1, s0), Math.Max(Math.Max(f2, f1), f0))) > 9)
            return false;
        uint hour = (h1 * 10) + h0, minute = (m1 * 10) + m0, second = (s1 * 10) + s0;
        millis = lastDayMillis + (((((hour * 60) + minute) * 60) + second) * 1000) + (f2 * 100) + (f1 * 10) + f0;
        return hour < 24 && minute < 60 && second < 60;
    }
}
