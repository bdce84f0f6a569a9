using System.Numerics;

namespace Ingestion.IndexTask.Columns;

/// <summary>
/// Puts rows in the order of a segment: by time, then by each dimension, and rows equal in all of them as they came. Sorts by time with a
/// radix sort and then goes column by column through the runs of rows that are still equal, so that each column is read once and only
/// where it matters.
/// </summary>
internal static class RowOrder
{
    private const int DigitBits = 11, SmallRun = 24;

    /// <summary>The row numbers in the new order.</summary>
    public static int[] Of(ChunkedArray<long> times, int rowCount, IEnumerable<SortKeys> columns)
    {
        var values = new long[rowCount];
        times.CopyTo(values);
        var order = ByTime(values);
        Refine(order, TimeRuns(values, order), columns);
        return order;
    }

    /// <summary>Sorts runs of rows, each of rows equal so far and in order of arrival, by one column after the other.</summary>
    /// <returns>The runs of rows that are equal in all columns.</returns>
    public static List<(int Start, int Length)> Refine(int[] order, List<(int Start, int Length)> runs, IEnumerable<SortKeys> columns)
    {
        var keys = new ulong[runs.Count == 0 ? 0 : runs.Max(r => r.Length)];
        foreach (var column in columns)
        {
            if (runs.Count == 0)
                break;
            runs = Refine(order, runs, column, keys);
        }

        return runs;
    }

    private static int[] ByTime(long[] times)
    {
        var order = new int[times.Length];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        if (IsAscending(times))
            return order;

        long least = times.Min(), span = times.Max() - least;
        var rowBits = BitOperations.Log2((uint)times.Length) + 1;
        var timeBits = BitOperations.Log2((ulong)span) + 1;
        if (span < 0 || timeBits + rowBits > 64)
        {
            var keys = new ulong[times.Length];
            for (var i = 0; i < keys.Length; i++)
                keys[i] = (ulong)times[i] ^ (1UL << 63);
            Sort(keys, order);
            return order;
        }

        var packed = new ulong[times.Length];
        for (var i = 0; i < packed.Length; i++)
            packed[i] = ((ulong)(times[i] - least) << rowBits) | (uint)i;
        var sorted = Radix(packed, rowBits, timeBits);
        for (var i = 0; i < order.Length; i++)
            order[i] = (int)(sorted[i] & ((1UL << rowBits) - 1));
        return order;
    }

    private static bool IsAscending(long[] times)
    {
        for (var i = 1; i < times.Length; i++)
        {
            if (times[i] < times[i - 1])
                return false;
        }

        return true;
    }

    // Least significant digit first; stable.
    private static ulong[] Radix(ulong[] items, int shift, int bits)
    {
        var other = new ulong[items.Length];
        Span<int> starts = new int[1 << DigitBits];
        for (var done = 0; done < bits; done += DigitBits, shift += DigitBits)
        {
            starts.Clear();
            foreach (var item in items)
                starts[(int)(item >> shift) & ((1 << DigitBits) - 1)]++;
            var sum = 0;
            foreach (ref var start in starts)
                (start, sum) = (sum, sum + start);
            foreach (var item in items)
                other[starts[(int)(item >> shift) & ((1 << DigitBits) - 1)]++] = item;
            (items, other) = (other, items);
        }

        return items;
    }

    private static List<(int Start, int Length)> TimeRuns(long[] times, int[] order)
    {
        var runs = new List<(int, int)>();
        for (int start = 0, end; start < order.Length; start = end)
        {
            var time = times[order[start]];
            for (end = start + 1; end < order.Length && times[order[end]] == time;)
                end++;
            if (end - start > 1)
                runs.Add((start, end - start));
        }

        return runs;
    }

    private static List<(int Start, int Length)> Refine(int[] order, List<(int Start, int Length)> runs, SortKeys column, ulong[] buffer)
    {
        var refined = new List<(int, int)>(runs.Count);
        foreach (var run in runs)
        {
            var rows = order.AsSpan(run.Start, run.Length);
            var keys = buffer.AsSpan(0, run.Length);
            column.Fill(rows, keys);
            if (!keys.ContainsAnyExcept(keys[0]))
            {
                refined.Add(run);
                continue;
            }

            Sort(keys, rows);
            for (int start = 0, end; start < keys.Length; start = end)
            {
                for (end = start + 1; end < keys.Length && keys[end] == keys[start];)
                    end++;
                if (end - start > 1)
                    refined.Add((run.Start + start, end - start));
            }
        }

        return refined;
    }

    // Rows of a run come in ascending order and leave so where their keys are equal.
    private static void Sort(Span<ulong> keys, Span<int> rows)
    {
        if (keys.Length > SmallRun)
        {
            keys.Sort(rows);
            for (int start = 0, end; start < keys.Length; start = end)
            {
                for (end = start + 1; end < keys.Length && keys[end] == keys[start];)
                    end++;
                if (end - start > 1)
                    rows[start..end].Sort(); // row numbers ascend in order of arrival
            }

            return;
        }

        for (var i = 1; i < keys.Length; i++)
        {
            var (key, row) = (keys[i], rows[i]);
            var at = i;
            for (; at > 0 && keys[at - 1] > key; at--)
                (keys[at], rows[at]) = (keys[at - 1], rows[at - 1]);
            (keys[at], rows[at]) = (key, row);
        }
    }
}
