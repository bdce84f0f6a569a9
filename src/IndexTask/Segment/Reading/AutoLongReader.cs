using Ingestion.IndexTask.Segment.Codecs;
using Ingestion.IndexTask.Segment.Writing;

namespace Ingestion.IndexTask.Segment.Reading;

/// <summary>Longs of <c>longEncoding: auto</c>: bit-packed indexes into a table, or differences to a base.</summary>
internal static class AutoLongReader
{
    private const byte NoBlocks = 0xFE;

    public static long[] Read(SegmentCursor cursor, byte encoding, byte compression, int rows, int perBlock)
    {
        if (encoding is not (AutoLongWriter.Delta or AutoLongWriter.Table))
            throw cursor.Invalid($"unknown encoding {encoding} of longs");
        var version = cursor.Byte();
        if (version != AutoLongWriter.FormatVersion)
            throw cursor.Invalid($"unknown version {version} of encoded longs");

        var table = encoding == AutoLongWriter.Table ? ReadTable(cursor) : [];
        var origin = encoding == AutoLongWriter.Delta ? cursor.Int64() : 0;
        var bits = encoding == AutoLongWriter.Delta ? cursor.Int32() : BitPacking.WidthFor((ulong)table.Length - 1);
        if (!BitPacking.IsWidth(bits))
            throw cursor.Invalid($"numbers of {bits} bits");

        var numbers = compression == NoBlocks ? ReadRun(cursor, bits, rows) : ReadBlocks(cursor, compression, bits, rows, perBlock);
        for (var i = 0; i < numbers.Length; i++)
        {
            var number = (ulong)numbers[i];
            if (encoding == AutoLongWriter.Delta)
                numbers[i] = unchecked(origin + (long)number);
            else
                numbers[i] = number < (ulong)table.Length ? table[number] : throw cursor.Invalid($"entry {number} of a table of {table.Length}");
        }

        return numbers;
    }

    private static long[] ReadTable(SegmentCursor cursor)
    {
        var size = cursor.Count();
        if (size is 0 or > AutoLongWriter.MaxTable)
            throw cursor.Invalid($"a table of {size} values");
        var table = new long[size];
        for (var i = 0; i < size; i++)
            table[i] = cursor.Int64();
        return table;
    }

    private static long[] ReadRun(SegmentCursor cursor, int bits, int rows)
    {
        var packed = cursor.Take(BitPacking.SizeOf(bits, rows)).Span;
        var numbers = new long[rows];
        Unpack(packed, bits, numbers);
        return numbers;
    }

    private static long[] ReadBlocks(SegmentCursor cursor, byte compression, int bits, int rows, int perBlock)
    {
        var blocks = new BlockReader(cursor, compression, rows, perBlock, bits);
        var numbers = new long[rows];
        for (var i = 0; i < blocks.Count; i++)
        {
            var count = blocks.ItemsIn(i);
            Unpack(blocks.Block(i, BitPacking.SizeOf(bits, count)), bits, numbers.AsSpan(i * perBlock, count));
        }

        return numbers;
    }

    private static void Unpack(ReadOnlySpan<byte> packed, int bits, Span<long> numbers)
    {
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = (long)BitPacking.Unpack(packed, bits, i);
    }
}
