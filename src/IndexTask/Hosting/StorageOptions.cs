using Ingestion.IndexTask.Hosting.Logs;
using Ingestion.IndexTask.Publish.S3;

namespace Ingestion.IndexTask.Hosting;

/// <summary>Where segments are, and logs and reports of finished tasks: those of a worker's options that an overlord may be given too.</summary>
public sealed record StorageOptions
{
    /// <summary>Neither is known.</summary>
    public static readonly StorageOptions None = new();

    /// <summary>Deep storage: a directory, or <c>s3://BUCKET/BASE_KEY</c>; null: not told.</summary>
    public string? DeepStorage { get; init; }

    /// <summary>Where logs and reports go: a folder, or <c>s3://BUCKET/PREFIX</c>; null: not told.</summary>
    public string? TaskLogs { get; init; }

    /// <summary>How S3 is reached, where either is there.</summary>
    public S3Settings S3 { get; init; } = new();

    /// <param name="arguments">Options as a worker's command line has them: of deep storage, of task logs, and of S3.</param>
    /// <exception cref="FormatException">Something is wrong; no secret is in the message.</exception>
    public static StorageOptions Parse(IReadOnlyList<string> arguments)
    {
        var values = WorkerOptions.Pairs(arguments);
        var (logs, _) = TaskLogOptions.Take(values);
        var areLogsInS3 = logs is not null && Publish.DeepStorage.IsInS3(logs);
        var (deepStorage, s3) = DeepStorageOptions.IsTold(values) ? DeepStorageOptions.Take(values, hasFurtherUse: areLogsInS3) : (null, DeepStorageOptions.TakeS3(values));
        if (values.Count > 0) throw new FormatException($"{values.Keys.First()} is no option of deep storage or task logs");
        if (deepStorage is null && !areLogsInS3 && s3 != new S3Settings()) throw new FormatException("there are options of S3, but neither --deep-storage nor --task-logs is there");
        return new StorageOptions { DeepStorage = deepStorage, TaskLogs = logs, S3 = s3 };
    }
}
