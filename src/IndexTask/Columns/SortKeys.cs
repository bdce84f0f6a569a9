namespace Ingestion.IndexTask.Columns;

/// <summary>One thing that rows are sorted by: numbers that compare as a column's values do.</summary>
internal abstract class SortKeys
{
    public abstract void Fill(ReadOnlySpan<int> rows, Span<ulong> keys);

    /// <summary>The keys of a column in memory: for a numeric one with nulls first null or not, then the value.</summary>
    public static IEnumerable<SortKeys> Of(DimensionRows dimension, SortedStrings? sorted)
    {
        if (dimension.Strings is { } strings)
        {
            yield return new OfStrings(strings, sorted!);
            yield break;
        }

        if (dimension.Numbers!.HasNulls)
            yield return new OfNulls(dimension.Numbers);
        yield return new OfNumbers(dimension.Numbers);
    }

    private sealed class OfStrings(StringRows column, SortedStrings sorted) : SortKeys
    {
        public override void Fill(ReadOnlySpan<int> rows, Span<ulong> keys)
        {
            var codes = sorted.FinalCodes;
            var ranks = sorted.Ranks;
            var lists = sorted.Lists.Count;
            for (var i = 0; i < rows.Length; i++)
            {
                var code = codes[lists + column[rows[i]]];
                keys[i] = (uint)(lists == 0 ? code : ranks[lists + code]);
            }
        }
    }

    private sealed class OfNulls(NumberRows column) : SortKeys
    {
        public override void Fill(ReadOnlySpan<int> rows, Span<ulong> keys)
        {
            for (var i = 0; i < rows.Length; i++)
                keys[i] = column.IsNull(rows[i]) ? 0UL : 1;
        }
    }

    private sealed class OfNumbers(NumberRows column) : SortKeys
    {
        public override void Fill(ReadOnlySpan<int> rows, Span<ulong> keys)
        {
            for (var i = 0; i < rows.Length; i++)
                keys[i] = NumberRows.SortKey(column.Kind, column[rows[i]]);
        }
    }
}
