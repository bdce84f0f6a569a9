using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Hosting;
using Ingestion.Overlord.Tasks;

namespace Ingestion.Overlord.Hosting;

/// <summary>Logs and reports of finished tasks, read and written as workers do: a folder or S3, opened when the first one is asked for.</summary>
internal sealed class TaskArchive(StorageOptions storage, ILoggerFactory loggers) : ITaskArchive, IDisposable
{
    private readonly Lazy<FinishedTaskFiles> files = new(() => FinishedTaskFiles.Open(storage, loggers), LazyThreadSafetyMode.PublicationOnly);

    public Task<(System.IO.Stream? Content, string? Missing)> LogAsync(string taskId, long offset, CancellationToken cancellation) => OpenAsync(taskId, () => files.Value.LogAsync(taskId, offset, cancellation));

    public Task<(System.IO.Stream? Content, string? Missing)> ReportAsync(string taskId, CancellationToken cancellation) => OpenAsync(taskId, () => files.Value.ReportAsync(taskId, cancellation));

    public async Task KeepAsync(string taskId, string log, string report, CancellationToken cancellation)
    {
        if (storage.TaskLogs is not null) await files.Value.PutAsync(taskId, log, report, cancellation);
    }

    public void Dispose()
    {
        if (files.IsValueCreated) files.Value.Dispose();
    }

    private async Task<(System.IO.Stream?, string?)> OpenAsync(string taskId, Func<Task<System.IO.Stream?>> open)
    {
        if (storage.TaskLogs is null) return (null, "this overlord was started without --task-logs");
        if (TaskLogFiles.LogName(taskId) is null) return (null, "no file can have its id as a name");
        try { return await open() is { } found ? (found, null) : (null, $"it is not in [{files.Value.Location}]"); }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException) { return (null, $"it cannot be read: {problem.Message}"); }
    }
}
