using System.Globalization;
using System.Text.Json;
using Ingestion.Contracts.Segments;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Publish;

/// <summary>What deep storages have in common: Druid's description of a segment, and its path below their base.</summary>
internal static class SegmentDescriptor
{
    /// <param name="size">Bytes of the files as the writer made them, uncompressed: what Historicals count against their capacity.</param>
    public static DataSegment Of(SegmentIdWithShardSpec id, SegmentContent content, JsonElement loadSpec, long size) => new()
    {
        DataSource = id.DataSource,
        Interval = id.Interval,
        Version = id.Version,
        LoadSpec = loadSpec,
        Dimensions = string.Join(',', content.Dimensions.Select(c => c.Name)),
        Metrics = string.Join(',', content.Metrics.Select(c => c.Name)),
        ShardSpec = id.ShardSpec,
        BinaryVersion = 9,
        Size = size,
    };

    /// <summary><c>dataSource/start_end/version/partitionNum/unique</c>: Druid's <c>DataSegmentPusher.getDefaultStorageDir</c>.</summary>
    public static string StorageDirectory(SegmentIdWithShardSpec id, string unique) =>
        $"{id.DataSource}/{id.Interval.Start}_{id.Interval.End}/{id.Version}/{id.ShardSpec.PartitionNum.ToString(CultureInfo.InvariantCulture)}/{unique}";
}
