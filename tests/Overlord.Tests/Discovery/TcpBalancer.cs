using System.Net;
using System.Net.Sockets;

namespace Ingestion.Overlord.Tests.Discovery;

/// <summary>One address in front of several servers: passes each connection on to the first that takes it, as a load balancer with backup servers does.</summary>
internal sealed class TcpBalancer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly IReadOnlyList<Uri> servers;
    private readonly Task accepting;

    public TcpBalancer(params IReadOnlyList<Uri> servers)
    {
        this.servers = servers;
        listener.Start();
        accepting = AcceptAsync();
    }

    public Uri Address => new($"http://{listener.LocalEndpoint}");

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = PassOnAsync(await listener.AcceptTcpClientAsync(stop.Token));
        }
        catch (OperationCanceledException) { listener.Stop(); }
    }

    private async Task PassOnAsync(TcpClient client)
    {
        using (client)
        {
            foreach (var server in servers)
            {
                using var to = new TcpClient();
                try { await to.ConnectAsync(server.Host, server.Port, stop.Token); }
                catch (SocketException) { continue; }
                catch (OperationCanceledException) { return; }
                // Whichever side closes first ends both.
                Task[] both = [client.GetStream().CopyToAsync(to.GetStream(), stop.Token), to.GetStream().CopyToAsync(client.GetStream(), stop.Token)];
                await Task.WhenAny(both);
                return;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await accepting;
        stop.Dispose();
    }
}
