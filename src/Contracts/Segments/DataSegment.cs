using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ingestion.Contracts.Segments;

/// <summary>Druid's shard spec of appended segments. <c>Partitions</c> counts the core partitions: 0 for streaming appends into a fresh interval.</summary>
public sealed record NumberedShardSpec
{
    [JsonPropertyOrder(0)] public string Type { get; set; } = "numbered";
    [JsonPropertyOrder(1)] public required int PartitionNum { get; init; }
    [JsonPropertyOrder(2)] public int Partitions { get; init; }
}

/// <summary>An allocated segment's identity, Druid's <c>SegmentIdWithShardSpec</c>: the payload of a pending segment.</summary>
public sealed record SegmentIdWithShardSpec
{
    [JsonPropertyOrder(0)] public required string DataSource { get; init; }
    [JsonPropertyOrder(1)] public required Interval Interval { get; init; }
    [JsonPropertyOrder(2)] public required string Version { get; init; }
    [JsonPropertyOrder(3)] public required NumberedShardSpec ShardSpec { get; init; }

    [JsonIgnore] public string Id => SegmentId.Format(DataSource, Interval, Version, ShardSpec.PartitionNum);
}

public static class SegmentId
{
    /// <summary><c>dataSource_start_end_version</c>, and <c>_partitionNum</c> unless that is 0.</summary>
    public static string Format(string dataSource, Interval interval, string version, int partitionNum) =>
        $"{dataSource}_{interval.Start}_{interval.End}_{version}" + (partitionNum == 0 ? "" : $"_{partitionNum}");
}

/// <summary>A published segment as Druid describes it: the payload of a row in the segments table.</summary>
public sealed record DataSegment
{
    [JsonPropertyOrder(0)] public required string DataSource { get; init; }
    [JsonPropertyOrder(1)] public required Interval Interval { get; init; }
    [JsonPropertyOrder(2)] public required string Version { get; init; }
    /// <summary>Where deep storage has it; Historicals look at nothing else. <c>{"type":"local","path":...}</c> or
    /// <c>{"type":"s3_zip","bucket":...,"key":...,"S3Schema":"s3n"}</c>.</summary>
    [JsonPropertyOrder(3)] public JsonElement? LoadSpec { get; init; }
    /// <summary>Comma-joined names.</summary>
    [JsonPropertyOrder(4)] public string Dimensions { get; set; } = "";
    /// <summary>Comma-joined names.</summary>
    [JsonPropertyOrder(5)] public string Metrics { get; set; } = "";
    [JsonPropertyOrder(6)] public required NumberedShardSpec ShardSpec { get; init; }
    [JsonPropertyOrder(7)] public int? BinaryVersion { get; init; }
    /// <summary>Bytes of the files, uncompressed.</summary>
    [JsonPropertyOrder(8)] public long Size { get; init; }
    [JsonPropertyOrder(9)] public string Identifier => SegmentId.Format(DataSource, Interval, Version, ShardSpec.PartitionNum);

    /// <summary>Whether another description is of the same files: each push has a place of its own, so these are one push.</summary>
    public bool IsStoredAs(DataSegment other) => LoadSpec is { } mine && other.LoadSpec is { } theirs && JsonElement.DeepEquals(mine, theirs);
}
