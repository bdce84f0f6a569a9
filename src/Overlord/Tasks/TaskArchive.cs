using Ingestion.Contracts.Tasks;

namespace Ingestion.Overlord.Tasks;

/// <summary>The folder that workers push logs and reports of finished tasks to.</summary>
/// <param name="folder">Null: this overlord has not been told.</param>
internal sealed class TaskArchive(string? folder)
{
    public (FileStream? Content, string? Missing) Log(string taskId) => Open(TaskLogFiles.LogName(taskId));
    public (FileStream? Content, string? Missing) Report(string taskId) => Open(TaskLogFiles.ReportName(taskId));

    /// <summary>Keeps log and report of a task that ran in this process, as workers do of theirs.</summary>
    /// <exception cref="IOException">They cannot be written; <see cref="UnauthorizedAccessException"/> likewise.</exception>
    public async Task KeepAsync(string taskId, string log, string report)
    {
        if (folder is null || TaskLogFiles.LogName(taskId) is not { } logName || TaskLogFiles.ReportName(taskId) is not { } reportName) return;
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, logName), log);
        await File.WriteAllTextAsync(Path.Combine(folder, reportName), report);
    }

    /// <returns>Either the file or why there is none.</returns>
    private (FileStream?, string?) Open(string? name)
    {
        if (folder is null) return (null, "this overlord was started without --task-logs");
        if (name is null) return (null, "no file can have its id as a name");
        try
        {
            return (new FileStream(Path.Combine(folder, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, useAsync: true), null);
        }
        catch (Exception problem) when (problem is FileNotFoundException or DirectoryNotFoundException) { return (null, $"it is not in [{folder}]"); }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException) { return (null, $"it cannot be read: {problem.Message}"); }
    }
}
