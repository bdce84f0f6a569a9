using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Ingestion.IndexTask.Segment.Codecs;

namespace Ingestion.IndexTask.Segment.Writing;

/// <summary>The parts <c>longV2</c>, <c>floatV2</c> and <c>doubleV2</c>: values in blocks, then the set of null rows if there are any.</summary>
internal static class NumericColumnWriter
{
    public static void Write(ColumnContent.LongColumn column, IndexSpec spec, SegmentOutput output)
    {
        var nulls = new NullRows(column.NullRows.Span, column.Values.Length);
        var rows = new NumericRows<long>(column.Values.Span, nulls);
        var lengthAt = Begin(Descriptor("LONG", "longV2"), output);
        if (spec.LongEncoding == LongEncoding.Auto)
            AutoLongWriter.Write(rows, spec, output);
        else
            WriteValues(rows, spec, output);
        End(lengthAt, nulls, output);
    }

    public static void Write(ColumnContent.FloatColumn column, IndexSpec spec, SegmentOutput output) =>
        Write(column.Values.Span, column.NullRows.Span, Descriptor("FLOAT", "floatV2"), spec, output);

    public static void Write(ColumnContent.DoubleColumn column, IndexSpec spec, SegmentOutput output) =>
        Write(column.Values.Span, column.NullRows.Span, Descriptor("DOUBLE", "doubleV2"), spec, output);

    /// <summary>What every value structure begins with.</summary>
    public static void WriteHeader(int rows, int perBlock, ColumnCompression compression, SegmentOutput output)
    {
        output.Byte(2);
        output.Int32(rows);
        output.Int32(compression == ColumnCompression.None ? 0 : perBlock);
    }

    /// <summary>Values at their full width.</summary>
    public static void WriteBlocks<T>(NumericRows<T> rows, IndexSpec spec, SegmentOutput output)
        where T : unmanaged
    {
        var perBlock = PerBlock<T>();
        var scratch = ArrayPool<T>.Shared.Rent(perBlock);
        using (var blocks = new BlockListWriter(output, spec.MetricCompression, spec.Lz4Level, (int)(((long)rows.Count + perBlock - 1) / perBlock)))
        {
            for (var start = 0; start < rows.Count; start += perBlock)
                blocks.Add(MemoryMarshal.AsBytes(rows.Slice(start, Math.Min(perBlock, rows.Count - start), scratch)));
            blocks.Finish();
        }

        ArrayPool<T>.Shared.Return(scratch);
    }

    public static int PerBlock<T>() => BlockListWriter.MaxBlockBytes / Unsafe.SizeOf<T>();

    private static string Descriptor(string valueType, string part) =>
        $$$"""{"valueType":"{{{valueType}}}","hasMultipleValues":false,"parts":[{"type":"{{{part}}}","byteOrder":"LITTLE_ENDIAN","bitmapSerdeFactory":{"type":"roaring"}}]}""";

    private static void Write<T>(ReadOnlySpan<T> values, ReadOnlySpan<ulong> nullWords, string descriptor, IndexSpec spec, SegmentOutput output)
        where T : unmanaged
    {
        var nulls = new NullRows(nullWords, values.Length);
        var lengthAt = Begin(descriptor, output);
        WriteValues(new NumericRows<T>(values, nulls), spec, output);
        End(lengthAt, nulls, output);
    }

    private static void WriteValues<T>(NumericRows<T> rows, IndexSpec spec, SegmentOutput output)
        where T : unmanaged
    {
        WriteHeader(rows.Count, PerBlock<T>(), spec.MetricCompression, output);
        output.Byte(BlockListWriter.IdOf(spec.MetricCompression));
        WriteBlocks(rows, spec, output);
    }

    private static long Begin(string descriptor, SegmentOutput output)
    {
        output.Text(descriptor);
        return output.Reserve(4);
    }

    private static void End(long lengthAt, NullRows nulls, SegmentOutput output)
    {
        output.PatchInt32(lengthAt, (int)(output.Position - lengthAt - 4));
        if (nulls.Count == 0)
            return;

        var sizeAt = output.Reserve(4);
        var rows = ArrayPool<int>.Shared.Rent(nulls.Count);
        nulls.CopyTo(rows);
        RoaringWriter.Write(rows.AsSpan(0, nulls.Count), output);
        ArrayPool<int>.Shared.Return(rows);
        output.PatchInt32(sizeAt, (int)(output.Position - sizeAt - 4));
    }
}
