using Ingestion.IndexTask.Publish.S3;

namespace Ingestion.IndexTask.Publish;

/// <summary>Opens the deep storage that a location names.</summary>
internal static class DeepStorage
{
    public static bool IsInS3(string location) => location.StartsWith(S3Place.Scheme, StringComparison.Ordinal);

    /// <param name="location">A directory, or <c>s3://BUCKET/BASE_KEY</c>.</param>
    /// <param name="s3">How S3 is reached.</param>
    /// <param name="workFolder">For what is on its way to S3.</param>
    /// <param name="loggers">Where to log.</param>
    /// <exception cref="FormatException">The location names no bucket.</exception>
    /// <exception cref="DeepStorageException">S3's region or credentials are missing.</exception>
    public static IDeepStorage Open(string location, S3Settings s3, string workFolder, ILoggerFactory loggers)
    {
        var logger = loggers.CreateLogger(typeof(DeepStorage));
        return IsInS3(location) ? new S3DeepStorage(S3Place.Parse(location), s3, workFolder, logger) : new LocalDeepStorage(location, logger);
    }
}
