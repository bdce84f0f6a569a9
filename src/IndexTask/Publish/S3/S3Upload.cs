using System.Collections.Concurrent;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Win32.SafeHandles;

namespace Ingestion.IndexTask.Publish.S3;

/// <summary>
/// One file on its way to one key, in one call or in parts. An attempt goes on with the parts that the last one left undone. S3 compares what arrives with the digest
/// that is sent along, and what it says it has stored is compared with it here. Disposing before it is done takes back what S3 may hold of it.
/// </summary>
internal sealed class S3Upload(IAmazonS3 client, S3Settings settings, string bucket, string key, string path, ILogger logger) : IAsyncDisposable
{
    private const int PartsAtOnce = 4;
    private static readonly TimeSpan CleanUpLimit = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<int, PartETag> parts = new();
    private string? uploadId;
    private bool hasBegun, isDone;

    public string ContentType { get; init; } = "application/zip";

    /// <exception cref="DeepStorageException">S3 cannot be reached, or refuses; calling again goes on with it.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var file = File.OpenHandle(path);
        var whole = new FileSlice(1, 0, RandomAccess.GetLength(file));
        hasBegun = true;
        if (whole.Length <= settings.MultipartAbove) await CallAsync(() => PutAsync(file, whole, cancellation), cancellation);
        else await RunPartsAsync(file, whole.Length, cancellation);
        isDone = true;
    }

    public async ValueTask DisposeAsync()
    {
        if (isDone || !hasBegun) return;
        using var limit = new CancellationTokenSource(CleanUpLimit);
        try
        {
            if (uploadId is not null) await CallAsync(AbortAsync, limit.Token);
            await CallAsync(() => client.DeleteObjectAsync(bucket, key, limit.Token), limit.Token); // its answer may have been lost
        }
        catch (Exception problem) when (problem is DeepStorageException or OperationCanceledException)
        {
            PublishLog.DeleteFails(logger, $"{S3Place.Scheme}{bucket}/{key}", problem);
        }

        Task<AbortMultipartUploadResponse> AbortAsync() => client.AbortMultipartUploadAsync(bucket, key, uploadId, limit.Token);
    }

    private async Task<PutObjectResponse> PutAsync(SafeFileHandle file, FileSlice whole, CancellationToken cancellation)
    {
        var digest = whole.Digest(file, cancellation);
        var answer = await client.PutObjectAsync(new PutObjectRequest
        {
            BucketName = bucket, Key = key, FilePath = path, ContentType = ContentType, UseChunkEncoding = false, MD5Digest = Convert.ToBase64String(digest),
            CannedACL = Acl, ServerSideEncryptionMethod = Encryption, ServerSideEncryptionKeyManagementServiceKeyId = settings.KmsKeyId,
        }, cancellation);
        Verify(answer.ETag, answer.ServerSideEncryptionMethod, digest);
        return answer;
    }

    private async Task RunPartsAsync(SafeFileHandle file, long length, CancellationToken cancellation)
    {
        try
        {
            uploadId ??= (await CallAsync(BeginAsync, cancellation)).UploadId;
            var missing = FileSlice.Cut(length, settings.PartBytes).Where(slice => !parts.ContainsKey(slice.Number));
            var options = new ParallelOptions { MaxDegreeOfParallelism = PartsAtOnce, CancellationToken = cancellation };
            await Parallel.ForEachAsync(missing, options, async (slice, stop) => parts[slice.Number] = await CallAsync(() => PutPartAsync(file, slice, stop), stop));
            await CallAsync(CompleteAsync, cancellation);
            var stored = (await CallAsync(() => client.GetObjectMetadataAsync(bucket, key, cancellation), cancellation)).ContentLength;
            if (stored != length) throw new DeepStorageException($"S3 has stored {stored} bytes of {S3Place.Scheme}{bucket}/{key} instead of {length}");
            uploadId = null;
        }
        catch (DeepStorageException problem) when (problem.InnerException is AmazonS3Exception { ErrorCode: "NoSuchUpload" })
        {
            // S3 has forgotten it, or an earlier completion went through whose answer was lost: from the beginning.
            uploadId = null;
            parts.Clear();
            throw;
        }

        Task<InitiateMultipartUploadResponse> BeginAsync() => client.InitiateMultipartUploadAsync(new InitiateMultipartUploadRequest
        {
            BucketName = bucket, Key = key, ContentType = ContentType, CannedACL = Acl, ServerSideEncryptionMethod = Encryption, ServerSideEncryptionKeyManagementServiceKeyId = settings.KmsKeyId,
        }, cancellation);

        Task<CompleteMultipartUploadResponse> CompleteAsync() => client.CompleteMultipartUploadAsync(new CompleteMultipartUploadRequest
        {
            BucketName = bucket, Key = key, UploadId = uploadId, PartETags = [.. parts.Values.OrderBy(p => p.PartNumber)],
        }, cancellation);
    }

    private async Task<PartETag> PutPartAsync(SafeFileHandle file, FileSlice slice, CancellationToken cancellation)
    {
        var digest = slice.Digest(file, cancellation);
        var answer = await client.UploadPartAsync(new UploadPartRequest
        {
            BucketName = bucket, Key = key, UploadId = uploadId, PartNumber = slice.Number, FilePath = path, FilePosition = slice.Offset, PartSize = slice.Length,
            UseChunkEncoding = false, MD5Digest = Convert.ToBase64String(digest),
        }, cancellation);
        Verify(answer.ETag, answer.ServerSideEncryptionMethod, digest);
        return new PartETag(slice.Number, answer.ETag);
    }

    /// <summary>An ETag is the digest of what is stored, unless it is encrypted with a key of KMS: then S3's own comparison must do.</summary>
    private void Verify(string? tag, ServerSideEncryptionMethod? encryption, byte[] digest)
    {
        if (settings.Encryption == S3Encryption.Kms || encryption is not null && encryption != ServerSideEncryptionMethod.None && encryption != ServerSideEncryptionMethod.AES256) return;
        if (!string.Equals(tag?.Trim('"'), Convert.ToHexString(digest), StringComparison.OrdinalIgnoreCase))
            throw new DeepStorageException($"S3 has stored other bytes of {S3Place.Scheme}{bucket}/{key} than were sent: its ETag is {tag}, their MD5 {Convert.ToHexStringLower(digest)}");
    }

    // What Druid does by adding a grant to the bucket's ACL, without having to read that.
    private S3CannedACL? Acl => settings.DisableAcl ? null : S3CannedACL.BucketOwnerFullControl;

    private ServerSideEncryptionMethod? Encryption => settings.Encryption switch
    {
        S3Encryption.None => null,
        S3Encryption.S3 => ServerSideEncryptionMethod.AES256,
        S3Encryption.Kms => ServerSideEncryptionMethod.AWSKMS,
        var other => throw new ArgumentOutOfRangeException(nameof(settings), other, null),
    };

    private Task<T> CallAsync<T>(Func<Task<T>> call, CancellationToken cancellation) => S3Call.RunAsync(bucket, settings, call, cancellation);
}
