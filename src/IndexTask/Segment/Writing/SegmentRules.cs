namespace Ingestion.IndexTask.Segment.Writing;

/// <summary>What a segment must obey for Druid to load it and to answer rightly from it; nothing on its side checks.</summary>
internal static class SegmentRules
{
    public const string TimeColumn = "__time";

    /// <exception cref="ArgumentException">A rule is broken.</exception>
    public static void Check(SegmentContent content)
    {
        if (content.IndexSpec.Bitmap != BitmapKind.Roaring)
            throw new ArgumentException($"bitmaps of kind {content.IndexSpec.Bitmap} are not written");
        if (content.IndexSpec.DimensionCompression == ColumnCompression.None)
            throw new ArgumentException("string columns have blocks: their compression cannot be none");
        CheckTime(content);
        HashSet<string> names = [TimeColumn, IndexDrd.Name, MetadataDrd.Name];
        foreach (var column in content.Dimensions.Concat(content.Metrics))
        {
            if (column.Name.Length == 0 || column.Name.AsSpan().IndexOfAny(',', '\n', '\r') >= 0)
                throw new ArgumentException($"column [{column.Name}]: a name must not be empty or contain a comma or a line break");
            if (!names.Add(column.Name))
                throw new ArgumentException($"column [{column.Name}]: the name is taken");
        }
    }

    /// <exception cref="ArgumentException">The column does not have as many rows as the segment, or they are inconsistent.</exception>
    public static void Check(string name, ColumnContent column, int rowCount)
    {
        var rows = column switch
        {
            ColumnContent.LongColumn longs => longs.Values.Length,
            ColumnContent.FloatColumn floats => floats.Values.Length,
            ColumnContent.DoubleColumn doubles => doubles.Values.Length,
            ColumnContent.StringColumn strings => strings.Ids.Length,
            ColumnContent.MultiStringColumn strings => strings.RowEnds.Length,
            ColumnContent.PairColumn pairs => pairs.Times.Length,
            _ => throw new ArgumentException($"column [{name}]: unknown kind {column.GetType().Name}"),
        };
        if (rows != rowCount)
            throw new ArgumentException($"column [{name}] has {rows} rows, the segment {rowCount}");
        if (column is ColumnContent.PairColumn { Values: var values })
            Check(name, values, rowCount);
    }

    private static void CheckTime(SegmentContent content)
    {
        var time = content.Time.Span;
        if (content.RowCount < 1)
            throw new ArgumentException("a segment has at least one row");
        if (time.Length != content.RowCount)
            throw new ArgumentException($"column [{TimeColumn}] has {time.Length} rows, the segment {content.RowCount}");
        if (time[0] < content.IntervalStartMillis || time[^1] >= content.IntervalEndMillis)
            throw new ArgumentException($"times {time[0]} to {time[^1]} are not within the interval {content.IntervalStartMillis} to {content.IntervalEndMillis}");
        for (var row = 1; row < time.Length; row++)
        {
            if (time[row] < time[row - 1])
                throw new ArgumentException($"row {row} is earlier than the one before it: {time[row]} after {time[row - 1]}");
        }
    }
}
