using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Hosting.Logs;

/// <summary>A folder that workers and overlords share.</summary>
internal sealed class FinishedLogFolder(string directory) : IFinishedLogs
{
    private const string Unfinished = ".part";

    public string Location => directory;

    public Task<LogContent?> OpenAsync(string taskId, FinishedFile file, CancellationToken cancellation) =>
        Task.FromResult(Name(taskId, file) is { } name ? LogContent.OfFile(Path.Combine(directory, name)) : null);

    public async Task PutAsync(string taskId, FinishedFile file, LogContent content, CancellationToken cancellation)
    {
        Directory.CreateDirectory(directory);
        var unfinished = Path.Combine(directory, $"{Guid.NewGuid():N}{Unfinished}");
        try
        {
            await using (var stream = new FileStream(unfinished, FileMode.CreateNew)) await content.CopyToAsync(stream, 0, cancellation);
            File.Move(unfinished, Path.Combine(directory, Name(taskId, file) ?? throw new IOException($"[{taskId}] is no file's name")), overwrite: true);
        }
        finally { File.Delete(unfinished); }
    }

    public Task<int> SweepAsync(DateTimeOffset before, CancellationToken cancellation)
    {
        if (!Directory.Exists(directory)) return Task.FromResult(0);
        var deleted = 0;
        foreach (var file in new DirectoryInfo(directory).EnumerateFiles())
        {
            if (!file.Name.EndsWith(TaskLogFiles.LogEnd, StringComparison.Ordinal) && !file.Name.EndsWith(TaskLogFiles.ReportEnd, StringComparison.Ordinal) && !file.Name.EndsWith(Unfinished, StringComparison.Ordinal)) continue;
            if (file.LastWriteTimeUtc >= before.UtcDateTime) continue;
            file.Delete();
            deleted++;
        }
        return Task.FromResult(deleted);
    }

    public void Dispose() { }

    private static string? Name(string taskId, FinishedFile file) => file == FinishedFile.Log ? TaskLogFiles.LogName(taskId) : TaskLogFiles.ReportName(taskId);
}
