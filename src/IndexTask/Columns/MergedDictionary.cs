using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Columns;

/// <summary>The dictionaries of a column's spills merged: only the ids are kept, the values are read again when the column's turn comes.</summary>
internal sealed class MergedDictionary
{
    private readonly SpillSet spills;
    private readonly SpilledColumn.Strings?[] columns;
    private readonly int[][] idOf;
    private readonly bool hasNull;

    public MergedDictionary(SpillSet spills, SpilledColumn.Strings?[] columns)
    {
        this.spills = spills;
        this.columns = columns;
        hasNull = Array.Exists(columns, c => c is null || c.HasNull);
        idOf = [.. columns.Select(c => new int[c?.ValueCount ?? 0])];
        Count = Merge();
    }

    /// <summary>Values, null included.</summary>
    public int Count { get; }

    /// <summary>The merged id of a spill's id.</summary>
    public int IdOf(int spill, int id) => idOf[spill][id];

    public Utf8Dictionary Build()
    {
        var first = hasNull ? 1 : 0;
        // For each value the first spill that has it, and its id there.
        var source = new (int Spill, int Id)[Count];
        for (var spill = columns.Length - 1; spill >= 0; spill--)
        {
            for (var id = 0; id < idOf[spill].Length; id++)
                source[idOf[spill][id]] = (spill, id);
        }

        var ends = new int[Count - first];
        var end = 0;
        for (var id = first; id < Count; id++)
            ends[id - first] = end = checked(end + Value(source[id].Spill, source[id].Id).Length);
        var bytes = GC.AllocateUninitializedArray<byte>(end);
        for (int id = first, start = 0; id < Count; start = ends[id++ - first])
            Value(source[id].Spill, source[id].Id).CopyTo(bytes.AsSpan(start));
        return new Utf8Dictionary(hasNull, bytes, ends);
    }

    private int Merge()
    {
        var next = new int[columns.Length];
        for (var spill = 0; spill < columns.Length; spill++)
            next[spill] = FirstValue(spill);
        var heap = new SourceHeap(
            Enumerable.Range(0, columns.Length).Where(s => next[s] < idOf[s].Length),
            (left, right) => Utf16Order.Compare(Value(left, next[left]), Value(right, next[right])));
        var count = hasNull ? 1 : 0;
        var (lastSpill, lastId) = (-1, 0);
        while (heap.Count > 0)
        {
            var spill = heap.Least;
            var id = next[spill]++;
            if (lastSpill < 0 || !Value(lastSpill, lastId).SequenceEqual(Value(spill, id)))
                count++;
            idOf[spill][id] = count - 1;
            (lastSpill, lastId) = (spill, id);
            heap.Advanced(next[spill] < idOf[spill].Length);
        }

        return count;
    }

    private int FirstValue(int spill) => columns[spill] is { HasNull: true } ? 1 : 0;

    private ReadOnlySpan<byte> Value(int spill, int id)
    {
        var column = columns[spill]!;
        var index = id - FirstValue(spill);
        var ends = spills[spill].Read<int>(column.Ends);
        return spills[spill].Read<byte>(column.Bytes)[(index == 0 ? 0 : ends[index - 1])..ends[index]];
    }
}
