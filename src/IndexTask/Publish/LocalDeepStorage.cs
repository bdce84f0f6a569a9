using System.Text.Json;
using System.Text.Json.Serialization;
using Ingestion.Contracts.Segments;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Publish;

/// <summary>
/// Druid's local deep storage as its tasks write it: <c>base/dataSource/start_end/version/partitionNum/uuid/index/</c> with the segment's files as
/// they are. A segment is written beside that place and renamed into it, flushed to the disk before anyone is told of it.
/// </summary>
public sealed partial class LocalDeepStorage(string baseDirectory, ILogger logger)
{
    private readonly string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(baseDirectory));

    /// <summary>Writes a segment under a path of its own, so that replicas never overwrite each other.</summary>
    /// <exception cref="IOException">The disk is full, or the directory cannot be written; nothing is left behind.</exception>
    public DataSegment Push(SegmentIdWithShardSpec id, SegmentContent content, CancellationToken cancellation)
    {
        var unique = Guid.NewGuid().ToString();
        var staging = Path.Combine(root, ".staging", unique);
        var parent = Path.Combine(root, id.DataSource, $"{id.Interval.Start}_{id.Interval.End}", id.Version, id.ShardSpec.PartitionNum.ToString(System.Globalization.CultureInfo.InvariantCulture), unique);
        try
        {
            Directory.CreateDirectory(staging);
            var size = SegmentWriter.Write(staging, content, cancellation);
            foreach (var file in Directory.EnumerateFiles(staging)) FlushToDisk(file);
            Directory.CreateDirectory(parent);
            DirectoryFlush.ToDisk(staging);
            Directory.Move(staging, Path.Combine(parent, "index"));
            for (var directory = parent; directory?.Length >= root.Length; directory = Path.GetDirectoryName(directory)) DirectoryFlush.ToDisk(directory);
            return new DataSegment
            {
                DataSource = id.DataSource,
                Interval = id.Interval,
                Version = id.Version,
                LoadSpec = JsonSerializer.SerializeToElement(new LoadSpec("local", Path.Combine(parent, "index") + "/"), DeepStorageJson.Default.LoadSpec),
                Dimensions = string.Join(',', content.Dimensions.Select(c => c.Name)),
                Metrics = string.Join(',', content.Metrics.Select(c => c.Name)),
                ShardSpec = id.ShardSpec,
                BinaryVersion = 9,
                Size = size,
            };
        }
        catch
        {
            Delete(staging);
            Delete(parent);
            throw;
        }
    }

    /// <summary>Removes a segment pushed here. One that cannot be removed is logged and left to the clean-up duty.</summary>
    public void Delete(DataSegment segment)
    {
        if (PathOf(segment) is not { } path) return;
        var parent = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(path))!;
        if (parent.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal)) Delete(parent);
    }

    /// <summary>The path in a segment's load spec.</summary>
    public static string? PathOf(DataSegment segment) =>
        segment.LoadSpec is { ValueKind: JsonValueKind.Object } spec && spec.TryGetProperty("path", out var path) ? path.GetString() : null;

    private void Delete(string directory)
    {
        try
        {
            if (Directory.Exists(directory)) Directory.Delete(directory, recursive: true);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            PublishLog.DeleteFails(logger, directory, problem);
        }
    }

    private static void FlushToDisk(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(file);
    }

    internal sealed record LoadSpec(string Type, string Path);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    [JsonSerializable(typeof(LoadSpec))]
    internal sealed partial class DeepStorageJson : JsonSerializerContext;
}
