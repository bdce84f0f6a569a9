using System.Net;
using Ingestion.Embedded;
using Ingestion.Embedded.Chaos;

namespace Ingestion.Bench;

/// <summary>One address for some servers, of which the first that is up is given all connections, the others being its backups: HAProxy with <c>docs/haproxy.cfg</c> where it is installed, else a
/// proxy of our own that does what that file says.</summary>
internal sealed class CheckedProxy : IAsyncDisposable
{
    private const string Check = "/druid/indexer/v1/isLeader";
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.Zero }) { Timeout = Period };
    private readonly CancellationTokenSource stop = new();
    private readonly IReadOnlyList<Uri> servers;
    private readonly bool[] isUp;
    private ChildProcess? haproxy;
    private TcpProxy? own;
    private Task checking = Task.CompletedTask;

    private CheckedProxy(IReadOnlyList<Uri> servers) => (this.servers, isUp) = (servers, new bool[servers.Count]);

    public Uri Address { get; } = new($"http://127.0.0.1:{Ports.Lasting()}/");
    public string Name => haproxy is null ? "our own" : "HAProxy";

    /// <param name="servers">Three, as the file has them.</param>
    public static async Task<CheckedProxy> StartAsync(IReadOnlyList<Uri> servers, string folder)
    {
        var proxy = new CheckedProxy(servers);
        if (SearchPath.Find("haproxy") is { } program)
        {
            var file = Path.Combine(Path.GetDirectoryName(Sample.Find())!, "..", "docs", "haproxy.cfg");
            var variables = servers.Select((s, i) => KeyValuePair.Create($"OVERLORD_{i + 1}", s.Authority)).Append(KeyValuePair.Create("LISTEN", proxy.Address.Authority));
            (proxy.haproxy, _) = await ChildProcess.StartAsync(program, ["-db", "-f", file], Path.Combine(folder, "haproxy.log"), environment: variables);
            return proxy;
        }
        proxy.own = TcpProxy.Start(new IPEndPoint(IPAddress.Loopback, proxy.Address.Port), proxy.Target);
        proxy.checking = Task.WhenAll(servers.Select((_, i) => proxy.CheckAsync(i)));
        return proxy;
    }

    private IPEndPoint? Target()
    {
        for (var i = 0; i < servers.Count; i++)
            if (Volatile.Read(ref isUp[i])) return new IPEndPoint(IPAddress.Loopback, servers[i].Port);
        return null;
    }

    /// <summary>inter 1s fall 1 rise 1 on-marked-down shutdown-sessions.</summary>
    private async Task CheckAsync(int server)
    {
        using var timer = new PeriodicTimer(Period);
        do
        {
            var was = isUp[server];
            Volatile.Write(ref isUp[server], await AnswersAsync(server));
            if (was && !isUp[server]) own!.HangUp();
            Task tick = timer.WaitForNextTickAsync(stop.Token).AsTask();
            await tick.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        while (!stop.IsCancellationRequested);
    }

    private async Task<bool> AnswersAsync(int server)
    {
        try
        {
            using var response = await http.GetAsync(new Uri(servers[server], Check));
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException) { return false; }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await checking;
        if (own is not null) await own.DisposeAsync();
        if (haproxy is not null) await haproxy.DisposeAsync();
        http.Dispose();
        stop.Dispose();
    }
}
