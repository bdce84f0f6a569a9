using System.Net;
using System.Net.Sockets;

namespace Ingestion.Embedded;

public static class Ports
{
    /// <summary>A port of 127.0.0.1 that is free now, and the next <paramref name="count"/> - 1 after it too.</summary>
    public static int Free(int count = 1)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            using var first = new TcpListener(IPAddress.Loopback, 0);
            first.Start();
            var port = ((IPEndPoint)first.LocalEndpoint).Port;
            if (AreFree(port + 1, count - 1)) return port;
        }
        throw new InvalidOperationException($"found no {count} free ports in a row");
    }

    /// <summary>Whether nobody listens on these ports of 127.0.0.1 now.</summary>
    public static bool AreFree(int first, int count) => Enumerable.Range(first, count).All(IsFree);

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try { listener.Start(); }
        catch (SocketException) { return false; }
        return true;
    }
}
