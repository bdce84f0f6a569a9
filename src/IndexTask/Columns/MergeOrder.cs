namespace Ingestion.IndexTask.Columns;

/// <summary>
/// How the sorted rows of several spills become one sequence: for each row the spill it comes from, in two bytes. That is all a column needs
/// to put its values in order, reading every spill from front to back; where some column is sorted otherwise than in the spills, four more bytes say which row.
/// </summary>
internal sealed class MergeOrder
{
    private readonly ushort[] sources;
    private readonly ulong[] joins;
    private readonly int[]? rowOf;

    private MergeOrder(ushort[] sources, int[]? rowOf, ulong[] joins, long[] times)
    {
        this.sources = sources;
        this.rowOf = rowOf;
        this.joins = joins;
        Times = times;
    }

    /// <summary>Of each row of the result.</summary>
    public long[] Times { get; }

    /// <summary>Rows of all spills.</summary>
    public int InputCount => sources.Length;

    public int Source(int input) => sources[input];

    /// <summary>The row of its spill.</summary>
    /// <param name="next">Of each spill the row after the last one; inputs are asked for in their order.</param>
    public int Row(int input, int[] next) => rowOf is null ? next[sources[input]]++ : rowOf[input];

    /// <summary>With rollup: the row is to be combined with the one before it.</summary>
    public bool IsJoined(int input) => (joins[input >> 6] >> (input & 63) & 1) != 0;

    /// <summary>Merges by time, and sorts the rows that are equal in it column by column, as <see cref="RowOrder"/> does in memory.</summary>
    public static MergeOrder Of(SpillSet spills, IReadOnlyCollection<MergedColumn> dimensions, bool rollup, CancellationToken cancellation)
    {
        var (order, times, runs) = ByTime(spills, cancellation);
        var equal = RowOrder.Refine(order, runs, dimensions.SelectMany(d => d.Keys()));
        var sources = new ushort[order.Length];
        for (var input = 0; input < order.Length; input++)
            sources[input] = (ushort)spills.SpillOf(order[input], 0);
        int[]? rowOf = null;
        if (dimensions.Any(d => d.IsSortedOtherwise))
        {
            rowOf = order;
            for (var input = 0; input < order.Length; input++)
                rowOf[input] -= spills.FirstRow(sources[input]);
        }

        var joins = new ulong[(order.Length + 63) / 64];
        if (!rollup)
            return new MergeOrder(sources, rowOf, joins, times);

        foreach (var (start, length) in equal)
        {
            for (var input = start + 1; input < start + length; input++)
                joins[input >> 6] |= 1UL << (input & 63);
        }

        var kept = 0;
        for (var input = 0; input < times.Length; input++)
        {
            if ((joins[input >> 6] >> (input & 63) & 1) == 0)
                times[kept++] = times[input];
        }

        return new MergeOrder(sources, rowOf, joins, times[..kept]);
    }

    private static (int[] Order, long[] Times, List<(int Start, int Length)> Runs) ByTime(SpillSet spills, CancellationToken cancellation)
    {
        const int cancellationInterval = 1 << 16;
        var (order, times, runs) = (new int[spills.RowCount], new long[spills.RowCount], new List<(int, int)>());
        var (rows, now) = (new int[spills.Count], new long[spills.Count]);
        for (var spill = 0; spill < spills.Count; spill++)
            now[spill] = spills.Time(spill, 0);
        var heap = new SourceHeap(Enumerable.Range(0, spills.Count), (left, right) => now[left].CompareTo(now[right]));
        var runStart = 0;
        for (var at = 0; at < order.Length; at++)
        {
            if (at % cancellationInterval == 0)
                cancellation.ThrowIfCancellationRequested();
            var spill = heap.Least;
            order[at] = spills.FirstRow(spill) + rows[spill];
            times[at] = now[spill];
            if (times[at] != times[runStart])
            {
                AddRun(at);
                runStart = at;
            }

            var hasMore = ++rows[spill] < spills.RowsOf(spill);
            if (hasMore)
                now[spill] = spills.Time(spill, rows[spill]);
            heap.Advanced(hasMore);
        }

        AddRun(order.Length);
        return (order, times, runs);

        void AddRun(int end)
        {
            if (end - runStart > 1)
                runs.Add((runStart, end - runStart));
        }
    }
}
