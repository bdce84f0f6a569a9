using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Ingestion.Embedded;

/// <summary>A process of ours with its output in a log file, and its id in a file beside that while it runs (<see cref="Leftovers"/>). Disposing ends it:
/// SIGTERM, and SIGKILL when that is not heeded. It also ends (by SIGTERM) when we are killed, where util-linux' setpriv is to be had.</summary>
public sealed partial class ChildProcess : IAsyncDisposable
{
    private const int SigTerm = 15, SigCont = 18, SigStop = 19;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);
    private readonly Process process;
    private readonly StreamWriter log;
    private readonly Lock gate = new();
    private readonly TaskCompletionSource<string>? marker;

    private ChildProcess(Process process, string logPath, string? markerText)
    {
        (this.process, LogPath) = (process, logPath);
        log = new StreamWriter(new FileStream(logPath, FileMode.Append, FileAccess.Write, FileShare.ReadWrite), new UTF8Encoding(false)) { AutoFlush = true };
        if (markerText is not null) marker = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, e) => Take(e.Data, markerText);
        process.ErrorDataReceived += (_, e) => Take(e.Data, markerText);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => process.Id;
    public string LogPath { get; }
    public bool HasExited => process.HasExited;

    /// <summary>User and system time of all its threads so far; of a process that has ended, of its whole life.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    /// <summary>Starts a program.</summary>
    /// <param name="markerText">Wait for a line of output with this text before returning; the line is <paramref name="markerText"/>'s proof of readiness.</param>
    /// <exception cref="InvalidOperationException">It ended, or did not print the marker within <paramref name="timeout"/>; the message has the end of its log.</exception>
    public static async Task<(ChildProcess Process, string MarkerLine)> StartAsync(
        string program, IEnumerable<string> arguments, string logPath, string? markerText = null, TimeSpan? timeout = null, IEnumerable<KeyValuePair<string, string>>? environment = null)
    {
        string[] command = [.. DiesWithUs(), program, .. arguments];
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (name, value) in environment ?? []) start.Environment[name] = value;
        Directory.CreateDirectory(Path.GetDirectoryName(logPath)!);
        var process = await Starter.StartAsync(start) ?? throw new InvalidOperationException($"{program} did not start");
        Leftovers.Note(process.Id, logPath);
        var child = new ChildProcess(process, logPath, markerText);
        if (child.marker is null) return (child, "");
        var exited = child.process.WaitForExitAsync();
        var first = await Task.WhenAny(child.marker.Task, exited, Task.Delay(timeout ?? TimeSpan.FromSeconds(60)));
        if (first == child.marker.Task) return (child, await child.marker.Task);
        var why = first == exited ? $"ended with code {child.process.ExitCode}" : "did not get ready in time";
        await child.DisposeAsync();
        throw new InvalidOperationException($"{Path.GetFileName(program)} {why}; the end of {logPath}:\n{Tail(logPath, 15)}");
    }

    /// <summary>The log's last lines.</summary>
    public static string Tail(string logPath, int lines) => File.Exists(logPath) ? string.Join('\n', File.ReadLines(logPath).TakeLast(lines)) : "(no log)";

    /// <exception cref="OperationCanceledException">It has not ended by itself within the time.</exception>
    public async Task WaitAsync(TimeSpan limit)
    {
        using var patience = new CancellationTokenSource(limit);
        await process.WaitForExitAsync(patience.Token);
    }

    public void Signal(int signal)
    {
        if (!process.HasExited) _ = Kill(process.Id, signal);
    }

    /// <summary>SIGSTOP: it stands still, as a process that hangs or is starved would, with its connections open.</summary>
    public void Suspend() => Signal(SigStop);

    /// <summary>SIGCONT: a suspended one goes on where it was.</summary>
    public void Resume() => Signal(SigCont);

    /// <summary>SIGKILL, as a crash would be.</summary>
    public async Task KillAsync()
    {
        if (!process.HasExited) process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>SIGTERM.</summary>
    public void Terminate() => Signal(SigTerm);

    /// <summary>SIGTERM, and waits until it has ended.</summary>
    public async Task StopAsync()
    {
        Terminate();
        Resume(); // one that is suspended would not hear it
        try { await process.WaitForExitAsync(new CancellationTokenSource(Grace).Token); }
        catch (OperationCanceledException) { await KillAsync(); }
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) await StopAsync();
        process.WaitForExit(1000); // the rest of its output
        lock (gate) log.Dispose();
        Leftovers.Forget(LogPath);
        process.Dispose();
    }

    private static string[] DiesWithUs() => SearchPath.Has("setpriv") ? ["setpriv", "--pdeathsig", "TERM", "--"] : [];

    private void Take(string? line, string? markerText)
    {
        if (line is null) return;
        lock (gate)
        {
            if (log.BaseStream is { CanWrite: true }) log.WriteLine(line);
        }
        if (markerText is not null && line.Contains(markerText, StringComparison.Ordinal)) marker!.TrySetResult(line);
    }

    internal static void Terminate(int pid) => _ = Kill(pid, SigTerm);

    internal static void Suspend(int pid) => _ = Kill(pid, SigStop);

    internal static void Resume(int pid) => _ = Kill(pid, SigCont);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
