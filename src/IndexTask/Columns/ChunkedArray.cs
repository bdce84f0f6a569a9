using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ingestion.IndexTask.Columns;

/// <summary>
/// An array that grows chunk by chunk without moving what it holds: a writer appends while a reader that took the row count first reads the rows
/// before it. Only the first chunk begins small, so that a column of few rows costs little; the copy that replaces it holds the same. Elements never written are zero.
/// </summary>
internal sealed class ChunkedArray<T>
    where T : unmanaged
{
    private const int Shift = 12;
    private const int ChunkLength = 1 << Shift;
    private const int Mask = ChunkLength - 1;
    private const int FirstLength = 64;
    private T[][] chunks = [];
    private T[] tail = [];
    private int tailEnd;  // the index behind the tail; 0: it must be looked up
    private int capacity; // elements of all chunks

    /// <summary>Bytes allocated.</summary>
    public long Bytes => (long)capacity * Unsafe.SizeOf<T>();

    /// <summary>An element of a chunk that exists; see <see cref="Reserve"/>.</summary>
    public ref T this[int index] => ref chunks[index >> Shift][index & Mask];

    /// <summary>Sets an element at or behind the last one set; cheaper than by index.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(int index, T value)
    {
        if (index >= tailEnd)
            MoveTail(index);
        Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(tail), index & Mask) = value;
    }

    /// <summary>Makes every element up to and including the index writable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Reserve(int index)
    {
        if (index >= capacity)
            Grow(index);
    }

    public T Read(int index) => index < capacity ? this[index] : default;

    /// <summary>Copies <paramref name="target"/>.Length elements from the start, zero where none were written.</summary>
    public void CopyTo(Span<T> target)
    {
        for (var at = 0; at < target.Length; at += ChunkLength)
        {
            var part = target.Slice(at, Math.Min(ChunkLength, target.Length - at));
            var known = Math.Clamp(capacity - at, 0, part.Length);
            if (known > 0)
                chunks[at >> Shift].AsSpan(0, known).CopyTo(part);
            part[known..].Clear();
        }
    }

    private void MoveTail(int index)
    {
        Reserve(index);
        tail = chunks[index >> Shift];
        tailEnd = (index & ~Mask) + tail.Length;
    }

    private void Grow(int index)
    {
        tailEnd = 0;
        if (capacity < ChunkLength)
        {
            var first = new T[index < ChunkLength ? Math.Max(FirstLength, (int)BitOperations.RoundUpToPowerOf2((uint)index + 1)) : ChunkLength];
            if (capacity > 0)
                chunks[0].CopyTo(first, 0);
            Volatile.Write(ref chunks, [first]);
            capacity = first.Length;
        }

        if (index < capacity)
            return;
        var (allocated, chunk) = (capacity >> Shift, index >> Shift);
        var larger = chunks;
        if (chunk >= chunks.Length)
        {
            larger = new T[Math.Max(chunk + 1, chunks.Length * 2)][];
            chunks.AsSpan(0, allocated).CopyTo(larger);
        }

        for (var i = allocated; i <= chunk; i++)
            larger[i] = new T[ChunkLength];
        Volatile.Write(ref chunks, larger);
        capacity = (chunk + 1) * ChunkLength;
    }
}
