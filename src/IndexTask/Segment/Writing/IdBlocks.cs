using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Ingestion.IndexTask.Segment.Writing;

/// <summary>Rows of dictionary ids, each of as few whole bytes as the number of ids needs.</summary>
internal static class IdBlocks
{
    private const byte Version = 2;
    private const byte UncompressedVersion = 0;

    /// <summary>By the number of ids itself, not the largest id: 256 ids take two bytes.</summary>
    public static int BytesPerId(int values) => values switch
    {
        <= 0xFF => 1,
        <= 0xFFFF => 2,
        <= 0xFFFFFF => 3,
        _ => 4,
    };

    /// <summary>A power of two within 64 KiB.</summary>
    public static int PerBlock(int bytesPerId) => BlockListWriter.MaxBlockBytes / (bytesPerId == 3 ? 4 : bytesPerId);

    /// <summary>Compressed: little-endian, in blocks, with its own header.</summary>
    public static void WriteCompressed(ReadOnlySpan<int> ids, int values, Lz4Level level, SegmentOutput output)
    {
        var bytesPerId = BytesPerId(values);
        output.Byte(Version);
        output.Byte((byte)bytesPerId);
        WriteBlocks(ids, bytesPerId, level, output);
    }

    /// <summary>The part of the layout that row offsets share: number, numbers per block, compression, blocks.</summary>
    public static void WriteBlocks(ReadOnlySpan<int> ids, int bytesPerId, Lz4Level level, SegmentOutput output)
    {
        var perBlock = PerBlock(bytesPerId);
        output.Int32(ids.Length);
        output.Int32(perBlock);
        output.Byte(BlockListWriter.IdOf(ColumnCompression.Lz4));
        var packed = ArrayPool<byte>.Shared.Rent((perBlock * bytesPerId) + sizeof(int));
        using (var blocks = new BlockListWriter(output, ColumnCompression.Lz4, level, (int)(((long)ids.Length + perBlock - 1) / perBlock)))
        {
            for (var start = 0; start < ids.Length; start += perBlock)
            {
                var block = ids.Slice(start, Math.Min(perBlock, ids.Length - start));
                PackLittleEndian(block, bytesPerId, packed);
                blocks.Add(packed.AsSpan(0, block.Length * bytesPerId));
            }

            blocks.Finish();
        }

        ArrayPool<byte>.Shared.Return(packed);
    }

    /// <summary>Uncompressed, one value a row.</summary>
    public static void WriteUncompressed(ReadOnlySpan<int> ids, int values, SegmentOutput output)
    {
        var bytesPerId = BytesPerId(values);
        output.Byte(UncompressedVersion);
        output.Byte((byte)bytesPerId);
        output.Int32(checked((int)PaddedSize(ids.Length, bytesPerId)));
        WriteBigEndian(ids, bytesPerId, output);
    }

    /// <summary>Size of big-endian ids with the padding that lets readers load whole words.</summary>
    public static long PaddedSize(int count, int bytesPerId) => ((long)count * bytesPerId) + sizeof(int) - bytesPerId;

    public static void WriteBigEndian(ReadOnlySpan<int> ids, int bytesPerId, SegmentOutput output)
    {
        const int stretch = 16384;
        for (var start = 0; start < ids.Length; start += stretch)
        {
            var some = ids.Slice(start, Math.Min(stretch, ids.Length - start));
            var target = output.Ask((some.Length * bytesPerId) + sizeof(int));
            for (var i = 0; i < some.Length; i++)
                BinaryPrimitives.WriteInt32BigEndian(target[(i * bytesPerId)..], some[i] << (8 * (sizeof(int) - bytesPerId)));
            output.Advance(some.Length * bytesPerId);
        }

        output.Ask(sizeof(int))[..(sizeof(int) - bytesPerId)].Clear();
        output.Advance(sizeof(int) - bytesPerId);
    }

    private static void PackLittleEndian(ReadOnlySpan<int> ids, int bytesPerId, Span<byte> target)
    {
        switch (bytesPerId)
        {
            case 1:
                PackBytes(ids, target);
                break;
            case 2:
                PackShorts(ids, MemoryMarshal.Cast<byte, ushort>(target));
                break;
            case 3:
                for (var i = 0; i < ids.Length; i++)
                    BinaryPrimitives.WriteInt32LittleEndian(target[(3 * i)..], ids[i]);
                break;
            default:
                MemoryMarshal.AsBytes(ids).CopyTo(target);
                break;
        }
    }

    private static void PackBytes(ReadOnlySpan<int> ids, Span<byte> target)
    {
        var i = 0;
        for (var step = Vector<byte>.Count; i + step <= ids.Length; i += step)
        {
            var part = Vector<int>.Count;
            var low = Vector.Narrow(new Vector<int>(ids[i..]), new Vector<int>(ids[(i + part)..]));
            var high = Vector.Narrow(new Vector<int>(ids[(i + (2 * part))..]), new Vector<int>(ids[(i + (3 * part))..]));
            Vector.Narrow(low, high).As<sbyte, byte>().CopyTo(target[i..]);
        }

        for (; i < ids.Length; i++)
            target[i] = (byte)ids[i];
    }

    private static void PackShorts(ReadOnlySpan<int> ids, Span<ushort> target)
    {
        var i = 0;
        for (var step = Vector<ushort>.Count; i + step <= ids.Length; i += step)
            Vector.Narrow(new Vector<int>(ids[i..]), new Vector<int>(ids[(i + Vector<int>.Count)..])).As<short, ushort>().CopyTo(target[i..]);
        for (; i < ids.Length; i++)
            target[i] = (ushort)ids[i];
    }
}
