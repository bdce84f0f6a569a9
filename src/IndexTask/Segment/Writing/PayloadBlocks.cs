using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Ingestion.IndexTask.Segment.Codecs;

namespace Ingestion.IndexTask.Segment.Writing;

/// <summary>
/// Druid's block-compressed payload: a stream of bytes cut into LZ4 blocks of 64 KiB, whatever lies across a bound, behind the list of where each block
/// begins. Little-endian, unlike the rest of the format.
/// </summary>
internal sealed class PayloadBlocks : IDisposable
{
    public const int BlockBytes = 65536;

    private readonly SegmentOutput output;
    private readonly Lz4Level level;
    private readonly int[] starts;
    private readonly int count;
    private readonly byte[] block = ArrayPool<byte>.Shared.Rent(BlockBytes);
    private readonly long startsAt, sizeAt;
    private int next, used;

    /// <param name="output">Where it is appended.</param>
    /// <param name="size">Of the stream, in bytes.</param>
    public PayloadBlocks(SegmentOutput output, long size, Lz4Level level)
    {
        this.output = output;
        this.level = level;
        count = checked((int)((size + BlockBytes - 1) / BlockBytes));
        starts = ArrayPool<int>.Shared.Rent(count + 1);
        output.Int32LittleEndian(sizeof(int) * (count + 1));
        startsAt = output.Reserve(sizeof(int) * (count + 1L));
        sizeAt = output.Reserve(sizeof(int));
    }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var part = bytes[..Math.Min(bytes.Length, BlockBytes - used)];
            part.CopyTo(block.AsSpan(used));
            used += part.Length;
            bytes = bytes[part.Length..];
            if (used == BlockBytes)
                Flush();
        }
    }

    /// <summary>Writes what is left and fills in the sizes.</summary>
    public void Finish()
    {
        if (used > 0)
            Flush();
        if (next != count)
            throw new InvalidOperationException($"{next} blocks where {count} were announced");
        starts[next] = Size();
        output.Patch(startsAt, MemoryMarshal.AsBytes(starts.AsSpan(0, count + 1)));
        output.PatchInt32(sizeAt, BinaryPrimitives.ReverseEndianness(starts[next]));
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(block);
        ArrayPool<int>.Shared.Return(starts);
    }

    private void Flush()
    {
        starts[next++] = Size();
        output.Advance(Lz4.Compress(block.AsSpan(0, used), output.Ask(Lz4.Bound(used)), level));
        used = 0;
    }

    private int Size()
    {
        var size = output.Position - sizeAt - sizeof(int);
        return size <= int.MaxValue ? (int)size : throw new SegmentListTooLargeException();
    }
}
