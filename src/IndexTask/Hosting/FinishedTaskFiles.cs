using System.Text;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Hosting.Logs;

namespace Ingestion.IndexTask.Hosting;

/// <summary>Logs and reports of finished tasks, where workers push them: for overlords, which serve them and add those of their own tasks.</summary>
public sealed class FinishedTaskFiles : IDisposable
{
    /// <summary>Somebody waits for the answer.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    private readonly IFinishedLogs files;

    private FinishedTaskFiles(IFinishedLogs files) => this.files = files;

    /// <summary>In an operator's words.</summary>
    public string Location => files.Location;

    /// <exception cref="ArgumentException">The options do not say where they are.</exception>
    /// <exception cref="IOException">S3's region or credentials are missing.</exception>
    public static FinishedTaskFiles Open(StorageOptions options, ILoggerFactory loggers) => new(FinishedLogs.Open(
        options.TaskLogs ?? throw new ArgumentException("nobody told where task logs are", nameof(options)), options.S3 with { CallTimeout = CallTimeout }, Path.GetTempPath(), loggers.CreateLogger<FinishedTaskFiles>()));

    /// <param name="offset">As <see cref="TaskLogFiles.Begin"/> has it.</param>
    /// <returns>What is left from there on; null: there is no such log.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">As before.</exception>
    public Task<Stream?> LogAsync(string taskId, long offset, CancellationToken cancellation) => OpenAsync(taskId, FinishedFile.Log, offset, cancellation);

    /// <returns>Null: there is none.</returns>
    /// <inheritdoc cref="LogAsync"/>
    public Task<Stream?> ReportAsync(string taskId, CancellationToken cancellation) => OpenAsync(taskId, FinishedFile.Report, 0, cancellation);

    /// <summary>Takes in what a task has left that ran in this process.</summary>
    /// <exception cref="IOException">It cannot be written, or no file can have the id as a name.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be written.</exception>
    public async Task PutAsync(string taskId, string log, string report, CancellationToken cancellation)
    {
        if (TaskLogFiles.LogName(taskId) is null) throw new IOException($"[{taskId}] is no file's name");
        foreach (var (file, text) in ((FinishedFile, string)[])[(FinishedFile.Report, report), (FinishedFile.Log, log)])
        {
            using var content = LogContent.OfBytes(Encoding.UTF8.GetBytes(text));
            await files.PutAsync(taskId, file, content, cancellation);
        }
    }

    public void Dispose() => files.Dispose();

    private async Task<Stream?> OpenAsync(string taskId, FinishedFile file, long offset, CancellationToken cancellation) =>
        TaskLogFiles.LogName(taskId) is null ? null : (await files.OpenAsync(taskId, file, cancellation))?.Rest(offset);
}
