using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Hosting.Logs;

/// <summary>The folder with logs and final reports of tasks that are over, shared by workers and overlords. A file appears in it whole or not at all.</summary>
internal sealed class FinishedLogs(string directory)
{
    private const string Unfinished = ".part";

    public LogContent? OpenLog(string taskId) => Open(TaskLogFiles.LogName(taskId));
    public LogContent? OpenReport(string taskId) => Open(TaskLogFiles.ReportName(taskId));

    /// <summary>Takes a file in, in place of what has that name.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">As before.</exception>
    public async Task PutAsync(string name, LogContent content, CancellationToken cancellation)
    {
        Directory.CreateDirectory(directory);
        var unfinished = Path.Combine(directory, $"{Guid.NewGuid():N}{Unfinished}");
        try
        {
            await using (var file = new FileStream(unfinished, FileMode.CreateNew)) await content.CopyToAsync(file, 0, cancellation);
            File.Move(unfinished, Path.Combine(directory, name), overwrite: true);
        }
        finally { File.Delete(unfinished); }
    }

    /// <summary>Deletes what was written before a time. Files of other names are left alone.</summary>
    /// <returns>How many were deleted.</returns>
    /// <exception cref="IOException">One cannot be deleted, or the folder not be read.</exception>
    /// <exception cref="UnauthorizedAccessException">As before.</exception>
    public int Sweep(DateTimeOffset before)
    {
        if (!Directory.Exists(directory)) return 0;
        var deleted = 0;
        foreach (var file in new DirectoryInfo(directory).EnumerateFiles())
        {
            if (!file.Name.EndsWith(TaskLogFiles.LogEnd, StringComparison.Ordinal) && !file.Name.EndsWith(TaskLogFiles.ReportEnd, StringComparison.Ordinal) && !file.Name.EndsWith(Unfinished, StringComparison.Ordinal)) continue;
            if (file.LastWriteTimeUtc >= before.UtcDateTime) continue;
            file.Delete();
            deleted++;
        }
        return deleted;
    }

    private LogContent? Open(string? name) => name is null ? null : LogContent.OfFile(Path.Combine(directory, name));
}
