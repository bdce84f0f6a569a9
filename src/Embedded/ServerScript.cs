using System.Diagnostics;

namespace Ingestion.Embedded;

/// <summary>Calls of the scripts that <c>KAFKA_START</c> and <c>DRUID_START</c> name.</summary>
public static class ServerScript
{
    /// <summary>Runs it to its end. Its output goes to the end of a file, and not through a pipe: the servers that it starts inherit it, and would keep the pipe open.</summary>
    /// <param name="limit">After this time it is killed, with the children that it still has.</param>
    /// <exception cref="InvalidOperationException">It failed, or did not end in time; the message has the end of its output.</exception>
    public static async Task RunAsync(string script, string logPath, TimeSpan limit, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        var words = arguments.ToList();
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$0\" \"$@\" >> \"$SCRIPT_LOG\" 2>&1 < /dev/null", Path.GetFullPath(script), .. words]) { Environment = { ["SCRIPT_LOG"] = logPath } };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(limit);
        try { await process.WaitForExitAsync(patience.Token); }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw Failure($"has not ended after {limit.TotalSeconds} s and was killed");
        }
        if (process.ExitCode != 0) throw Failure($"ended with code {process.ExitCode}");

        InvalidOperationException Failure(string what) => new($"{script} {words[0]} {what}; the end of {logPath}:\n{ChildProcess.Tail(logPath, 15)}");
    }
}
