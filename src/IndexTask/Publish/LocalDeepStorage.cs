using System.Text.Json;
using System.Text.Json.Serialization;
using Ingestion.Contracts.Segments;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Publish;

/// <summary>
/// Druid's local deep storage as its tasks write it: <c>base/dataSource/start_end/version/partitionNum/uuid/index/</c> with the segment's files as
/// they are. A segment is written beside that place and renamed into it, flushed to the disk before anyone is told of it.
/// </summary>
public sealed partial class LocalDeepStorage(string baseDirectory, ILogger logger) : IDeepStorage
{
    private readonly string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(baseDirectory));

    public Task<DataSegment> PushAsync(SegmentIdWithShardSpec id, Func<SegmentContent> content, Retries retries, CancellationToken cancellation) =>
        retries.RunAsync(() => YieldingWork.RunAsync(() => Write(id, content(), cancellation)), cancellation);

    public Task DeleteAsync(DataSegment segment, CancellationToken cancellation)
    {
        if (segment.LoadSpec is { } spec && FolderOf(spec) is { } folder) Delete(folder);
        return Task.CompletedTask;
    }

    public string? Objection(JsonElement loadSpec) => FolderOf(loadSpec) is null ? $"it does not lie in [{root}]" : null;

    public Task RemoveAsync(JsonElement loadSpec, CancellationToken cancellation)
    {
        var folder = FolderOf(loadSpec)!;
        try
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            for (var above = Path.GetDirectoryName(folder)!; above.Length > root.Length && (!Directory.Exists(above) || !Directory.EnumerateFileSystemEntries(above).Any()); above = Path.GetDirectoryName(above)!)
                if (Directory.Exists(above)) Directory.Delete(above);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException) { throw new DeepStorageException($"[{folder}] cannot be deleted: {problem.Message}", problem); }
        return Task.CompletedTask;
    }

    /// <summary>The folder that holds a segment's files, and nothing else, by its load spec, which names <c>index/</c> or a zip in it; null where it is not below the root.</summary>
    private string? FolderOf(JsonElement loadSpec)
    {
        if (loadSpec.ValueKind != JsonValueKind.Object || !loadSpec.TryGetProperty("path", out var path) || path.ValueKind != JsonValueKind.String || path.GetString() is not { Length: > 0 } index || index.Contains('\0', StringComparison.Ordinal)) return null;
        return Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(index))) is { } folder && folder.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal) ? folder : null;
    }

    public void Dispose()
    {
        // A folder is not held open.
    }

    /// <exception cref="IOException">The disk is full, or the directory cannot be written; nothing is left behind.</exception>
    private DataSegment Write(SegmentIdWithShardSpec id, SegmentContent content, CancellationToken cancellation)
    {
        var unique = Guid.NewGuid().ToString();
        var staging = Path.Combine(root, ".staging", unique);
        var parent = Path.Combine(root, SegmentDescriptor.StorageDirectory(id, unique));
        try
        {
            Directory.CreateDirectory(staging);
            var size = SegmentWriter.Write(staging, content, cancellation);
            foreach (var file in Directory.EnumerateFiles(staging)) FlushToDisk(file);
            Directory.CreateDirectory(parent);
            DirectoryFlush.ToDisk(staging);
            Directory.Move(staging, Path.Combine(parent, "index"));
            for (var directory = parent; directory?.Length >= root.Length; directory = Path.GetDirectoryName(directory)) DirectoryFlush.ToDisk(directory);
            var loadSpec = JsonSerializer.SerializeToElement(new LoadSpec("local", Path.Combine(parent, "index") + "/"), DeepStorageJson.Default.LoadSpec);
            return SegmentDescriptor.Of(id, content, loadSpec, size);
        }
        catch
        {
            Delete(staging);
            Delete(parent);
            throw;
        }
    }

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
