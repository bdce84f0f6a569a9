using System.Buffers;

namespace Ingestion.IndexTask.Segment.Writing;

/// <summary>
/// For each id of a string column the rows that hold it, ascending and each once: a counting sort of row numbers by id, linear in the
/// number of ids and rows.
/// </summary>
internal sealed class RowsByValue : IDisposable
{
    private readonly int[] starts;
    private readonly int[] ends;
    private readonly int[] rows;

    private RowsByValue(int values, int places)
    {
        Count = values;
        starts = ArrayPool<int>.Shared.Rent(values + 1);
        ends = ArrayPool<int>.Shared.Rent(values + 1);
        rows = ArrayPool<int>.Shared.Rent(places);
    }

    /// <summary>The number of ids.</summary>
    public int Count { get; }

    public ReadOnlySpan<int> this[int id] => rows.AsSpan(starts[id], ends[id] - starts[id]);

    public static RowsByValue OfSingle(ReadOnlySpan<int> ids, int values)
    {
        var sorted = new RowsByValue(values, ids.Length);
        sorted.CountIds(ids, nullsToo: 0);
        var next = sorted.ends.AsSpan(0, values);
        var rows = sorted.rows.AsSpan();
        for (var row = 0; row < ids.Length; row++)
            rows[next[ids[row]]++] = row;
        return sorted;
    }

    /// <summary>An empty row counts as one that holds id 0, which is null.</summary>
    public static RowsByValue OfMulti(ReadOnlySpan<int> rowEnds, ReadOnlySpan<int> ids, int values)
    {
        var empty = 0;
        for (var row = 0; row < rowEnds.Length; row++)
        {
            if (rowEnds[row] == (row == 0 ? 0 : rowEnds[row - 1]))
                empty++;
        }

        var sorted = new RowsByValue(values, checked(ids.Length + empty));
        sorted.CountIds(ids, empty);
        var at = 0;
        for (var row = 0; row < rowEnds.Length; row++)
        {
            if (at == rowEnds[row])
                sorted.Add(0, row);
            for (; at < rowEnds[row]; at++)
                sorted.Add(ids[at], row);
        }

        return sorted;
    }

    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(starts);
        ArrayPool<int>.Shared.Return(ends);
        ArrayPool<int>.Shared.Return(rows);
    }

    private void Add(int id, int row)
    {
        var end = ends[id];
        if (end > starts[id] && rows[end - 1] == row)
            return;
        rows[end] = row;
        ends[id] = end + 1;
    }

    private void CountIds(ReadOnlySpan<int> ids, int nullsToo)
    {
        var counts = ends.AsSpan(0, Count);
        counts.Clear();
        counts[0] = nullsToo;
        foreach (var id in ids)
        {
            if ((uint)id >= (uint)counts.Length)
                throw new ArgumentException($"id {id} is not one of the dictionary's {counts.Length}", nameof(ids));
            counts[id]++;
        }

        var start = 0;
        for (var id = 0; id < counts.Length; id++)
        {
            // Old readers choke on the empty set that such an entry would get.
            if (counts[id] == 0)
                throw new ArgumentException($"entry {id} of the dictionary is not used by any row");
            starts[id] = start;
            start += counts[id];
            counts[id] = starts[id];
        }
    }
}
