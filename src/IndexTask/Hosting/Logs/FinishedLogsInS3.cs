using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Publish;
using Ingestion.IndexTask.Publish.S3;

namespace Ingestion.IndexTask.Hosting.Logs;

/// <summary>Below a key of S3, named as Druid's <c>S3TaskLogs</c> does: <c>PREFIX/TASK_ID/log</c> and <c>PREFIX/TASK_ID/report.json</c>.</summary>
/// <param name="place">Bucket and prefix.</param>
/// <param name="settings">How S3 is reached.</param>
/// <param name="folder">For what is on its way there.</param>
/// <param name="logger">Where to log.</param>
internal sealed class FinishedLogsInS3(S3Place place, S3Settings settings, string folder, ILogger logger) : IFinishedLogs
{
    private const string Log = "log", Report = "report.json";
    private readonly AmazonS3Client client = S3Client.Open(settings);
    private readonly string prefix = place.BaseKey.Length == 0 ? "" : place.BaseKey.TrimEnd('/') + "/";

    public string Location => place.ToString();

    public async Task<LogContent?> OpenAsync(string taskId, FinishedFile file, CancellationToken cancellation)
    {
        try { return await CallAsync(async () => LogContent.OfBytes(await ReadAsync(Key(taskId, file), cancellation)), cancellation); }
        catch (DeepStorageException absent) when (absent.InnerException is AmazonS3Exception { StatusCode: HttpStatusCode.NotFound, ErrorCode: not "NoSuchBucket" }) { return null; }
    }

    public async Task PutAsync(string taskId, FinishedFile file, LogContent content, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"{Guid.NewGuid():N}.part");
        try
        {
            await using (var stream = new FileStream(path, FileMode.CreateNew)) await content.CopyToAsync(stream, 0, cancellation);
            await using var upload = new S3Upload(client, settings, place.Bucket, Key(taskId, file), path, logger) { ContentType = file == FinishedFile.Log ? "text/plain" : "application/json" };
            await upload.RunAsync(cancellation);
        }
        finally { File.Delete(path); }
    }

    public async Task<int> SweepAsync(DateTimeOffset before, CancellationToken cancellation)
    {
        var deleted = 0;
        var request = new ListObjectsV2Request { BucketName = place.Bucket, Prefix = prefix };
        for (; ; )
        {
            var page = await CallAsync(() => client.ListObjectsV2Async(request, cancellation), cancellation);
            foreach (var stored in page.S3Objects ?? [])
            {
                if (!IsOurs(stored.Key) || stored.LastModified is not { } written || written.ToUniversalTime() >= before.UtcDateTime) continue;
                await CallAsync(() => client.DeleteObjectAsync(place.Bucket, stored.Key, cancellation), cancellation);
                deleted++;
            }
            if (page.IsTruncated != true) return deleted;
            request.ContinuationToken = page.NextContinuationToken;
        }
    }

    public void Dispose() => client.Dispose();

    private async Task<byte[]> ReadAsync(string key, CancellationToken cancellation)
    {
        using var answer = await client.GetObjectAsync(place.Bucket, key, cancellation);
        using var content = new MemoryStream();
        await answer.ResponseStream.CopyToAsync(content, cancellation);
        return content.Length == answer.ContentLength ? content.ToArray() : throw new EndOfStreamException($"{content.Length} of {answer.ContentLength} bytes came");
    }

    private string Key(string taskId, FinishedFile file) => $"{prefix}{taskId}/{(file == FinishedFile.Log ? Log : Report)}";

    // PREFIX/TASK_ID/NAME.
    private bool IsOurs(string key) => key[prefix.Length..].Split('/') is [_, Log or Report];

    private Task<T> CallAsync<T>(Func<Task<T>> call, CancellationToken cancellation) => S3Call.RunAsync(place.Bucket, settings, call, cancellation);
}
