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
        for (var kind = preferred.Kind; kind > GranularityKind.None; kind--)
        {
            // Weeks straddle months, so they are used only where they are asked for.
            if (kind == GranularityKind.Week && preferred.Kind != GranularityKind.Week) continue;
            var bucket = new Granularity(kind).Bucket(timestamp);
            if (bucket.Contains(row)) yield return bucket;
        }
    }
}
