using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ingestion.IndexTask.Columns;

/// <summary>
/// An array that grows without moving what it holds: a writer appends while a reader that took the row count first reads the rows before
/// it. Elements never written are zero.
/// </summary>
internal sealed class ChunkedArray<T>
    where T : unmanaged
{
    private const int Shift = 12;
    private const int ChunkLength = 1 << Shift;
    private const int Mask = ChunkLength - 1;
    private T[][] chunks = [];
    private T[] tail = [];
    private int tailChunk = -1;
    private int allocated;

    /// <summary>Bytes allocated.</summary>
    public long Bytes => (long)allocated * ChunkLength * Unsafe.SizeOf<T>();

    /// <summary>An element of a chunk that exists; see <see cref="Reserve"/>.</summary>
    public ref T this[int index] => ref chunks[index >> Shift][index & Mask];

    /// <summary>Sets an element at or behind the last one set; cheaper than by index.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(int index, T value)
    {
        if (index >> Shift != tailChunk)
            MoveTail(index);
        Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(tail), index & Mask) = value;
    }

    /// <summary>Makes every element up to and including the index writable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Reserve(int index)
    {
        if (index >> Shift >= allocated)
            Grow(index >> Shift);
    }

    public T Read(int index) => index >> Shift < allocated ? this[index] : default;

    /// <summary>Copies <paramref name="target"/>.Length elements from the start, zero where none were written.</summary>
    public void CopyTo(Span<T> target)
    {
        for (var at = 0; at < target.Length; at += ChunkLength)
        {
            var part = target.Slice(at, Math.Min(ChunkLength, target.Length - at));
            if (at >> Shift < allocated)
                chunks[at >> Shift].AsSpan(0, part.Length).CopyTo(part);
            else
                part.Clear();
        }
    }

    private void MoveTail(int index)
    {
        Reserve(index);
        tailChunk = index >> Shift;
        tail = chunks[tailChunk];
    }

    private void Grow(int chunk)
    {
        var larger = chunks;
        if (chunk >= chunks.Length)
        {
            larger = new T[Math.Max(chunk + 1, chunks.Length * 2)][];
            chunks.AsSpan(0, allocated).CopyTo(larger);
        }

        for (var i = allocated; i <= chunk; i++)
            larger[i] = new T[ChunkLength];
        Volatile.Write(ref chunks, larger);
        allocated = chunk + 1;
    }
}
