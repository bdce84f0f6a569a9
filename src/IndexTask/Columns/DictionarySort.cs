using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Columns;

/// <summary>
/// Sorts values in Java's string order, eight bytes at a time: numbers are compared instead of strings, and only values equal so far are
/// looked at again.
/// </summary>
internal static class DictionarySort
{
    private const int KeyBytes = sizeof(ulong), SmallTie = 16;

    /// <summary>The ids 1 to Count in the order of their values.</summary>
    public static int[] Order(ValueDictionary values)
    {
        var ids = new int[values.Count];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = i + 1;

        var keys = new ulong[ids.Length];
        Comparison<int> compare = (left, right) => Utf16Order.Compare(values.Value(left), values.Value(right));
        // Values of a tie are equal in their first depth bytes and at least that long.
        var ties = new Stack<(int Start, int Length, int Depth)>([(0, ids.Length, 0)]);
        while (ties.TryPop(out var tie))
        {
            var tied = ids.AsSpan(tie.Start, tie.Length);
            var tiedKeys = keys.AsSpan(tie.Start, tie.Length);
            if (tie.Length <= SmallTie)
            {
                tied.Sort(compare);
                continue;
            }

            for (var i = 0; i < tied.Length; i++)
                tiedKeys[i] = Utf16Order.Key(values.Value(tied[i])[tie.Depth..]);
            tiedKeys.Sort(tied);
            for (int start = 0, end; start < tied.Length; start = end)
            {
                for (end = start + 1; end < tied.Length && tiedKeys[end] == tiedKeys[start];)
                    end++;
                if (end - start > 1)
                    SplitTie(tied[start..end], tie.Start + start, tie.Depth);
            }
        }

        return ids;

        // A key is filled up with zeros, so values that end within it come before longer ones, the shorter first.
        void SplitTie(Span<int> tied, int start, int depth)
        {
            tied.Sort((left, right) => Math.Min(values.Value(left).Length - depth, KeyBytes + 1) - Math.Min(values.Value(right).Length - depth, KeyBytes + 1));
            var longer = 0;
            while (longer < tied.Length && values.Value(tied[longer]).Length - depth <= KeyBytes)
                longer++;
            if (tied.Length - longer > 1)
                ties.Push((start + longer, tied.Length - longer, depth + KeyBytes));
        }
    }
}
