namespace Ingestion.IndexTask.Hosting;

/// <summary>A folder of this process alone below the work directory, held by a locked file. What a killed worker left behind is removed by
/// the next one that starts.</summary>
internal sealed class WorkFolder : IDisposable
{
    private const string LockName = "lock";
    private readonly FileStream held;

    public WorkFolder(string workDirectory, ILogger logger)
    {
        Directory.CreateDirectory(workDirectory);
        foreach (var left in Directory.EnumerateDirectories(workDirectory)) RemoveIfLeft(left, logger);
        FullPath = Path.Combine(Path.GetFullPath(workDirectory), Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(FullPath);
        held = new FileStream(Path.Combine(FullPath, LockName), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
    }

    public string FullPath { get; }

    public void Dispose()
    {
        held.Dispose();
        if (Directory.Exists(FullPath)) Directory.Delete(FullPath, recursive: true);
    }

    // Only folders with our lock file are touched: the directory may hold other things.
    private static void RemoveIfLeft(string folder, ILogger logger)
    {
        var file = Path.Combine(folder, LockName);
        if (!File.Exists(file)) return;
        try
        {
            using (new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None)) Directory.Delete(folder, recursive: true);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            HostLog.WorkFolderInUse(logger, folder, problem.Message);
        }
    }
}
