using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Ingestion.Overlord.Discovery.Health;

/// <summary>A TCP connection whose every wait is a <c>poll()</c> of the thread that asks, with one deadline for all of them: neither thread pool nor timers are needed, which is what heartbeats must not
/// depend on.</summary>
internal sealed class HeartbeatStream : System.IO.Stream
{
    private readonly Socket socket;
    private long deadline;

    private HeartbeatStream(Socket socket, long deadline) => (this.socket, this.deadline) = (socket, deadline);

    /// <summary>From now on waits end then.</summary>
    public void AllowUntil(long timestamp) => deadline = timestamp;

    /// <exception cref="HeartbeatException">Not within the time.</exception>
    public static HeartbeatStream Connect(IPAddress address, int port, long deadline)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, Blocking = false };
        try
        {
            try { socket.Connect(new IPEndPoint(address, port)); }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                if (!socket.Poll(Left(deadline), SelectMode.SelectWrite)) throw new HeartbeatException(HeartbeatFailure.Timeout, $"no connection to {address}:{port} in time");
                var error = (SocketError)(int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
                if (error != SocketError.Success) throw new SocketException((int)error);
            }
            return new HeartbeatStream(socket, deadline);
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (e is SocketException refusal) throw new HeartbeatException(refusal.SocketErrorCode == SocketError.ConnectionRefused ? HeartbeatFailure.ConnectionRefused : HeartbeatFailure.Unreachable, $"{refusal.Message} ({address}:{port})", refusal);
            throw;
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (!socket.Poll(Left(deadline), SelectMode.SelectRead)) throw new HeartbeatException(HeartbeatFailure.Timeout, "no answer in time");
        var read = socket.Receive(buffer, SocketFlags.None, out var error);
        return error == SocketError.Success ? read : throw Broken(error);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            if (!socket.Poll(Left(deadline), SelectMode.SelectWrite)) throw new HeartbeatException(HeartbeatFailure.Timeout, "nothing could be sent in time");
            var sent = socket.Send(buffer, SocketFlags.None, out var error);
            if (error != SocketError.Success) throw Broken(error);
            buffer = buffer[sent..];
        }
    }

    private static TimeSpan Left(long deadline) => Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), deadline) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    private static HeartbeatException Broken(SocketError error) => new(HeartbeatFailure.ConnectionBroken, new SocketException((int)error).Message);

    protected override void Dispose(bool disposing)
    {
        if (disposing) socket.Dispose();
        base.Dispose(disposing);
    }

    public override bool CanRead => true;
    public override bool CanWrite => true;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}
