using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Columns;

/// <summary>What a sink hands to the segment writer.</summary>
internal static class SinkContent
{
    public static SegmentContent OfMemory(DataSchema schema, Interval interval, IndexSpec indexSpec, RowStore rows)
    {
        var sorted = new SortedRows(rows);
        List<ColumnSource> dimensions = [], metrics = [];
        for (var i = 0; i < sorted.Strings.Length; i++)
            dimensions.Add(sorted.Strings[i] is { } strings ? new MemoryStrings(strings, sorted.Order) : new MemoryNumbers(sorted.Dimensions[i].Numbers!, sorted.Order));
        foreach (var metric in rows.Metrics)
            metrics.Add(new MemoryNumbers(metric, sorted.Order));
        foreach (var pairs in rows.Pairs)
            metrics.Add(new MemoryPairs(pairs, sorted.Order));
        return Of(schema, interval, indexSpec, sorted.Times(), dimensions, metrics);
    }

    public static SegmentContent OfSpills(DataSchema schema, Interval interval, IndexSpec indexSpec, SpillFile[] files, DimensionRows[] dimensions, CancellationToken cancellation)
    {
        var spills = new SpillSet(files);
        List<MergedColumn> merged = [], metrics = [];
        foreach (var dimension in dimensions)
        {
            cancellation.ThrowIfCancellationRequested();
            var columns = files.Select(s => s.Layout.Dimensions.GetValueOrDefault(dimension.Name));
            merged.Add(dimension.Strings is null
                ? new MergedNumbers(dimension.Name, spills, [.. columns.Cast<SpilledColumn.Numbers>()], aggregator: null)
                : MergedText(new MergedStrings(dimension.Name, spills, [.. columns.Cast<SpilledColumn.Strings?>()], dimension.Strings.HasBitmaps)));
            spills.Unload();
        }

        foreach (var metric in schema.Metrics)
        {
            var columns = files.Select(s => s.Layout.Metrics[metric.Name]);
            metrics.Add(metric.IsTimed
                ? new MergedPairs(metric.Name, spills, [.. columns.Cast<SpilledColumn.Pairs>()], metric.IsFirst)
                : new MergedNumbers(metric.Name, spills, [.. columns.Cast<SpilledColumn.Numbers>()], metric.Kind));
        }

        var order = MergeOrder.Of(spills, merged, schema.Rollup, cancellation);
        spills.Unload();
        foreach (var column in merged.Concat(metrics))
            column.Order = order;
        return Of(schema, interval, indexSpec, order.Times, merged, metrics);
    }

    private static MergedColumn MergedText(MergedStrings texts) => texts.Seen.Type() is var type and not ValueKind.String ? new MergedScalars(texts, type) : texts;

    private static SegmentContent Of(DataSchema schema, Interval interval, IndexSpec indexSpec, long[] times, IReadOnlyList<ColumnSource> dimensions, IReadOnlyList<ColumnSource> metrics) => new()
    {
        IntervalStartMillis = interval.StartMillis,
        IntervalEndMillis = interval.EndMillis,
        RowCount = times.Length,
        Time = times,
        Dimensions = dimensions,
        Metrics = metrics,
        IndexSpec = indexSpec,
        Metadata = MetadataJson.Of(schema, dimensions.Select(d => d.Name)),
    };
}
