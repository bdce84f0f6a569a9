using System.Text.Json;
using Amazon.S3;
using Ingestion.Contracts.Segments;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Publish.S3;

/// <summary>
/// Druid's deep storage on S3 and what speaks its language: <c>baseKey/dataSource/start_end/version/partitionNum/uuid/index.zip</c>. The zip is made in the work folder,
/// once, and uploaded until it is there.
/// </summary>
internal sealed class S3DeepStorage(S3Place place, S3Settings settings, string workFolder, ILogger logger) : IDeepStorage
{
    private readonly AmazonS3Client client = S3Client.Open(settings);

    public async Task<DataSegment> PushAsync(SegmentIdWithShardSpec id, Func<SegmentContent> content, Retries retries, CancellationToken cancellation)
    {
        var loadSpec = new S3LoadSpec { Bucket = place.Bucket, Key = place.KeyOf(id, Guid.NewGuid().ToString()), Schema = settings.UseS3aSchema ? "s3a" : "s3n" };
        var (zip, segment) = await retries.RunAsync(() => YieldingWork.RunAsync(Write), cancellation);
        using (zip)
        {
            await using var upload = new S3Upload(client, settings, loadSpec.Bucket, loadSpec.Key, zip.FullPath, logger);
            return await retries.RunAsync(Upload, cancellation);

            async Task<DataSegment> Upload()
            {
                await upload.RunAsync(cancellation);
                return segment;
            }
        }

        (SegmentZip, DataSegment) Write()
        {
            var rows = content();
            var written = SegmentZip.Write(workFolder, rows, logger, cancellation);
            return (written, SegmentDescriptor.Of(id, rows, loadSpec.ToJson(), written.FilesSize));
        }
    }

    public async Task DeleteAsync(DataSegment segment, CancellationToken cancellation)
    {
        if (segment.LoadSpec is not { } spec || Objection(spec) is not null) return;
        try
        {
            await RemoveAsync(spec, cancellation);
        }
        catch (DeepStorageException problem)
        {
            PublishLog.DeleteFails(logger, spec.GetRawText(), problem);
        }
    }

    public string? Objection(JsonElement loadSpec) => S3LoadSpec.Of(loadSpec) is { } stored && place.Holds(stored) ? null : $"it does not lie in [{place}]";

    public Task RemoveAsync(JsonElement loadSpec, CancellationToken cancellation)
    {
        var stored = S3LoadSpec.Of(loadSpec)!;
        return S3Call.RunAsync(stored.Bucket, settings, () => client.DeleteObjectAsync(stored.Bucket, stored.Key, cancellation), cancellation);
    }

    public void Dispose() => client.Dispose();
}
