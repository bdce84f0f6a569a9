using Ingestion.Contracts.Specs;

namespace Ingestion.IndexTask.Columns;

/// <summary>The rows of a store in the order of a segment.</summary>
internal sealed class SortedRows
{
    private readonly SortedStrings?[] strings;
    private readonly DimensionRows[] dimensions;

    /// <param name="asText">Dimensions whose type is what is seen stay text: further rows may change it.</param>
    public SortedRows(RowStore rows, bool asText = false)
    {
        Rows = rows;
        dimensions = rows.Dimensions.ToArray();
        var count = rows.RowCount;
        strings = new SortedStrings?[rows.Dimensions.Length];
        List<SortKeys> keys = [];
        for (var i = 0; i < strings.Length; i++)
        {
            var dimension = dimensions[i];
            if (!asText && dimension.Strings is { } text && text.Seen.Type() is var type and not ValueKind.String)
                dimension = dimensions[i] = new DimensionRows(dimension.Cell, null, text.ToNumbers(type, count));
            strings[i] = dimension.Strings is { } column ? new SortedStrings(column, count) : null;
            keys.AddRange(SortKeys.Of(dimension, strings[i]));
        }

        Order = RowOrder.Of(rows.Times, count, keys);
    }

    public RowStore Rows { get; }

    /// <summary>The store's, each of its final type.</summary>
    public ReadOnlySpan<DimensionRows> Dimensions => dimensions;

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
