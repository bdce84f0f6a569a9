using System.Runtime.CompilerServices;

namespace Ingestion.IndexTask.Columns;

/// <summary>A hash table from the hash of a row's key to row numbers; the rows themselves say whether they are equal.</summary>
internal sealed class RollupIndex
{
    private ulong[] slots = new ulong[1024];
    private int count;

    public long Bytes => (long)slots.Length * sizeof(ulong);

    /// <summary>Walks the rows with this hash. Begin with <paramref name="probe"/> equal to the hash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryNext(uint hash, ref uint probe, out int row)
    {
        var mask = (uint)slots.Length - 1;
        for (ulong slot; (slot = slots[probe++ & mask]) != 0;)
        {
            if ((uint)(slot >> 32) != hash)
                continue;
            row = (int)(uint)slot - 1;
            return true;
        }

        row = -1;
        return false;
    }

    public void Add(uint hash, int row)
    {
        if (++count * 3L > slots.Length * 2L)
        {
            var old = slots;
            slots = new ulong[old.Length * 2];
            foreach (var slot in old)
            {
                if (slot != 0)
                    Place(slot);
            }
        }

        Place(((ulong)hash << 32) | (uint)(row + 1));
    }

    private void Place(ulong slot)
    {
        var mask = (uint)slots.Length - 1;
        var at = (uint)(slot >> 32) & mask;
        while (slots[at] != 0)
            at = (at + 1) & mask;
        slots[at] = slot;
    }
}
