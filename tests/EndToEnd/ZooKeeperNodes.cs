using System.Buffers.Binary;
using System.IO.Compression;
using System.Net.Sockets;
using System.Text;

namespace Ingestion.EndToEnd;

/// <summary>Makes nodes in a ZooKeeper (its client protocol, Jute over TCP), in the compressed form in which Druid keeps announcements. They stay when the session ends.</summary>
internal static class ZooKeeperNodes
{
    private const int Create = 1, AllPermissions = 31, NodeExists = -110;

    /// <param name="port">Of the server on this machine.</param>
    /// <param name="path">Nodes above it are made where they are missing.</param>
    /// <param name="text">What the node holds.</param>
    public static async Task CreateAsync(int port, string path, string text)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port);
        var stream = client.GetStream();
        await SendAsync(stream, [.. Int(0), .. Long(0), .. Int(30_000), .. Long(0), .. Bytes(new byte[16]), 0]); // protocol, last transaction, timeout, session, password, read-only
        await ReceiveAsync(stream);
        var names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var depth = 1; depth <= names.Length; depth++)
        {
            var data = depth == names.Length ? Packed(text) : [];
            await SendAsync(stream, [.. Int(depth), .. Int(Create), .. Text("/" + string.Join('/', names[..depth])), .. Bytes(data), .. Int(1), .. Int(AllPermissions), .. Text("world"), .. Text("anyone"), .. Int(0)]);
            var error = BinaryPrimitives.ReadInt32BigEndian((await ReceiveAsync(stream)).AsSpan(12)); // behind the request's number and the transaction's
            if (error != 0 && (error != NodeExists || depth == names.Length)) throw new InvalidOperationException($"ZooKeeper did not make [{path}]: error {error}");
        }
    }

    private static async Task SendAsync(NetworkStream stream, byte[] message) => await stream.WriteAsync(Bytes(message));

    private static async Task<byte[]> ReceiveAsync(NetworkStream stream)
    {
        var length = new byte[4];
        await stream.ReadExactlyAsync(length);
        var message = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        await stream.ReadExactlyAsync(message);
        return message;
    }

    private static byte[] Packed(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(Encoding.UTF8.GetBytes(text));
        return packed.ToArray();
    }

    private static byte[] Text(string text) => Bytes(Encoding.UTF8.GetBytes(text));

    private static byte[] Bytes(byte[] bytes) => [.. Int(bytes.Length), .. bytes];

    private static byte[] Int(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] Long(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }
}
