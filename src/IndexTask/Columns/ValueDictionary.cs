using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;
using System.Text.Unicode;

namespace Ingestion.IndexTask.Columns;

/// <summary>
/// Gives each distinct UTF-8 value of a column an id, from 1 on in order of first appearance; 0 is null. Values lie back to back in blocks,
/// each behind its length, and the slots of the hash table carry hash and position, so that a value that is known costs two cache lines.
/// </summary>
internal sealed class ValueDictionary
{
    private const int FirstBlock = 256, LargestBlock = 1 << 20, Prefix = sizeof(int);
    private readonly ChunkedArray<long> positions = new();
    private byte[][] blocks = new byte[4][];
    private int blockCount;
    private byte[] block = [];
    private int blockUsed;
    private long blockBytes;
    private Slot[] slots = new Slot[16];
    private int mask = 15;

    /// <summary>Distinct values; ids go up to and including it.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of all values.</summary>
    public long ValueBytes { get; private set; }

    /// <summary>Bytes allocated.</summary>
    public long Bytes => blockBytes + positions.Bytes + ((long)slots.Length * Unsafe.SizeOf<Slot>());

    /// <summary>The value's UTF-8 bytes; the id is from 1 to <see cref="Count"/>.</summary>
    public ReadOnlySpan<byte> Value(int id) => At(positions[id]);

    /// <summary>The id of a value, new or known. Bytes that are not UTF-8 become U+FFFD, as Java's decoder does.</summary>
    public int Intern(ReadOnlySpan<byte> value) => Intern(value, ByteHash.Of(value));

    /// <summary>
    /// First of three steps to <see cref="Intern(ReadOnlySpan{byte})"/> the values of a row's columns side by side: the dictionaries are larger than the
    /// caches, and so the waits for memory overlap.
    /// </summary>
    public unsafe uint PrefetchSlot(ReadOnlySpan<byte> value)
    {
        var hash = ByteHash.Of(value);
        if (Sse.IsSupported)
            Sse.Prefetch0(Unsafe.AsPointer(ref slots[(int)hash & mask]));
        return hash;
    }

    /// <summary>The second step.</summary>
    public unsafe void PrefetchValue(uint hash)
    {
        ref var slot = ref slots[(int)hash & mask];
        if (Sse.IsSupported && slot.Hash == hash && slot.Id != 0)
            Sse.Prefetch0(Unsafe.AsPointer(ref blocks[(int)(slot.Position >> 32)][(int)slot.Position]));
    }

    /// <summary>The third step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Intern(ReadOnlySpan<byte> value, uint hash)
    {
        var table = slots;
        for (var at = (int)hash & mask; ; at = (at + 1) & mask)
        {
            ref var slot = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(table), at);
            if (slot.Id == 0)
                return Add(value, hash, at);
            if (slot.Hash == hash && IsEqual(At(slot.Position), value))
                return slot.Id;
        }
    }

    // Most values of dimensions are short: two loads that overlap spare them the call.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsEqual(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.Length is < sizeof(ulong) or > 2 * sizeof(ulong))
            return left.SequenceEqual(right);
        ref var l = ref MemoryMarshal.GetReference(left);
        ref var r = ref MemoryMarshal.GetReference(right);
        var last = left.Length - sizeof(ulong);
        return left.Length == right.Length && (Read64(ref l, 0) ^ Read64(ref r, 0) | Read64(ref l, last) ^ Read64(ref r, last)) == 0;
    }

    private static ulong Read64(ref byte start, int at) => Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, at));

    private ReadOnlySpan<byte> At(long position)
    {
        var holder = blocks[(int)(position >> 32)];
        var start = (int)position;
        return holder.AsSpan(start + Prefix, Unsafe.ReadUnaligned<int>(ref holder[start]));
    }

    private int Add(ReadOnlySpan<byte> value, uint hash, int at)
    {
        if (!Utf8.IsValid(value))
            return Intern(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(value)));
        var position = Store(value);
        var id = ++Count;
        positions.Reserve(id);
        positions[id] = position;
        slots[at] = new Slot { Hash = hash, Id = id, Position = position };
        if (Count * 3L > slots.Length * 2L)
            Enlarge();
        return id;
    }

    private long Store(ReadOnlySpan<byte> value)
    {
        var size = Prefix + value.Length;
        if (block.Length - blockUsed < size)
        {
            block = GC.AllocateUninitializedArray<byte>(Math.Max(size, Math.Clamp(block.Length * 2, FirstBlock, LargestBlock)));
            if (blockCount == blocks.Length)
                Array.Resize(ref blocks, blockCount * 2);
            blocks[blockCount++] = block;
            blockBytes += block.Length;
            blockUsed = 0;
        }

        Unsafe.WriteUnaligned(ref block[blockUsed], value.Length);
        value.CopyTo(block.AsSpan(blockUsed + Prefix));
        var position = ((long)(blockCount - 1) << 32) | (uint)blockUsed;
        blockUsed += size;
        ValueBytes += value.Length;
        return position;
    }

    private void Enlarge()
    {
        var larger = new Slot[slots.Length * 2];
        mask = larger.Length - 1;
        foreach (ref var slot in slots.AsSpan())
        {
            if (slot.Id == 0)
                continue;
            var at = (int)slot.Hash & mask;
            while (larger[at].Id != 0)
                at = (at + 1) & mask;
            larger[at] = slot;
        }

        slots = larger;
    }

    private struct Slot
    {
        public uint Hash;
        public int Id;
        public long Position;
    }
}
