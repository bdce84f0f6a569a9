using System.Buffers;
using System.Runtime.InteropServices;
using Ingestion.IndexTask.Segment.Codecs;

namespace Ingestion.IndexTask.Segment.Writing;

/// <summary>
/// Druid's <c>longEncoding: auto</c>: indexes into a table of up to 256 values in order of first appearance, else differences to the
/// minimum when the range fits a signed 64-bit integer, else plain values.
/// </summary>
internal static class AutoLongWriter
{
    public const int MaxTable = 256;

    /// <summary>Added to a compression's number (as a signed byte) to say that the encoding follows.</summary>
    public const int EncodingFlag = -126;

    public const byte Delta = 0;
    public const byte Table = 1;
    public const byte Longs = 0xFF;
    public const byte FormatVersion = 1;

    private const int Stretch = 8192;

    public static void Write(NumericRows<long> rows, IndexSpec spec, SegmentOutput output)
    {
        var scratch = ArrayPool<long>.Shared.Rent(Stretch);
        var table = new Dictionary<long, int>();
        long min = long.MaxValue, max = long.MinValue;
        for (var start = 0; start < rows.Count; start += Stretch)
        {
            foreach (var value in rows.Slice(start, Math.Min(Stretch, rows.Count - start), scratch))
            {
                min = Math.Min(min, value);
                max = Math.Max(max, value);
                if (table.Count <= MaxTable)
                    table.TryAdd(value, table.Count);
            }
        }

        ArrayPool<long>.Shared.Return(scratch);
        var range = unchecked((ulong)max - (ulong)min);
        if (table.Count <= MaxTable)
            WriteTable(rows, table, spec, output);
        else if (range < long.MaxValue)
            WriteDelta(rows, min, range, spec, output);
        else
            WritePlain(rows, spec, output);
    }

    private static void WriteTable(NumericRows<long> rows, Dictionary<long, int> table, IndexSpec spec, SegmentOutput output)
    {
        var bits = BitPacking.WidthFor((ulong)table.Count - 1);
        WriteHeader(rows.Count, BitPacking.PerBlock(bits), Table, spec, output);
        output.Byte(FormatVersion);
        output.Int32(table.Count);
        foreach (var (value, _) in table.OrderBy(entry => entry.Value))
            output.Int64(value);
        WritePacked(rows, bits, value => (ulong)table[value], spec, output);
    }

    private static void WriteDelta(NumericRows<long> rows, long min, ulong range, IndexSpec spec, SegmentOutput output)
    {
        var bits = BitPacking.WidthFor(range);
        WriteHeader(rows.Count, BitPacking.PerBlock(bits), Delta, spec, output);
        output.Byte(FormatVersion);
        output.Int64(min);
        output.Int32(bits);
        WritePacked(rows, bits, value => unchecked((ulong)value - (ulong)min), spec, output);
    }

    private static void WritePlain(NumericRows<long> rows, IndexSpec spec, SegmentOutput output)
    {
        WriteHeader(rows.Count, NumericColumnWriter.PerBlock<long>(), Longs, spec, output);
        NumericColumnWriter.WriteBlocks(rows, spec, output);
    }

    private static void WriteHeader(int rows, int perBlock, byte encoding, IndexSpec spec, SegmentOutput output)
    {
        NumericColumnWriter.WriteHeader(rows, perBlock, spec.MetricCompression, output);
        output.Byte(unchecked((byte)(BlockListWriter.IdOf(spec.MetricCompression) + EncodingFlag)));
        output.Byte(encoding);
    }

    private static void WritePacked(NumericRows<long> rows, int bits, Func<long, ulong> encode, IndexSpec spec, SegmentOutput output)
    {
        // Without blocks the whole column is one packed run.
        var perBlock = spec.MetricCompression == ColumnCompression.None ? rows.Count : BitPacking.PerBlock(bits);
        var most = Math.Min(perBlock, rows.Count);
        var scratch = ArrayPool<long>.Shared.Rent(most);
        var packed = ArrayPool<byte>.Shared.Rent(checked((int)BitPacking.SizeOf(bits, most)));
        using (var blocks = new BlockListWriter(output, spec.MetricCompression, spec.Lz4Level, (int)(((long)rows.Count + perBlock - 1) / perBlock)))
        {
            for (var start = 0; start < rows.Count; start += perBlock)
            {
                var count = Math.Min(perBlock, rows.Count - start);
                var slice = rows.Slice(start, count, scratch);
                for (var i = 0; i < count; i++)
                    scratch[i] = (long)encode(slice[i]);
                var size = (int)BitPacking.SizeOf(bits, count);
                BitPacking.Pack(MemoryMarshal.Cast<long, ulong>(scratch.AsSpan(0, count)), bits, packed.AsSpan(0, size));
                blocks.Add(packed.AsSpan(0, size));
            }

            blocks.Finish();
        }

        ArrayPool<byte>.Shared.Return(packed);
        ArrayPool<long>.Shared.Return(scratch);
    }
}
