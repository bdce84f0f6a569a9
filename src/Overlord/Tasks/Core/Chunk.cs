using Ingestion.Contracts.Segments;

namespace Ingestion.Overlord.Tasks.Core;

/// <summary>All segments of one interval and version: what Druid's timeline replaces as a whole.</summary>
public readonly record struct Chunk(Interval Interval, string Version);

/// <summary>Which intervals may take a row.</summary>
public static class ChunkChoice
{
    /// <summary>The buckets around the time, of the preferred granularity and then of ever finer ones, that hold the row's whole query bucket.</summary>
    public static IEnumerable<Interval> Candidates(long timestamp, Granularity query, Granularity preferred)
    {
        var row = query.Bucket(timestamp);
        foreach (var granularity in preferred.StandardUpTo())
        {
            var bucket = granularity.Bucket(timestamp);
            if (bucket.Contains(row)) yield return bucket;
        }
    }
}
