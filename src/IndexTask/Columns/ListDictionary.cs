namespace Ingestion.IndexTask.Columns;

/// <summary>
/// Gives each distinct list of value ids an index, so that a multi-value cell is one number like any other: rollup and sorting need not know
/// about lists.
/// </summary>
internal sealed class ListDictionary
{
    private readonly List<int> elements = [];
    private readonly List<int> ends = [];
    private int[] slots = new int[16];

    public int Count => ends.Count;

    public long Bytes => ((long)elements.Capacity + ends.Capacity + slots.Length) * sizeof(int);

    public ReadOnlySpan<int> Elements(int list)
    {
        var start = list == 0 ? 0 : ends[list - 1];
        return System.Runtime.InteropServices.CollectionsMarshal.AsSpan(elements)[start..ends[list]];
    }

    public int Intern(ReadOnlySpan<int> ids)
    {
        var at = SlotOf(ids);
        if (slots[at] != 0)
            return slots[at] - 1;
        foreach (var id in ids)
            elements.Add(id);
        ends.Add(elements.Count);
        slots[at] = ends.Count;
        if (ends.Count * 2 > slots.Length)
        {
            slots = new int[slots.Length * 4];
            for (var list = 0; list < ends.Count; list++)
                slots[SlotOf(Elements(list))] = list + 1;
        }

        return ends.Count - 1;
    }

    // The slot that holds the list, or the free one where it belongs.
    private int SlotOf(ReadOnlySpan<int> ids)
    {
        ulong hash = (uint)ids.Length;
        foreach (var id in ids)
            hash = ByteHash.Add(hash, (uint)id);
        var mask = slots.Length - 1;
        var at = (int)(hash >> 32) & mask;
        while (slots[at] != 0 && !Elements(slots[at] - 1).SequenceEqual(ids))
            at = (at + 1) & mask;
        return at;
    }
}
