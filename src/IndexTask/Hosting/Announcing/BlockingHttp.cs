using System.Buffers;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Ingestion.Access;

namespace Ingestion.IndexTask.Hosting.Announcing;

/// <summary>HTTP/1.1 over one connection that is kept, by blocking calls alone: for a thread that must get on when the thread pool is busy. <see cref="HttpClient"/> connects by the pool even where it is called
/// synchronously. One thread's; redirects are not followed.</summary>
internal sealed class BlockingHttp(Uri server, AccessOptions access, TimeSpan timeout) : IDisposable
{
    private const int LongestAnswer = 1 << 20, LongestLine = 16_384;
    private readonly byte[] buffer = new byte[16_384];
    private Socket? socket;
    private Stream? stream;
    private int at, end;
    private long deadline;

    /// <param name="body">JSON; null: none.</param>
    /// <exception cref="IOException">There is no connection, no answer in time, or none that can be understood; the message says what.</exception>
    public (int Status, string Body) Send(string method, string path, byte[]? body)
    {
        deadline = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        var isKept = stream is not null;
        try
        {
            if (!isKept) Connect();
            try { return Exchange(method, path, body); }
            catch (Exception e) when (isKept && e is IOException or SocketException && Left > TimeSpan.Zero)
            {
                Close(); // the server lets go of a connection that rests: all that is sent here may be sent twice
                Connect();
                return Exchange(method, path, body);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or System.Security.Authentication.AuthenticationException)
        {
            Close();
            throw new IOException(Left <= TimeSpan.Zero || e is SocketException { SocketErrorCode: SocketError.TimedOut } ? $"no answer within {timeout.TotalSeconds:0.#} s" : e.Message, e);
        }
    }

    public void Dispose() => Close();

    private TimeSpan Left => TimeSpan.FromMilliseconds(deadline - Environment.TickCount64);

    private int MillisLeft => Left is { TotalMilliseconds: >= 1 } left ? (int)left.TotalMilliseconds : throw new IOException("the time is over");

    private void Connect()
    {
        socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, SendTimeout = MillisLeft }; // on Linux the limit of connecting too
        socket.Connect(server.IdnHost, server.Port);
        stream = new NetworkStream(socket);
        (at, end) = (0, 0);
        if (server.Scheme != Uri.UriSchemeHttps) return;
        socket.ReceiveTimeout = MillisLeft;
        var secure = new SslStream(stream);
        stream = secure;
        var options = access.Trusted?.ClientOptions() ?? new SslClientAuthenticationOptions();
        options.TargetHost = server.IdnHost;
        secure.AuthenticateAsClient(options);
    }

    private void Close()
    {
        stream?.Dispose();
        socket?.Dispose();
        (stream, socket) = (null, null);
    }

    private (int Status, string Body) Exchange(string method, string path, byte[]? body)
    {
        var head = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{method} {path} HTTP/1.1\r\nHost: {server.Authority}\r\nAccept: application/json\r\n");
        if (access.OwnCredential is { } credential) head.Append(CultureInfo.InvariantCulture, $"Authorization: {credential}\r\n");
        if (body is not null) head.Append(CultureInfo.InvariantCulture, $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n");
        byte[] request = [.. Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), .. body ?? []];
        socket!.SendTimeout = MillisLeft;
        stream!.Write(request);
        var (status, length, isChunked, closes) = ReadHead();
        while (status is >= 100 and < 200) (status, length, isChunked, closes) = ReadHead();
        var answer = status is 204 or 304 ? [] : isChunked ? ReadChunks() : length is { } known ? ReadExactly(known) : ReadToEnd();
        if (closes || length is null && !isChunked && status is not (204 or 304)) Close();
        return (status, Encoding.UTF8.GetString(answer));
    }

    private (int Status, int? Length, bool IsChunked, bool Closes) ReadHead()
    {
        var first = ReadLine();
        if (first.Length < 12 || !first.StartsWith("HTTP/1.", StringComparison.Ordinal) || !int.TryParse(first.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status)) throw new IOException($"the answer is no HTTP: {first[..Math.Min(first.Length, 60)]}");
        var (length, isChunked, closes) = ((int?)null, false, first[7] == '0');
        while (ReadLine() is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0) continue;
            var value = line[(colon + 1)..].Trim();
            switch (line[..colon].ToLowerInvariant())
            {
                case "content-length": length = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : throw new IOException($"Content-Length [{value}] is no length"); break;
                case "transfer-encoding": isChunked = value.EndsWith("chunked", StringComparison.OrdinalIgnoreCase); break;
                case "connection": closes = value.Equals("close", StringComparison.OrdinalIgnoreCase); break;
            }
        }
        return (status, length, isChunked, closes);
    }

    private byte[] ReadExactly(int length)
    {
        if (length > LongestAnswer) throw new IOException($"the answer has {length} bytes, {LongestAnswer} are allowed");
        var bytes = new byte[length];
        for (var read = 0; read < length;)
        {
            if (at == end && !Fill()) throw new IOException("the answer breaks off");
            var count = Math.Min(length - read, end - at);
            buffer.AsSpan(at, count).CopyTo(bytes.AsSpan(read));
            (at, read) = (at + count, read + count);
        }
        return bytes;
    }

    private byte[] ReadChunks()
    {
        var all = new ArrayBufferWriter<byte>();
        while (true)
        {
            var line = ReadLine().Split(';')[0].Trim();
            if (!int.TryParse(line, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var length)) throw new IOException($"[{line}] is no length of a chunk");
            if (length == 0) break;
            all.Write(ReadExactly(length));
            if (all.WrittenCount > LongestAnswer) throw new IOException($"the answer has more than {LongestAnswer} bytes");
            ReadLine();
        }
        while (ReadLine().Length > 0) { } // trailers
        return all.WrittenSpan.ToArray();
    }

    private byte[] ReadToEnd()
    {
        var all = new ArrayBufferWriter<byte>();
        while (at < end || Fill())
        {
            all.Write(buffer.AsSpan(at, end - at));
            at = end;
            if (all.WrittenCount > LongestAnswer) throw new IOException($"the answer has more than {LongestAnswer} bytes");
        }
        return all.WrittenSpan.ToArray();
    }

    private string ReadLine()
    {
        var line = new StringBuilder();
        while (true)
        {
            if (at == end && !Fill()) throw new IOException("the connection was closed before the answer");
            var next = (char)buffer[at++];
            if (next == '\n') return line.Length > 0 && line[^1] == '\r' ? line.ToString(0, line.Length - 1) : line.ToString();
            if (line.Append(next).Length > LongestLine) throw new IOException("a line of the answer is too long");
        }
    }

    private bool Fill()
    {
        socket!.ReceiveTimeout = MillisLeft;
        (at, end) = (0, stream!.Read(buffer));
        return end > 0;
    }
}
