using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Ingestion.IndexTask.Segment.Writing;

namespace Ingestion.IndexTask.Segment.Reading;

/// <summary>Rows of dictionary ids and of row offsets.</summary>
internal static class IdReader
{
    /// <summary>Compressed ids, their header included.</summary>
    public static int[] ReadCompressed(SegmentCursor cursor)
    {
        ExpectVersion(cursor, 2);
        return ReadBlocks(cursor, ReadWidth(cursor));
    }

    /// <summary>Compressed row offsets, their header included.</summary>
    public static int[] ReadOffsets(SegmentCursor cursor)
    {
        ExpectVersion(cursor, 2);
        return ReadBlocks(cursor, sizeof(int));
    }

    /// <summary>One id a row, uncompressed.</summary>
    public static int[] ReadSingle(SegmentCursor cursor)
    {
        ExpectVersion(cursor, 0);
        var width = ReadWidth(cursor);
        return ReadBigEndian(cursor.Take(cursor.Count()).Span, width, cursor);
    }

    /// <summary>Any number of ids a row, uncompressed.</summary>
    public static (int[] RowEnds, int[] Ids) ReadMulti(SegmentCursor cursor)
    {
        ExpectVersion(cursor, 1);
        var width = ReadWidth(cursor);
        var data = cursor.Part(cursor.Count());
        var rows = data.Count();
        var ends = new int[rows <= data.Remaining / sizeof(int) ? rows : throw data.Invalid($"{rows} rows in {data.Remaining} bytes")];
        for (var row = 0; row < rows; row++)
            ends[row] = data.Int32() / width;
        return (ends, ReadBigEndian(data.Take(data.Remaining).Span, width, data));
    }

    private static int[] ReadBlocks(SegmentCursor cursor, int width)
    {
        var count = cursor.Count();
        var perBlock = cursor.Count();
        var blocks = new BlockReader(cursor, cursor.Byte(), count, perBlock, 8 * width);
        var ids = new int[count];
        for (var i = 0; i < blocks.Count; i++)
        {
            var target = ids.AsSpan(i * perBlock, blocks.ItemsIn(i));
            Unpack(blocks.Block(i, (long)target.Length * width), width, target);
        }

        return ids;
    }

    private static void Unpack(ReadOnlySpan<byte> packed, int width, Span<int> ids)
    {
        switch (width)
        {
            case 1:
                for (var i = 0; i < ids.Length; i++)
                    ids[i] = packed[i];
                break;
            case 2:
                for (var i = 0; i < ids.Length; i++)
                    ids[i] = BinaryPrimitives.ReadUInt16LittleEndian(packed[(2 * i)..]);
                break;
            case 3:
                for (var i = 0; i < ids.Length; i++)
                    ids[i] = packed[3 * i] | packed[(3 * i) + 1] << 8 | packed[(3 * i) + 2] << 16;
                break;
            default:
                MemoryMarshal.Cast<byte, int>(packed)[..ids.Length].CopyTo(ids);
                break;
        }
    }

    private static int[] ReadBigEndian(ReadOnlySpan<byte> padded, int width, SegmentCursor cursor)
    {
        var size = padded.Length - (sizeof(int) - width);
        if (size < 0 || size % width != 0)
            throw cursor.Invalid($"{padded.Length} bytes are not a number of padded ids of {width} bytes");
        var ids = new int[size / width];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = (int)(BinaryPrimitives.ReadUInt32BigEndian(padded[(i * width)..]) >> (8 * (sizeof(int) - width)));
        return ids;
    }

    private static int ReadWidth(SegmentCursor cursor)
    {
        var width = cursor.Byte();
        return width is >= 1 and <= 4 ? width : throw cursor.Invalid($"ids of {width} bytes");
    }

    private static void ExpectVersion(SegmentCursor cursor, byte expected)
    {
        var version = cursor.Byte();
        if (version != expected)
            throw cursor.Invalid($"rows of version {version}, not {expected}");
    }
}
