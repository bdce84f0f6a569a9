using System.Net;
using System.Net.Sockets;

namespace Ingestion.Embedded;

public static class Ports
{
    private const int FirstLasting = 15_000;
    private const string GivenOut = "/proc/sys/net/ipv4/ip_local_port_range";

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

    /// <summary>A port for who listens there again after a restart: free now, and below those that the kernel gives to outgoing connections, one of which might have it meanwhile.</summary>
    public static int Lasting()
    {
        var end = File.Exists(GivenOut) && int.Parse(File.ReadAllText(GivenOut).Split('\t')[0], System.Globalization.CultureInfo.InvariantCulture) is > FirstLasting + 1_000 and var first ? first : 32_768;
        for (var attempt = 0; attempt < 1_000; attempt++)
            if (Random.Shared.Next(FirstLasting, end) is var port && IsFree(port)) return port;
        throw new InvalidOperationException($"found no free port from {FirstLasting} to {end}");
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
