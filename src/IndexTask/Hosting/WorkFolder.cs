namespace Ingestion.IndexTask.Hosting;

/// <summary>A folder of this process alone below the work directory, held by a locked file. What a killed worker left behind is removed by
/// the next one that starts, which takes over the logs of its tasks.</summary>
internal sealed class WorkFolder : IDisposable
{
    /// <summary>The folder in it with logs and reports that have not been pushed yet.</summary>
    public const string LogsName = ".logs";

    private const string LockName = "lock";
    private readonly FileStream held;
    private readonly ILogger logger;

    public WorkFolder(string workDirectory, ILogger logger)
    {
        this.logger = logger;
        Directory.CreateDirectory(workDirectory);
        var left = Directory.GetDirectories(workDirectory);
        FullPath = Path.Combine(Path.GetFullPath(workDirectory), Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(FullPath);
        held = new FileStream(Path.Combine(FullPath, LockName), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        foreach (var folder in left) RemoveIfLeft(folder);
    }

    public string FullPath { get; }

    /// <summary>Removes the folder, unless there are logs that could not be pushed: the next worker does.</summary>
    public void Dispose()
    {
        held.Dispose();
        if (!Directory.Exists(FullPath)) return;
        var logs = new DirectoryInfo(Path.Combine(FullPath, LogsName));
        if (!logs.Exists || !logs.EnumerateFiles().Any()) { Directory.Delete(FullPath, recursive: true); return; }
        foreach (var other in Directory.EnumerateDirectories(FullPath).Where(d => Path.GetFileName(d) != LogsName)) Directory.Delete(other, recursive: true);
    }

    // Only folders with our lock file are touched: the directory may hold other things.
    private void RemoveIfLeft(string folder)
    {
        var file = Path.Combine(folder, LockName);
        if (!File.Exists(file)) return;
        try
        {
            using var locked = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            TakeLogs(Path.Combine(folder, LogsName));
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            HostLog.WorkFolderInUse(logger, folder, problem.Message);
        }
    }

    private void TakeLogs(string from)
    {
        if (!Directory.Exists(from)) return;
        var ours = Path.Combine(FullPath, LogsName);
        Directory.CreateDirectory(ours);
        foreach (var log in Directory.EnumerateFiles(from)) File.Move(log, Path.Combine(ours, Path.GetFileName(log)), overwrite: true);
    }
}
