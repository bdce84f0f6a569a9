using System.Text.Json;

namespace Ingestion.IndexTask.Segment;

/// <summary>What Druid keeps about a segment's making in its <c>metadata.drd</c> (Druid's segment format V9).</summary>
public sealed record SegmentMetadata
{
    /// <summary>A free-form JSON object; <c>{}</c> when it is not given.</summary>
    public JsonElement? Container { get; init; }

    /// <summary>The metrics' aggregators in combining form (a count as a longSum of itself, say); null or empty without metrics.</summary>
    public IReadOnlyList<JsonElement>? Aggregators { get; init; }

    /// <summary>The spec's timestampSpec as Druid prints it.</summary>
    public JsonElement? TimestampSpec { get; init; }

    /// <summary><c>{"type":"none"}</c>, <c>"HOUR"</c> or another granularity as Druid prints it.</summary>
    public JsonElement? QueryGranularity { get; init; }

    /// <summary>Whether rows with equal time and dimensions were merged.</summary>
    public bool Rollup { get; init; }

    /// <summary>
    /// The columns that rows are sorted by, all ascending, beginning with <c>__time</c>. A promise that the query engine relies on:
    /// name only what is true. Null leaves the promise at time alone.
    /// </summary>
    public IReadOnlyList<string>? Ordering { get; init; }
}
