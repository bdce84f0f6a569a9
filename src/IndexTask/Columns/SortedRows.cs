namespace Ingestion.IndexTask.Columns;

/// <summary>The rows of a store in the order of a segment.</summary>
internal sealed class SortedRows
{
    private readonly SortedStrings?[] strings;

    public SortedRows(RowStore rows)
    {
        Rows = rows;
        var count = rows.RowCount;
        strings = new SortedStrings?[rows.Dimensions.Length];
        List<SortKeys> keys = [];
        for (var i = 0; i < strings.Length; i++)
        {
            var dimension = rows.Dimensions[i];
            strings[i] = dimension.Strings is { } column ? new SortedStrings(column, count) : null;
            keys.AddRange(SortKeys.Of(dimension, strings[i]));
        }

        Order = RowOrder.Of(rows.Times, count, keys);
    }

    public RowStore Rows { get; }

    /// <summary>Row numbers of the store.</summary>
    public int[] Order { get; }

    /// <summary>By dimension; null for a numeric one.</summary>
    public ReadOnlySpan<SortedStrings?> Strings => strings;

    public long[] Times()
    {
        var times = new long[Order.Length];
        for (var i = 0; i < times.Length; i++)
            times[i] = Rows.Times[Order[i]];
        return times;
    }
}
