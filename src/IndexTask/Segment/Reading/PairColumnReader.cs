using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Ingestion.IndexTask.Segment.Writing;

namespace Ingestion.IndexTask.Segment.Reading;

/// <summary>The part <c>complex</c> of the types that first and last aggregators keep.</summary>
internal static class PairColumnReader
{
    private const string Longs = "serializablePairLongLong", Floats = "serializablePairLongFloat", Doubles = "serializablePairLongDouble", Strings = "serializablePairLongString";

    public static bool IsKnown(string? typeName) => typeName is Longs or Floats or Doubles or Strings;

    public static ColumnContent.PairColumn Read(SegmentCursor cursor, ColumnDescriptor descriptor, int rowCount) => descriptor.TypeName switch
    {
        Longs => ReadNumbers<long>(cursor, rowCount, (values, nulls) => new ColumnContent.LongColumn(values, nulls)),
        Floats => ReadNumbers<float>(cursor, rowCount, (values, nulls) => new ColumnContent.FloatColumn(values, nulls)),
        Doubles => ReadNumbers<double>(cursor, rowCount, (values, nulls) => new ColumnContent.DoubleColumn(values, nulls)),
        Strings => cursor.Peek() == PairColumnWriter.Version ? ReadStringCells(cursor, rowCount) : ReadStringList(cursor, rowCount),
        var other => throw cursor.Unsupported($"a complex column of type {other}"),
    };

    private static ColumnContent.PairColumn ReadNumbers<T>(SegmentCursor cursor, int rowCount, Func<T[], ulong[], ColumnContent> content)
        where T : unmanaged
    {
        var cells = new Cells(cursor, rowCount);
        var (values, nulls) = (new T[rowCount], new ulong[(rowCount + 63L) / 64]);
        for (var row = 0; row < rowCount; row++)
        {
            var value = cells.Value(row);
            if (value.Length == 1 + Unsafe.SizeOf<T>() && value[0] == PairColumnWriter.IsValue)
                values[row] = MemoryMarshal.Read<T>(value[1..]);
            else if (value is [PairColumnWriter.IsNull])
                nulls[row >> 6] |= 1UL << row;
            else
                throw cursor.Invalid($"row {row} has a value of {value.Length} bytes");
        }

        return new(cells.Times, content(values, nulls));
    }

    // Druid writes it only where druid.columns.pairLongString.compressed is set.
    private static ColumnContent.PairColumn ReadStringCells(SegmentCursor cursor, int rowCount)
    {
        var cells = new Cells(cursor, rowCount);
        var texts = new string?[rowCount];
        for (var row = 0; row < rowCount; row++)
        {
            var value = cells.Value(row);
            if (value.Length < sizeof(int) || value.Length - sizeof(int) != Math.Max(0, BinaryPrimitives.ReadInt32LittleEndian(value)))
                throw cursor.Invalid($"row {row} has a text of another length than it says");
            texts[row] = Text(value[sizeof(int)..]);
        }

        return new(cells.Times, Column(texts));
    }

    private static ColumnContent.PairColumn ReadStringList(SegmentCursor cursor, int rowCount)
    {
        const int head = sizeof(long) + sizeof(int);
        var list = new IndexedList(cursor);
        if (list.Count != rowCount)
            throw cursor.Invalid($"{list.Count} rows where the segment has {rowCount}");
        var (times, texts) = (new long[rowCount], new string?[rowCount]);
        for (var row = 0; row < rowCount; row++)
        {
            var element = list[row];
            if (element.Length < head || BinaryPrimitives.ReadInt32BigEndian(element[sizeof(long)..]) != element.Length - head)
                throw cursor.Invalid($"row {row} has a text of another length than it says");
            times[row] = BinaryPrimitives.ReadInt64BigEndian(element);
            texts[row] = Text(element[head..]);
        }

        return new(times, Column(texts));
    }

    // As Druid reads it: an empty string is null.
    private static string? Text(ReadOnlySpan<byte> utf8) => utf8.IsEmpty ? null : Encoding.UTF8.GetString(utf8);

    private static ColumnContent.StringColumn Column(string?[] texts)
    {
        var dictionary = Utf8Dictionary.Of(texts);
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < dictionary.Count; id++)
        {
            if (dictionary.Text(id) is { } text)
                ids.Add(text, id);
        }

        return new(dictionary, Array.ConvertAll(texts, text => text is null ? 0 : ids[text]));
    }

    /// <summary>Cells of a time, here already taken off, and a value.</summary>
    private sealed class Cells
    {
        private readonly byte[] payload;
        private readonly long[] starts;
        private readonly int timeBytes;

        public Cells(SegmentCursor cursor, int rowCount)
        {
            var header = cursor.Take(PairColumnWriter.HeaderBytes).Span;
            if (header[0] != PairColumnWriter.Version)
                throw cursor.Unsupported($"version {header[0]} of a column of pairs");
            timeBytes = (header[1] & PairColumnWriter.ShortTimes) != 0 ? sizeof(int) : sizeof(long);
            var least = BinaryPrimitives.ReverseEndianness(cursor.Int64());
            var index = PayloadReader.Read(cursor.Part(cursor.CountLittleEndian()));
            starts = MemoryMarshal.Cast<byte, long>(index).ToArray();
            payload = PayloadReader.Read(cursor.Part(cursor.CountLittleEndian()));
            if (starts.Length != rowCount + 1)
                throw cursor.Invalid($"{starts.Length - 1} rows where the segment has {rowCount}");
            Times = new long[rowCount];
            for (var row = 0; row < rowCount; row++)
            {
                if (starts[row] < 0 || starts[row + 1] > payload.Length || starts[row + 1] - starts[row] < timeBytes)
                    throw cursor.Invalid($"row {row} lies outside the cells");
                var cell = payload.AsSpan((int)starts[row]);
                Times[row] = unchecked(least + (timeBytes == sizeof(int) ? BinaryPrimitives.ReadInt32LittleEndian(cell) : BinaryPrimitives.ReadInt64LittleEndian(cell)));
            }
        }

        public long[] Times { get; }

        public ReadOnlySpan<byte> Value(int row) => payload.AsSpan((int)starts[row] + timeBytes, (int)(starts[row + 1] - starts[row]) - timeBytes);
    }
}
