using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ingestion.Overlord.Tests.Discovery.Health;

/// <summary>What heartbeats see of a worker: a port that answers, keeps silent, or refuses.</summary>
internal sealed class ListeningWorker : IDisposable
{
    private readonly ConcurrentBag<Socket> open = [];
    private TcpListener listener;
    private volatile bool isSilent;
    private int asked;

    public ListeningWorker()
    {
        listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        _ = AcceptAsync(listener);
    }

    public int Port { get; }
    public Uri Address => new($"http://127.0.0.1:{Port}/");

    /// <summary>Requests, answered or not.</summary>
    public int Asked => Volatile.Read(ref asked);

    /// <summary>What it answers.</summary>
    public string Answer { get; set; } = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    /// <summary>Connections are taken, and nothing is said: a process that is stopped.</summary>
    public bool IsSilent { get => isSilent; set => isSilent = value; }

    /// <summary>As the kernel does for a process that is killed.</summary>
    public void Die()
    {
        listener.Stop();
        foreach (var socket in open) socket.Dispose();
    }

    public void ComeBack()
    {
        listener = new TcpListener(IPAddress.Loopback, Port);
        listener.Start();
        _ = AcceptAsync(listener);
    }

    public void Dispose() => Die();

    private async Task AcceptAsync(TcpListener on)
    {
        try
        {
            while (true)
            {
                var socket = await on.AcceptSocketAsync();
                open.Add(socket);
                _ = ServeAsync(socket);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException) { return; } // stopped
    }

    private async Task ServeAsync(Socket socket)
    {
        var buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer) > 0)
            {
                Interlocked.Increment(ref asked);
                if (!IsSilent) await socket.SendAsync(Encoding.ASCII.GetBytes(Answer));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException) { return; } // the other side, or this, is gone
    }
}
