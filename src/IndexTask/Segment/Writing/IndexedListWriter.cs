using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Ingestion.IndexTask.Segment.Writing;

/// <summary>
/// Druid's GenericIndexed, version 1: a list of byte strings with the end of each in front. Elements are appended to the output one by one;
/// the ends are filled in when all are there.
/// </summary>
internal sealed class IndexedListWriter : IDisposable
{
    private const int Limit = int.MaxValue - 4096;

    private readonly SegmentOutput output;
    private readonly int[] ends;
    private readonly int count;
    private readonly long sizeAt;
    private readonly long endsAt;
    private readonly long valuesAt;
    private int next;

    /// <param name="output">Where the list is appended.</param>
    /// <param name="count">The number of elements that will follow.</param>
    /// <param name="isSorted">Whether readers may search it.</param>
    public IndexedListWriter(SegmentOutput output, int count, bool isSorted)
    {
        this.output = output;
        this.count = count;
        ends = ArrayPool<int>.Shared.Rent(count);
        output.Byte(1);
        output.Byte(isSorted ? (byte)1 : (byte)0);
        sizeAt = output.Reserve(4);
        output.Int32(count);
        endsAt = output.Reserve(4L * count);
        valuesAt = output.Position;
    }

    /// <summary>Begins an element, whose bytes then go to the output.</summary>
    public void Begin(bool isNull = false) => output.Int32(isNull ? -1 : 0);

    public void End()
    {
        var end = output.Position - valuesAt;
        if (end + (4L * count) > Limit)
            throw new SegmentListTooLargeException();
        ends[next++] = BinaryPrimitives.ReverseEndianness((int)end);
    }

    public void Add(ReadOnlySpan<byte> value)
    {
        Begin();
        output.Write(value);
        End();
    }

    public void AddNull()
    {
        Begin(isNull: true);
        End();
    }

    /// <summary>Fills in the sizes; to be called when all elements are there.</summary>
    public void Finish()
    {
        output.Patch(endsAt, MemoryMarshal.AsBytes(ends.AsSpan(0, next)));
        output.PatchInt32(sizeAt, (int)(output.Position - sizeAt - 4));
    }

    public void Dispose() => ArrayPool<int>.Shared.Return(ends);
}
