using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace Ingestion.IndexTask.Columns;

/// <summary>
/// Gives each distinct UTF-8 value of a column an id, from 1 on in order of first appearance; 0 is null. Values lie back to back in blocks,
/// each behind its length, and the slots of the hash table carry hash and position, so that a value that is known costs two cache lines.
/// </summary>
internal sealed class ValueDictionary
{
    private const int FirstBlock = 4096, LargestBlock = 1 << 20, Prefix = sizeof(int);
    private readonly ChunkedArray<long> positions = new();
    private readonly List<byte[]> blocks = [];
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
    public int Intern(ReadOnlySpan<byte> value)
    {
        var hash = ByteHash.Of(value);
        var table = slots;
        for (var at = (int)hash & mask; ; at = (at + 1) & mask)
        {
            ref var slot = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(table), at);
            if (slot.Id == 0)
                return Add(value, hash, at);
            if (slot.Hash == hash && At(slot.Position).SequenceEqual(value))
                return slot.Id;
        }
    }

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
        if (Count * 2 > slots.Length)
            Enlarge();
        return id;
    }

    private long Store(ReadOnlySpan<byte> value)
    {
        var size = Prefix + value.Length;
        if (block.Length - blockUsed < size)
        {
            block = GC.AllocateUninitializedArray<byte>(Math.Max(size, Math.Clamp(block.Length * 2, FirstBlock, LargestBlock)));
            blocks.Add(block);
            blockBytes += block.Length;
            blockUsed = 0;
        }

        Unsafe.WriteUnaligned(ref block[blockUsed], value.Length);
        value.CopyTo(block.AsSpan(blockUsed + Prefix));
        var position = ((long)(blocks.Count - 1) << 32) | (uint)blockUsed;
        blockUsed += size;
        ValueBytes += value.Length;
        return position;
    }

    private void Enlarge()
    {
        var larger = new Slot[slots.Length * 4];
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
