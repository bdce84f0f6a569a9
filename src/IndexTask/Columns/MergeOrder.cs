namespace Ingestion.IndexTask.Columns;

/// <summary>
/// How the sorted rows of several spills become one sequence: for each row the spill it comes from, in two bytes. That is all a column needs
/// to put its values in order, reading every spill from front to back.
/// </summary>
internal sealed class MergeOrder
{
    private readonly ushort[] sources;
    private readonly ulong[] joins;

    private MergeOrder(ushort[] sources, ulong[] joins, long[] times)
    {
        this.sources = sources;
        this.joins = joins;
        Times = times;
    }

    /// <summary>Of each row of the result.</summary>
    public long[] Times { get; }

    /// <summary>Rows of all spills.</summary>
    public int InputCount => sources.Length;

    public int Source(int input) => sources[input];

    /// <summary>With rollup: the row is to be combined with the one before it.</summary>
    public bool IsJoined(int input) => (joins[input >> 6] >> (input & 63) & 1) != 0;

    public static MergeOrder Of(IReadOnlyList<SpillFile> spills, IReadOnlyList<MergedColumn> dimensions, bool rollup, CancellationToken cancellation)
    {
        const int cancellationInterval = 1 << 16;
        var total = checked(spills.Sum(s => s.Layout.RowCount));
        var (sources, joins, times) = (new ushort[total], new ulong[(total + 63) / 64], new List<long>(total));
        var (rows, now) = (new int[spills.Count], new long[spills.Count]);
        for (var spill = 0; spill < spills.Count; spill++)
            now[spill] = Time(spills[spill], 0);
        var heap = new SourceHeap(Enumerable.Range(0, spills.Count), (left, right) => Compare(left, rows[left], now[left], right, rows[right], now[right]));
        (int Spill, int Row, long Time) last = (-1, 0, 0);
        for (var input = 0; heap.Count > 0; input++)
        {
            if (input % cancellationInterval == 0)
                cancellation.ThrowIfCancellationRequested();
            var spill = heap.Least;
            sources[input] = checked((ushort)spill);
            if (rollup && last.Spill >= 0 && Compare(last.Spill, last.Row, last.Time, spill, rows[spill], now[spill]) == 0)
                joins[input >> 6] |= 1UL << (input & 63);
            else
                times.Add(now[spill]);
            last = (spill, rows[spill], now[spill]);
            var hasMore = ++rows[spill] < spills[spill].Layout.RowCount;
            if (hasMore)
                now[spill] = Time(spills[spill], rows[spill]);
            heap.Advanced(hasMore);
        }

        return new MergeOrder(sources, joins, [.. times]);

        int Compare(int left, int leftRow, long leftTime, int right, int rightRow, long rightTime)
        {
            if (leftTime != rightTime)
                return leftTime < rightTime ? -1 : 1;
            foreach (var dimension in dimensions)
            {
                var order = dimension.Compare(left, leftRow, right, rightRow);
                if (order != 0)
                    return order;
            }

            return 0;
        }
    }

    private static long Time(SpillFile spill, int row) => spill.Read<long>(spill.Layout.Times)[row];
}
