using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace Ingestion.Overlord.Discovery.Health;

/// <summary>Asks one worker <c>HEAD /status/health</c>, over a connection that is kept. Any answer in HTTP shows that it lives, as in Presto. The path needs no credentials, so none are sent; TLS is
/// that of all calls to workers. Everything happens on the thread that asks: see <see cref="HeartbeatStream"/>. For one thread.</summary>
/// <param name="address">The worker's base URL.</param>
/// <param name="tls">Whom to trust, where the worker speaks TLS; null: the authorities that the machine knows.</param>
internal sealed class HeartbeatLine(Uri address, SslClientAuthenticationOptions? tls) : IDisposable
{
    private const int LongestHead = 8 << 10;
    private static ReadOnlySpan<byte> EndOfHead => "\r\n\r\n"u8;
    private readonly byte[] request = Encoding.ASCII.GetBytes($"HEAD /status/health HTTP/1.1\r\nHost: {address.Authority}\r\nUser-Agent: ingestion-overlord\r\n\r\n");
    private readonly byte[] answer = new byte[LongestHead];
    private HeartbeatStream? connection;
    private System.IO.Stream? stream;

    /// <exception cref="HeartbeatException">No answer in time, or none at all.</exception>
    public void Beat(TimeSpan timeout)
    {
        var deadline = Stopwatch.GetTimestamp() + (long)(timeout.TotalSeconds * Stopwatch.Frequency);
        var wasKept = stream is not null;
        try
        {
            try { Ask(deadline); }
            catch (HeartbeatException e) when (wasKept && e.Failure == HeartbeatFailure.ConnectionBroken)
            {
                Close(); // a kept connection may be closed by who is well
                Ask(deadline);
            }
        }
        catch
        {
            Close();
            throw;
        }
    }

    private void Ask(long deadline)
    {
        if (stream is null) Open(deadline);
        connection!.AllowUntil(deadline);
        try
        {
            stream!.Write(request);
            stream.Flush();
            ReadHead();
        }
        catch (IOException e) when (e is not HeartbeatException) { throw e.InnerException as HeartbeatException ?? new HeartbeatException(HeartbeatFailure.ConnectionBroken, e.Message, e); }
    }

    private void ReadHead()
    {
        for (var length = 0; ;)
        {
            var read = length == answer.Length ? throw new HeartbeatException(HeartbeatFailure.NotHttp, $"the head of the answer has more than {LongestHead} bytes") : stream!.Read(answer, length, answer.Length - length);
            if (read == 0) throw new HeartbeatException(HeartbeatFailure.ConnectionBroken, "the connection was closed without an answer");
            length += read;
            if (length >= 5 && !answer.AsSpan(0, 5).SequenceEqual("HTTP/"u8)) throw new HeartbeatException(HeartbeatFailure.NotHttp, "the answer is not HTTP");
            if (answer.AsSpan(0, length).IndexOf(EndOfHead) is not (>= 0 and var end)) continue;
            // What follows would be taken for the next answer.
            if (end + EndOfHead.Length < length || Encoding.ASCII.GetString(answer, 0, end).Contains("\r\nConnection: close", StringComparison.OrdinalIgnoreCase)) Close();
            return;
        }
    }

    private void Open(long deadline)
    {
        HeartbeatException? problem = null;
        foreach (var ip in Addresses())
        {
            try
            {
                connection = HeartbeatStream.Connect(ip, address.Port, deadline);
                break;
            }
            catch (HeartbeatException e) { problem = e; }
        }
        stream = connection ?? throw problem ?? new HeartbeatException(HeartbeatFailure.UnknownHost, $"[{address.DnsSafeHost}] has no address");
        if (address.Scheme != Uri.UriSchemeHttps) return;
        var secure = new SslStream(connection);
        stream = secure;
        try
        {
            secure.AuthenticateAsClient(new SslClientAuthenticationOptions { TargetHost = address.DnsSafeHost, CertificateChainPolicy = tls?.CertificateChainPolicy });
        }
        catch (AuthenticationException e) { throw new HeartbeatException(HeartbeatFailure.TlsFailed, e.Message, e); }
        catch (IOException e) when (e is not HeartbeatException) { throw e.InnerException as HeartbeatException ?? new HeartbeatException(HeartbeatFailure.ConnectionBroken, e.Message, e); }
    }

    private IPAddress[] Addresses()
    {
        if (IPAddress.TryParse(address.DnsSafeHost, out var literal)) return [literal];
        try { return Dns.GetHostAddresses(address.DnsSafeHost); }
        catch (SocketException e) { throw new HeartbeatException(HeartbeatFailure.UnknownHost, $"[{address.DnsSafeHost}]: {e.Message}", e); }
    }

    private void Close()
    {
        (stream ?? connection)?.Dispose(); // TLS takes the connection along
        (stream, connection) = (null, null);
    }

    public void Dispose() => Close();
}
