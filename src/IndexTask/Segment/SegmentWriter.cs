using Ingestion.IndexTask.Segment.Writing;

namespace Ingestion.IndexTask.Segment;

/// <summary>Writes Druid's segment format V9.</summary>
public static class SegmentWriter
{
    private static ReadOnlySpan<byte> Version => [0, 0, 0, 9];

    private static ReadOnlySpan<byte> Factory => """{"type":"mMapSegmentFactory"}"""u8;

    /// <summary>
    /// Writes <c>version.bin</c>, <c>factory.json</c>, <c>meta.smoosh</c> and the chunks <c>00000.smoosh</c>, ... into an existing, empty
    /// directory. Runs on the calling thread and shares no state, so segments can be written side by side. On failure the files written
    /// so far remain, for the caller to remove with the directory.
    /// </summary>
    /// <returns>The total size of the files in bytes.</returns>
    /// <exception cref="ArgumentException">The content breaks a rule of the format: the message names the column and the rule.</exception>
    /// <exception cref="UnsupportedSegmentException">A column takes more than 2 GiB.</exception>
    public static long Write(string directory, SegmentContent content, CancellationToken cancellation) =>
        Write(directory, content, int.MaxValue, cancellation);

    /// <param name="directory">Existing and empty.</param>
    /// <param name="content">The segment.</param>
    /// <param name="maxChunkBytes">Smaller than in production only to see chunks without writing gigabytes.</param>
    /// <param name="cancellation">Looked at between columns.</param>
    internal static long Write(string directory, SegmentContent content, int maxChunkBytes, CancellationToken cancellation)
    {
        SegmentRules.Check(content);
        File.WriteAllBytes(Path.Combine(directory, "version.bin"), Version);
        File.WriteAllBytes(Path.Combine(directory, "factory.json"), Factory);
        using var smoosh = new SmooshWriter(directory, maxChunkBytes);

        // Druid's physical order: time, metrics by name, dimensions, the two indexes.
        var metrics = content.Metrics.OrderBy(metric => metric.Name, StringComparer.Ordinal).ToList();
        var nullOnly = new HashSet<string>();
        WriteColumn(SegmentRules.TimeColumn, new ColumnContent.LongColumn(content.Time), content, smoosh);
        foreach (var column in metrics.Concat(content.Dimensions))
        {
            cancellation.ThrowIfCancellationRequested();
            var materialized = column.Materialize();
            SegmentRules.Check(column.Name, materialized, content.RowCount);
            if (WriteColumn(column.Name, materialized, content, smoosh))
                nullOnly.Add(column.Name);
        }

        IndexDrd.Write(content, [.. metrics.Select(metric => metric.Name)], nullOnly, smoosh.Begin(IndexDrd.Name));
        smoosh.End();
        MetadataDrd.Write(content.Metadata, smoosh.Begin(MetadataDrd.Name));
        smoosh.End();
        return smoosh.Finish() + Version.Length + Factory.Length;
    }

    /// <returns>Whether the column holds nothing but null and so was written without data.</returns>
    private static bool WriteColumn(string name, ColumnContent column, SegmentContent content, SmooshWriter smoosh)
    {
        var output = smoosh.Begin(name);
        bool nullOnly;
        try
        {
            nullOnly = ColumnWriter.Write(column, content.IndexSpec, output);
        }
        catch (SegmentListTooLargeException)
        {
            throw new UnsupportedSegmentException(name, "takes more than 2 GiB");
        }
        catch (ArgumentException problem)
        {
            throw new ArgumentException($"column [{name}]: {problem.Message}", problem);
        }

        smoosh.End();
        return nullOnly;
    }
}
