using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ingestion.IndexTask.Segment.Writing;

/// <summary>
/// The part <c>complex</c> of the types that first and last aggregators keep. A time, a mark and a numeric value are a cell of a block-compressed stream,
/// with times as differences to the least one; a string and its time are an element of a list, uncompressed: so Druid 33 writes them.
/// </summary>
internal static class PairColumnWriter
{
    /// <summary>Of the numeric types; strings in a list have none.</summary>
    public const byte Version = 3;

    /// <summary>In the header's second byte: times take four bytes.</summary>
    public const byte ShortTimes = 0x80;

    public const int HeaderBytes = 4;

    /// <summary>In a cell, between time and value; behind the first nothing follows.</summary>
    public const byte IsNull = 1, IsValue = 0;

    public static void Write(ColumnContent.PairColumn column, IndexSpec spec, SegmentOutput output)
    {
        output.Text($$$"""{"valueType":"COMPLEX","hasMultipleValues":false,"parts":[{"type":"complex","typeName":"{{{TypeName(column.Values)}}}"}]}""");
        var times = column.Times.Span;
        switch (column.Values)
        {
            case ColumnContent.LongColumn longs:
                WriteNumbers(times, longs.Values.Span, longs.NullRows.Span, spec, output);
                break;
            case ColumnContent.FloatColumn floats:
                WriteNumbers(times, floats.Values.Span, floats.NullRows.Span, spec, output);
                break;
            case ColumnContent.DoubleColumn doubles:
                WriteNumbers(times, doubles.Values.Span, doubles.NullRows.Span, spec, output);
                break;
            case ColumnContent.StringColumn strings:
                WriteStrings(times, strings, output);
                break;
        }
    }

    private static string TypeName(ColumnContent values) => values switch
    {
        ColumnContent.LongColumn => "serializablePairLongLong",
        ColumnContent.FloatColumn => "serializablePairLongFloat",
        ColumnContent.DoubleColumn => "serializablePairLongDouble",
        ColumnContent.StringColumn => "serializablePairLongString",
        _ => throw new ArgumentException($"values of kind {values.GetType().Name} have no times"),
    };

    private static void WriteNumbers<T>(ReadOnlySpan<long> times, ReadOnlySpan<T> values, ReadOnlySpan<ulong> nullWords, IndexSpec spec, SegmentOutput output)
        where T : unmanaged
    {
        var nulls = new NullRows(nullWords, values.Length);
        var (least, timeBytes) = TimeLayout(times);
        output.Write([Version, timeBytes == sizeof(int) ? ShortTimes : (byte)0, 0, 0]);
        output.Int64(BinaryPrimitives.ReverseEndianness(least));

        var sizeAt = output.Reserve(sizeof(int));
        WriteCellStarts(values.Length, nulls, timeBytes + 1, timeBytes + 1 + Unsafe.SizeOf<T>(), spec.Lz4Level, output);
        EndPart(sizeAt, output);

        sizeAt = output.Reserve(sizeof(int));
        var size = ((timeBytes + 1L) * values.Length) + ((long)Unsafe.SizeOf<T>() * (values.Length - nulls.Count));
        using (var cells = new PayloadBlocks(output, size, spec.Lz4Level))
        {
            Span<byte> cell = stackalloc byte[sizeof(long) + 1 + sizeof(long)];
            for (var row = 0; row < values.Length; row++)
            {
                BinaryPrimitives.WriteInt64LittleEndian(cell, unchecked(times[row] - least));
                var isNull = nulls.Contains(row);
                cell[timeBytes] = isNull ? IsNull : IsValue;
                if (!isNull)
                    MemoryMarshal.Write(cell[(timeBytes + 1)..], values[row]);
                cells.Add(cell[..(timeBytes + 1 + (isNull ? 0 : Unsafe.SizeOf<T>()))]);
            }

            cells.Finish();
        }

        EndPart(sizeAt, output);
    }

    // Where times span more than 64 bits can tell, they are kept as they are.
    private static (long Least, int Bytes) TimeLayout(ReadOnlySpan<long> times)
    {
        long least = long.MaxValue, most = long.MinValue;
        foreach (var time in times)
        {
            least = Math.Min(least, time);
            most = Math.Max(most, time);
        }

        var span = unchecked(most - least);
        return span < 0 ? (0, sizeof(long)) : (least, span <= int.MaxValue ? sizeof(int) : sizeof(long));
    }

    private static void WriteCellStarts(int rows, NullRows nulls, int nullBytes, int valueBytes, Lz4Level level, SegmentOutput output)
    {
        using var starts = new PayloadBlocks(output, sizeof(long) * (rows + 1L), level);
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        long start = 0;
        for (var row = 0; row <= rows; row++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, start);
            starts.Add(bytes);
            start += row < rows && nulls.Contains(row) ? nullBytes : valueBytes;
        }

        starts.Finish();
    }

    private static void EndPart(long sizeAt, SegmentOutput output)
    {
        var size = output.Position - sizeAt - sizeof(int);
        if (size > int.MaxValue)
            throw new SegmentListTooLargeException();
        output.PatchInt32(sizeAt, BinaryPrimitives.ReverseEndianness((int)size));
    }

    private static void WriteStrings(ReadOnlySpan<long> times, ColumnContent.StringColumn strings, SegmentOutput output)
    {
        var ids = strings.Ids.Span;
        using var list = new IndexedListWriter(output, times.Length, IsAscending(times, ids, strings.Dictionary));
        for (var row = 0; row < times.Length; row++)
        {
            var text = strings.Dictionary.Utf8(ids[row]);
            list.Begin();
            output.Int64(times[row]);
            output.Int32(text.Length);
            output.Write(text);
            list.End();
        }

        list.Finish();
    }

    // Druid compares what it has read from its own spills, where an empty string is null.
    private static bool IsAscending(ReadOnlySpan<long> times, ReadOnlySpan<int> ids, Utf8Dictionary dictionary)
    {
        for (var row = 1; row < times.Length; row++)
        {
            if (times[row] < times[row - 1] || (times[row] == times[row - 1] && Rank(ids[row]) <= Rank(ids[row - 1])))
                return false;
        }

        return true;

        int Rank(int id) => dictionary.Utf8(id).IsEmpty ? -1 : id;
    }
}
