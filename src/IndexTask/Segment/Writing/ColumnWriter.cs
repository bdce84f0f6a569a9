namespace Ingestion.IndexTask.Segment.Writing;

/// <summary>Chooses the layout for a column's content.</summary>
internal static class ColumnWriter
{
    /// <returns>Whether the column holds nothing but null and so was written without data.</returns>
    public static bool Write(ColumnContent column, IndexSpec spec, SegmentOutput output)
    {
        switch (column)
        {
            case ColumnContent.LongColumn longs:
                NumericColumnWriter.Write(longs, spec, output);
                return false;
            case ColumnContent.FloatColumn floats:
                NumericColumnWriter.Write(floats, spec, output);
                return false;
            case ColumnContent.DoubleColumn doubles:
                NumericColumnWriter.Write(doubles, spec, output);
                return false;
            case ColumnContent.StringColumn strings:
                return WriteSingle(strings.Dictionary, strings.Ids.Span, strings.HasBitmaps, spec, output);
            case ColumnContent.MultiStringColumn strings:
                return WriteMulti(strings, spec, output);
            case ColumnContent.PairColumn pairs:
                PairColumnWriter.Write(pairs, spec, output);
                return false;
            default:
                throw new ArgumentException($"unknown kind {column.GetType().Name}", nameof(column));
        }
    }

    private static bool WriteSingle(Utf8Dictionary dictionary, ReadOnlySpan<int> ids, bool hasBitmaps, IndexSpec spec, SegmentOutput output)
    {
        if (dictionary.Count == 0)
            throw new ArgumentException("the dictionary is empty");
        CheckOrder(dictionary);
        if (StringColumnWriter.IsNullOnly(dictionary))
        {
            StringColumnWriter.WriteNullOnly(ids.Length, output);
            return true;
        }

        StringColumnWriter.Write(dictionary, ids, hasBitmaps, spec, output);
        return false;
    }

    private static bool WriteMulti(ColumnContent.MultiStringColumn column, IndexSpec spec, SegmentOutput output)
    {
        var rowEnds = column.RowEnds.Span;
        var ids = column.Ids.Span;
        if (rowEnds[^1] != ids.Length)
            throw new ArgumentException($"the last row ends at {rowEnds[^1]}, but there are {ids.Length} ids");
        int start = 0, fewest = int.MaxValue, most = 0;
        foreach (var end in rowEnds)
        {
            fewest = Math.Min(fewest, end - start);
            most = Math.Max(most, end - start);
            start = end;
        }

        if (fewest < 0)
            throw new ArgumentException("a row ends before it begins");
        if (fewest == 0 && !column.Dictionary.HasNull)
            throw new ArgumentException("a row is empty, but the dictionary has no null, under which such rows are found");
        if (fewest == 1 && most == 1)
            return WriteSingle(column.Dictionary, ids, column.HasBitmaps, spec, output);
        if (most <= 1 || StringColumnWriter.IsNullOnly(column.Dictionary))
            return WriteSingle(column.Dictionary, FirstOrNull(rowEnds, ids), column.HasBitmaps, spec, output);

        CheckOrder(column.Dictionary);
        StringColumnWriter.WriteMulti(column.Dictionary, rowEnds, ids, column.HasBitmaps, spec, output);
        return false;
    }

    // Readers search it: out of order, filters would silently miss rows. Costs a few nanoseconds a value.
    private static void CheckOrder(Utf8Dictionary dictionary)
    {
        if (!dictionary.IsStrictlyAscending())
            throw new ArgumentException("the dictionary is not in strictly ascending order of UTF-16 code units");
    }

    private static int[] FirstOrNull(ReadOnlySpan<int> rowEnds, ReadOnlySpan<int> ids)
    {
        var single = new int[rowEnds.Length];
        for (int row = 0, start = 0; row < rowEnds.Length; start = rowEnds[row++])
            single[row] = rowEnds[row] == start ? 0 : ids[start];
        return single;
    }
}
