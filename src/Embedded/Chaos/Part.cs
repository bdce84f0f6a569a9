namespace Ingestion.Embedded.Chaos;

/// <summary>A program of a cluster under its command line: it can be ended in any way and started again. All its lives log to one file.</summary>
/// <param name="port">Of 127.0.0.1, where it listens, whatever it tells others.</param>
public sealed class Part(string name, string program, IReadOnlyList<string> arguments, string folder, int port) : IAsyncDisposable
{
    private ChildProcess? process;

    public string Name { get; } = name;
    public string LogPath { get; } = Path.Combine(folder, $"{name}.log");
    public Uri Address { get; } = new($"http://127.0.0.1:{port}/");
    public int Port { get; } = port;
    public bool IsRunning => process is { HasExited: false };

    /// <summary>Starts it; whether and when it answers shows at <see cref="Address"/>.</summary>
    public async Task StartAsync()
    {
        await DisposeAsync();
        (process, _) = await ChildProcess.StartAsync(program, arguments, LogPath);
    }

    /// <summary>SIGKILL.</summary>
    public Task KillAsync() => process?.KillAsync() ?? Task.CompletedTask;

    /// <summary>SIGTERM, at once; it may end later.</summary>
    public void Terminate() => process?.Terminate();

    /// <summary>SIGTERM, until it has ended.</summary>
    public Task StopAsync() => process?.StopAsync() ?? Task.CompletedTask;

    /// <summary>SIGSTOP.</summary>
    public void Suspend() => process?.Suspend();

    /// <summary>SIGCONT.</summary>
    public void Resume() => process?.Resume();

    public async ValueTask DisposeAsync()
    {
        if (process is null) return;
        await process.DisposeAsync();
        process = null;
    }
}
