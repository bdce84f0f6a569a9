namespace Ingestion.IndexTask.Segment.Reading;

/// <summary>Single values of decoded columns.</summary>
internal static class RowValues
{
    public static object? At(ColumnContent content, int row) => content switch
    {
        ColumnContent.LongColumn longs => IsNull(longs.NullRows.Span, row) ? null : longs.Values.Span[row],
        ColumnContent.FloatColumn floats => IsNull(floats.NullRows.Span, row) ? null : floats.Values.Span[row],
        ColumnContent.DoubleColumn doubles => IsNull(doubles.NullRows.Span, row) ? null : doubles.Values.Span[row],
        ColumnContent.StringColumn strings => strings.Dictionary.Text(strings.Ids.Span[row]),
        ColumnContent.MultiStringColumn strings => Strings(strings, row),
        ColumnContent.PairColumn pairs => new TimedValue(pairs.Times.Span[row], At(pairs.Values, row)),
        _ => throw new ArgumentException($"unknown kind {content.GetType().Name}", nameof(content)),
    };

    private static object? Strings(ColumnContent.MultiStringColumn column, int row)
    {
        var start = row == 0 ? 0 : column.RowEnds.Span[row - 1];
        var ids = column.Ids.Span[start..column.RowEnds.Span[row]];
        if (ids.Length == 1)
            return column.Dictionary.Text(ids[0]);
        var values = new string?[ids.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = column.Dictionary.Text(ids[i]);
        return values;
    }

    private static bool IsNull(ReadOnlySpan<ulong> words, int row) => row >> 6 < words.Length && (words[row >> 6] >> row & 1) != 0;
}
