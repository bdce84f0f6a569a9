using System.Diagnostics;
using Ingestion.Embedded;
using Ingestion.Support;

namespace Ingestion.EndToEnd;

/// <summary>Several overlords on a pipeline's database, each a process: one leads, the others stand by.</summary>
internal sealed class Overlords : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Pipeline pipeline;
    private readonly string[] options;
    private readonly OverlordClient[] clients;
    private readonly ChildProcess?[] processes;

    private Overlords(Pipeline pipeline, int count, string[] options)
    {
        (this.pipeline, this.options) = (pipeline, options);
        clients = [.. Enumerable.Range(0, count).Select(_ => new OverlordClient(new Uri($"http://127.0.0.1:{Ports.Free()}")))];
        processes = new ChildProcess?[count];
    }

    public OverlordClient this[int overlord] => clients[overlord];

    /// <param name="options">Of each.</param>
    public static async Task<Overlords> StartAsync(Pipeline pipeline, int count, params string[] options)
    {
        var overlords = new Overlords(pipeline, count, options);
        for (var i = 0; i < count; i++) await overlords.StartAsync(i);
        return overlords;
    }

    /// <summary>Until it answers, leading or not.</summary>
    public async Task StartAsync(int overlord)
    {
        var address = clients[overlord].Address;
        (processes[overlord], _) = await ChildProcess.StartAsync(Programs.Overlord, ["--metadata", pipeline.ConnectionString, "--listen", address.Authority, .. options], Path.Combine(pipeline.Folder, $"overlord-{overlord}.log"));
        await UntilAsync($"overlord {overlord} answers", () => IsAsync(overlord, "/status/health"));
    }

    public ChildProcess Process(int overlord) => processes[overlord]!;

    public async Task KillAsync(int overlord)
    {
        await processes[overlord]!.KillAsync();
        await processes[overlord]!.DisposeAsync();
        processes[overlord] = null;
    }

    public Task<bool> LeadsAsync(int overlord) => IsAsync(overlord, "/druid/indexer/v1/isLeader");

    /// <summary>Waits until one leads.</summary>
    public async Task<int> LeaderAsync()
    {
        var leader = -1;
        await UntilAsync("an overlord leads", async () =>
        {
            var leading = await Task.WhenAll(Enumerable.Range(0, clients.Length).Select(LeadsAsync));
            return (leader = Array.IndexOf(leading, true)) >= 0;
        });
        return leader;
    }

    /// <returns>How long it took.</returns>
    public async Task<TimeSpan> UntilAsync(string what, Func<Task<bool>> condition)
    {
        var began = Stopwatch.GetTimestamp();
        if (!await Waiting.UntilAsync(condition, Patience)) Assert.Fail($"not within {Patience.TotalSeconds} s: {what}\n{string.Join('\n', processes.OfType<ChildProcess>().Select(p => ChildProcess.Tail(p.LogPath, 20)))}");
        return Stopwatch.GetElapsedTime(began);
    }

    private async Task<bool> IsAsync(int overlord, string path)
    {
        try { return (await clients[overlord].SendAsync(HttpMethod.Get, path)).Status == 200; }
        catch (HttpRequestException) { return false; } // nobody listens there just now
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(processes.OfType<ChildProcess>().Select(p => p.DisposeAsync().AsTask()));
        foreach (var client in clients) client.Dispose();
    }
}
