using System.IO.Compression;

namespace Ingestion.IndexTask.Publish.S3;

/// <summary>Brings a segment from S3, as a Historical does.</summary>
internal static class S3Download
{
    /// <param name="segment">Where it is.</param>
    /// <param name="settings">How S3 is reached.</param>
    /// <param name="folder">Existing and empty; has the segment's files afterwards.</param>
    /// <param name="cancellation">Gives it up.</param>
    /// <exception cref="DeepStorageException">S3 cannot be reached, has no such segment, or refuses.</exception>
    /// <exception cref="InvalidDataException">It is no zip.</exception>
    public static async Task FetchAsync(S3LoadSpec segment, S3Settings settings, string folder, CancellationToken cancellation)
    {
        using var client = S3Client.Open(settings);
        var zip = Path.Combine(folder, "index.zip");
        await S3Call.RunAsync(segment.Bucket, settings, CopyAsync, cancellation);
        await ZipFile.ExtractToDirectoryAsync(zip, folder, cancellation);
        File.Delete(zip);

        async Task<long> CopyAsync()
        {
            using var answer = await client.GetObjectAsync(segment.Bucket, segment.Key, cancellation);
            await using var file = File.Create(zip);
            await answer.ResponseStream.CopyToAsync(file, cancellation);
            return file.Length == answer.ContentLength ? file.Length : throw new EndOfStreamException($"{file.Length} of {answer.ContentLength} bytes came");
        }
    }
}
