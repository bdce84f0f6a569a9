using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ingestion.IndexTask.Tests.Hosting.Announcing;

/// <summary>An HTTP server that gets on without the thread pool: one thread takes connections, and each has its own.</summary>
internal sealed class ThreadedServer : IDisposable
{
    public const string Taken = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<TcpClient> open = [];

    public ThreadedServer()
    {
        listener.Start();
        Address = new Uri($"http://{listener.LocalEndpoint}/");
        new Thread(Accept) { IsBackground = true }.Start();
    }

    public Uri Address { get; }

    /// <summary>Method and path of each request.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>The body of the last one that had one.</summary>
    public string Body { get; private set; } = "";

    /// <summary>What is answered to a method and path; empty: it hangs up.</summary>
    public Func<string, string> Answer { get; set; } = _ => Taken;

    public int Connections => open.Count;

    public static string Json(string json) => string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(json)}\r\n\r\n{json}");

    public int Count(string method) => Requests.Count(r => r.StartsWith(method, StringComparison.Ordinal));

    public void Dispose()
    {
        listener.Stop();
        foreach (var client in open) client.Dispose();
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                var client = listener.AcceptTcpClient();
                open.Add(client);
                new Thread(() => Serve(client)) { IsBackground = true }.Start();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException) { return; } // stopped
    }

    private void Serve(TcpClient client)
    {
        try
        {
            using var stream = client.GetStream();
            while (ReadLine(stream) is { Length: > 0 } first)
            {
                var length = 0;
                while (ReadLine(stream) is { Length: > 0 } header)
                    if (header.StartsWith("Content-Length: ", StringComparison.Ordinal)) length = int.Parse(header[16..], CultureInfo.InvariantCulture);
                var body = new byte[length];
                stream.ReadExactly(body);
                if (length > 0) Body = Encoding.UTF8.GetString(body);
                var request = first[..first.LastIndexOf(' ')];
                Requests.Enqueue(request);
                var answer = Answer(request);
                if (answer.Length == 0) return;
                stream.Write(Encoding.UTF8.GetBytes(answer));
                if (answer.Contains("Connection: close", StringComparison.Ordinal)) return;
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException) { return; } // hung up
        finally { client.Dispose(); }
    }

    private static string? ReadLine(NetworkStream stream)
    {
        var line = new StringBuilder();
        while (stream.ReadByte() is >= 0 and var next)
        {
            if (next == '\n') return line.ToString().TrimEnd('\r');
            line.Append((char)next);
        }
        return null;
    }
}
