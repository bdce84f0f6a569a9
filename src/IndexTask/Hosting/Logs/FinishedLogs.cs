using Ingestion.IndexTask.Publish;
using Ingestion.IndexTask.Publish.S3;

namespace Ingestion.IndexTask.Hosting.Logs;

/// <summary>Opens the place of finished tasks' logs that a location names.</summary>
internal static class FinishedLogs
{
    /// <param name="location">A folder, or <c>s3://BUCKET/PREFIX</c>.</param>
    /// <param name="s3">How S3 is reached.</param>
    /// <param name="workFolder">For what is on its way to S3.</param>
    /// <param name="logger">Where to log.</param>
    /// <exception cref="DeepStorageException">S3's region or credentials are missing.</exception>
    public static IFinishedLogs Open(string location, S3Settings s3, string workFolder, ILogger logger) =>
        DeepStorage.IsInS3(location) ? new FinishedLogsInS3(S3Place.Parse(location), s3, workFolder, logger) : new FinishedLogFolder(location);
}
