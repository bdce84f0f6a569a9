using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Tests.Segment;

/// <summary>What is needed to write again what a reader sees.</summary>
internal static class Rewriting
{
    public static SegmentContent Content(SegmentReader reader, IndexSpec spec) => new()
    {
        IntervalStartMillis = reader.IntervalStartMillis,
        IntervalEndMillis = reader.IntervalEndMillis,
        RowCount = reader.RowCount,
        Time = reader.Time,
        Dimensions = [.. reader.Dimensions.Select(name => new Stored(reader, name))],
        Metrics = [.. reader.Metrics.Select(name => new Stored(reader, name))],
        IndexSpec = spec,
        Metadata = new SegmentMetadata
        {
            Container = reader.Metadata?.GetProperty("container"),
            Aggregators = [.. reader.Metadata!.Value.GetProperty("aggregators").EnumerateArray()],
            TimestampSpec = reader.Metadata?.GetProperty("timestampSpec"),
            QueryGranularity = reader.Metadata?.GetProperty("queryGranularity"),
            Rollup = reader.Metadata!.Value.GetProperty("rollup").GetBoolean(),
            Ordering = [.. reader.Metadata!.Value.GetProperty("ordering").EnumerateArray().Select(part => part.GetProperty("columnName").GetString()!)],
        },
    };

    private sealed class Stored(SegmentReader reader, string name) : ColumnSource
    {
        public override string Name => name;

        public override ColumnContent Materialize() => reader.Read(name);
    }
}
