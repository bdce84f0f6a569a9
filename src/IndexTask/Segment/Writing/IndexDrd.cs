using System.Text;

namespace Ingestion.IndexTask.Segment.Writing;

/// <summary>The internal file <c>index.drd</c>: which columns there are, and the interval.</summary>
internal static class IndexDrd
{
    public const string Name = "index.drd";

    private const string BitmapSerde = """{"type":"roaring"}""";

    /// <param name="content">The segment.</param>
    /// <param name="metrics">Names of the metrics in stored order.</param>
    /// <param name="nullOnly">Dimensions without data.</param>
    /// <param name="output">Where the file goes.</param>
    public static void Write(SegmentContent content, IReadOnlyList<string> metrics, IReadOnlySet<string> nullOnly, SegmentOutput output)
    {
        var dimensions = content.Dimensions.Select(dimension => dimension.Name).ToList();
        var columns = metrics.Concat(dimensions).ToList();
        WriteNames(columns.Where(name => !nullOnly.Contains(name)), output);
        WriteNames(dimensions.Where(name => !nullOnly.Contains(name)), output);
        output.Int64(content.IntervalStartMillis);
        output.Int64(content.IntervalEndMillis);
        output.Text(BitmapSerde);

        // Where columns without data stand among the others: they are named, the others are null.
        WriteNames(columns.Select(name => nullOnly.Contains(name) ? name : null), output);
        WriteNames(dimensions.Select(name => nullOnly.Contains(name) ? name : null), output);
    }

    private static void WriteNames(IEnumerable<string?> names, SegmentOutput output)
    {
        var all = names.ToList();
        using var list = new IndexedListWriter(output, all.Count, IsSorted(all));
        foreach (var name in all)
        {
            if (name is null)
                list.AddNull();
            else
                list.Add(Encoding.UTF8.GetBytes(name));
        }

        list.Finish();
    }

    private static bool IsSorted(List<string?> names)
    {
        for (var i = 1; i < names.Count; i++)
        {
            if (names[i - 1] is { } previous && (names[i] is not { } name || string.CompareOrdinal(previous, name) >= 0))
                return false;
        }

        return true;
    }
}
