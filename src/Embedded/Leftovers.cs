using System.Diagnostics;

namespace Ingestion.Embedded;

/// <summary>Processes that outlived a killed parent. Each has a file <c>LOG.pid</c> beside its log with its id and start time (the 22nd field of
/// /proc/PID/stat), so that an id that now belongs to another process is not mistaken for it.</summary>
public static class Leftovers
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>Stops those whose files are in the folder or below it: SIGTERM, and SIGKILL after 10 seconds.</summary>
    /// <returns>How many there were.</returns>
    public static async Task<int> StopAsync(string folder)
    {
        if (!Directory.Exists(folder)) return 0;
        var stopped = 0;
        var everywhere = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true };
        foreach (var file in Directory.EnumerateFiles(folder, "*.log.pid", everywhere).ToList())
        {
            var words = (await File.ReadAllTextAsync(file)).Split(' ');
            if (words is [var id, var startTime] && int.TryParse(id, out var pid) && StartTime(pid) == startTime && await EndAsync(pid)) stopped++;
            File.Delete(file);
        }
        return stopped;
    }

    internal static void Note(int pid, string logPath)
    {
        if (StartTime(pid) is { } startTime) File.WriteAllText(FileOf(logPath), $"{pid} {startTime}");
    }

    internal static void Forget(string logPath) => File.Delete(FileOf(logPath));

    private static string FileOf(string logPath) => logPath + ".pid";

    /// <summary>In clock ticks since the machine started; null when there is no such process.</summary>
    private static string? StartTime(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19]; // the second field, the program's name in brackets, may hold anything
        }
        catch (IOException) { return null; }
    }

    private static async Task<bool> EndAsync(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            using var patience = new CancellationTokenSource(Grace);
            ChildProcess.Terminate(pid);
            try { await process.WaitForExitAsync(patience.Token); }
            catch (OperationCanceledException) { process.Kill(); }
            return true;
        }
        catch (ArgumentException) { return false; } // it has just ended
    }
}
