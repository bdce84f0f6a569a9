using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;

namespace Ingestion.IndexTask.Parsing;

/// <summary>Reads the time of an event in the formats iso, auto, millis and posix of Druid's timestampSpec.</summary>
internal sealed class TimestampReader(TimestampSpec spec)
{
    private const int UsualLength = 24; // 2015-09-12T00:46:58.771Z
    private ulong lastDay;
    private ushort lastDayEnd;
    private long lastDayMillis;

    /// <param name="cell">The field as scanned, and not null.</param>
    /// <param name="text">Its text, when it has one.</param>
    public bool TryRead(in Cell cell, ReadOnlySpan<byte> text, out long millis)
    {
        millis = 0;
        switch (cell.Kind)
        {
            case CellKind.Text:
                return (text.Length == UsualLength && spec.Format is "iso" or "auto" && TryReadUsual(text, out millis)) || TryReadText(text, out millis);
            case CellKind.Number when spec.Format != "iso":
                return TryScale(cell.Value, out millis);
            case CellKind.Number:
                return TryReadText(Encoding.UTF8.GetBytes(cell.Value.ToString(CultureInfo.InvariantCulture)), out millis);
            case CellKind.Decimal when spec.Format != "iso":
                return TryScale((long)double.Parse(text, CultureInfo.InvariantCulture), out millis);
            default:
                return false;
        }
    }

    private bool TryScale(long value, out long millis)
    {
        var scale = spec.Format == "posix" ? 1000 : 1;
        millis = unchecked(value * scale);
        return millis / scale == value && millis >= IsoText.Earliest && millis <= IsoText.Latest;
    }

    private bool TryReadText(ReadOnlySpan<byte> text, out long millis)
    {
        millis = 0;
        text = text.Trim("\" "u8);
        if (text.Length == 0)
            return false;
        if (spec.Format is "millis" or "posix" || (spec.Format == "auto" && text.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0))
            return Utf8Parser.TryParse(text, out long value, out var read) && read == text.Length && TryScale(value, out millis);
        return IsoText.TryRead(text, allowSpace: spec.Format == "auto", out millis);
    }

    // Most events are of the day of the one before: then only the time of day is left to read.
    private bool TryReadUsual(ReadOnlySpan<byte> text, out long millis)
    {
        millis = 0;
        var day = BinaryPrimitives.ReadUInt64LittleEndian(text);
        var dayEnd = BinaryPrimitives.ReadUInt16LittleEndian(text[8..]);
        if (text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[19] != '.' || text[23] != 'Z')
            return false;
        if (day != lastDay || dayEnd != lastDayEnd)
        {
            if (!IsoText.TryRead(text[..10], allowSpace: false, out var read))
                return false;
            (lastDay, lastDayEnd, lastDayMillis) = (day, dayEnd, read);
        }

        uint h1 = text[11] - 48u, h0 = text[12] - 48u, m1 = text[14] - 48u, m0 = text[15] - 48u, s1 = text[17] - 48u, s0 = text[18] - 48u;
        uint f2 = text[20] - 48u, f1 = text[21] - 48u, f0 = text[22] - 48u;
        if (Math.Max(Math.Max(Math.Max(h1, h0), Math.Max(m1, m0)), Math.Max(Math.Max(s1, s0), Math.Max(Math.Max(f2, f1), f0))) > 9)
            return false;
        uint hour = (h1 * 10) + h0, minute = (m1 * 10) + m0, second = (s1 * 10) + s0;
        millis = lastDayMillis + (((((hour * 60) + minute) * 60) + second) * 1000) + (f2 * 100) + (f1 * 10) + f0;
        return hour < 24 && minute < 60 && second < 60;
    }
}
