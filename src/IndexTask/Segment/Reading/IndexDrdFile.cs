using System.Text.Json;

namespace Ingestion.IndexTask.Segment.Reading;

/// <summary>What <c>index.drd</c> says: dimensions and metrics in stored order, interval, kind of bitmaps.</summary>
internal sealed record IndexDrdFile(IReadOnlyList<string> Dimensions, IReadOnlyList<string> Metrics, long StartMillis, long EndMillis, BitmapKind Bitmap)
{
    public static IndexDrdFile Read(SegmentCursor cursor)
    {
        var columns = new IndexedList(cursor).ToStrings();
        var dimensions = new IndexedList(cursor).ToStrings();
        var start = cursor.Int64();
        var end = cursor.Int64();
        var bitmap = cursor.Remaining > 0 ? ReadBitmap(cursor) : BitmapKind.Concise;
        if (cursor.Remaining > 0)
        {
            columns = Merge(new IndexedList(cursor).ToStrings(), columns, cursor);
            dimensions = Merge(new IndexedList(cursor).ToStrings(), dimensions, cursor);
        }

        var allColumns = Names(columns, cursor);
        var allDimensions = Names(dimensions, cursor);
        var isDimension = allDimensions.ToHashSet(StringComparer.Ordinal);
        return new(allDimensions, [.. allColumns.Where(name => !isDimension.Contains(name))], start, end, bitmap);
    }

    private static BitmapKind ReadBitmap(SegmentCursor cursor)
    {
        try
        {
            using var json = JsonDocument.Parse(cursor.Take(cursor.Count()));
            return ColumnDescriptor.ReadBitmap(json.RootElement);
        }
        catch (JsonException problem)
        {
            throw new InvalidSegmentException($"[{cursor.Name}]: the bitmap serde is not JSON", problem);
        }
    }

    /// <summary>Puts the columns with data into the places that are null among those without.</summary>
    private static List<string?> Merge(List<string?> withoutData, List<string?> withData, SegmentCursor cursor)
    {
        if (withoutData.Count(name => name is null) != withData.Count)
            throw cursor.Invalid("the lists of columns do not match");
        var next = 0;
        return [.. withoutData.Select(name => name ?? withData[next++])];
    }

    private static List<string> Names(List<string?> names, SegmentCursor cursor)
    {
        if (names.Contains(null) || names.Distinct().Count() != names.Count)
            throw cursor.Invalid("a column has no name, or two have the same");
        return [.. names.Select(name => name!)];
    }
}
