using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Ingestion.IndexTask.Segment.Writing;

namespace Ingestion.IndexTask.Segment.Reading;

/// <summary>The parts <c>longV2</c>, <c>floatV2</c>, <c>doubleV2</c> and their forerunners without nulls.</summary>
internal static class NumericColumnReader
{
    private const byte NoBlocks = 0xFE;

    /// <param name="cursor">At the column's data.</param>
    /// <param name="descriptor">The column's.</param>
    /// <param name="hasNulls">Whether it is one of the V2 parts.</param>
    public static (T[] Values, ulong[] NullRows) Read<T>(SegmentCursor cursor, ColumnDescriptor descriptor, bool hasNulls)
        where T : unmanaged
    {
        if (!hasNulls)
            return (ReadValues<T>(cursor, descriptor), []);

        var values = ReadValues<T>(cursor.Part(cursor.Count()), descriptor);
        if (cursor.Remaining == 0)
            return (values, []);

        var nulls = new ulong[((long)values.Length + 63) / 64];
        foreach (var row in BitmapReader.Rows(cursor.Take(cursor.Count()).Span, descriptor.Bitmap, values.Length, cursor))
            nulls[row >> 6] |= 1UL << row;
        return (values, nulls);
    }

    private static T[] ReadValues<T>(SegmentCursor cursor, ColumnDescriptor descriptor)
        where T : unmanaged
    {
        var version = cursor.Byte();
        if (version == 1)
            throw cursor.Unsupported("lzf compression");
        if (version != 2)
            throw cursor.Invalid($"unknown version {version} of a numeric column");
        var rows = cursor.Count();
        var perBlock = cursor.Count();
        var compression = cursor.Byte();
        if (unchecked((sbyte)compression) < -2)
        {
            var encoding = cursor.Byte();
            compression = unchecked((byte)(compression - AutoLongWriter.EncodingFlag));
            if (typeof(T) != typeof(long))
                throw cursor.Invalid($"encoding {encoding} is for longs only");
            if (encoding != AutoLongWriter.Longs)
                return (T[])(object)AutoLongReader.Read(cursor, encoding, compression, rows, perBlock);
        }

        var values = compression == NoBlocks ? ReadRun<T>(cursor, rows) : ReadBlocks<T>(cursor, compression, rows, perBlock);
        if (descriptor.IsBigEndian)
            Reverse(values);
        return values;
    }

    private static T[] ReadRun<T>(SegmentCursor cursor, int rows)
        where T : unmanaged
    {
        var bytes = cursor.Take((long)rows * Unsafe.SizeOf<T>());
        var values = new T[rows];
        bytes.Span.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    private static T[] ReadBlocks<T>(SegmentCursor cursor, byte compression, int rows, int perBlock)
        where T : unmanaged
    {
        var blocks = new BlockReader(cursor, compression, rows, perBlock, 8 * Unsafe.SizeOf<T>());
        var values = new T[rows];
        for (var i = 0; i < blocks.Count; i++)
        {
            var target = MemoryMarshal.AsBytes(values.AsSpan(i * perBlock, blocks.ItemsIn(i)));
            blocks.Block(i, target.Length)[..target.Length].CopyTo(target);
        }

        return values;
    }

    private static void Reverse<T>(T[] values)
        where T : unmanaged
    {
        if (Unsafe.SizeOf<T>() == sizeof(long))
        {
            var words = MemoryMarshal.Cast<T, long>(values.AsSpan());
            BinaryPrimitives.ReverseEndianness(words, words);
        }
        else
        {
            var words = MemoryMarshal.Cast<T, int>(values.AsSpan());
            BinaryPrimitives.ReverseEndianness(words, words);
        }
    }
}
