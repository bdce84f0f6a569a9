using System.Text.Json;
using Ingestion.IndexTask.Publish;
using Ingestion.IndexTask.Publish.S3;

namespace Ingestion.IndexTask.Hosting;

/// <summary>The files of a segment that is named by its directory, by its <c>s3://BUCKET/KEY</c> or by its load spec as the segments table has it. What is in S3 is
/// fetched into a temporary folder, which disposing removes.</summary>
internal sealed class StoredSegment : IDisposable
{
    private readonly bool isFetched;

    private StoredSegment(string directory, bool isFetched) => (Directory, this.isFetched) = (directory, isFetched);

    public string Directory { get; }

    /// <exception cref="FormatException">The load spec is of another kind of deep storage, or is none.</exception>
    /// <exception cref="DeepStorageException">S3 cannot be reached, has no such segment, or refuses.</exception>
    public static async Task<StoredSegment> OpenAsync(string name, S3Settings s3, CancellationToken cancellation)
    {
        if (name.StartsWith('{')) return await OfLoadSpecAsync(name, s3, cancellation);
        if (!DeepStorage.IsInS3(name)) return new StoredSegment(name, false);
        var place = S3Place.Parse(name);
        return await FetchAsync(new S3LoadSpec { Bucket = place.Bucket, Key = place.BaseKey }, s3, cancellation);
    }

    public void Dispose()
    {
        if (isFetched) System.IO.Directory.Delete(Directory, recursive: true);
    }

    private static async Task<StoredSegment> OfLoadSpecAsync(string json, S3Settings s3, CancellationToken cancellation)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (S3LoadSpec.Of(document.RootElement) is { } stored) return await FetchAsync(stored, s3, cancellation);
            if (document.RootElement.TryGetProperty("path", out var path) && path.GetString() is { } directory) return new StoredSegment(directory, false);
        }
        catch (JsonException problem)
        {
            throw new FormatException($"[{json}] is no load spec: {problem.Message}");
        }
        throw new FormatException($"[{json}] is no load spec of local or s3_zip");
    }

    private static async Task<StoredSegment> FetchAsync(S3LoadSpec stored, S3Settings s3, CancellationToken cancellation)
    {
        var fetched = new StoredSegment(System.IO.Directory.CreateTempSubdirectory("dump-segment-").FullName, true);
        try
        {
            await S3Download.FetchAsync(stored, s3, fetched.Directory, cancellation);
            return fetched;
        }
        catch
        {
            fetched.Dispose();
            throw;
        }
    }
}
