using System.Net;
using System.Net.Sockets;

namespace Ingestion.Embedded.Chaos;

/// <summary>Passes TCP connections on to where they are to go at the moment, and fails as a network does: it refuses them, falls silent, forgets those that stand, or is slow.</summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private const int BufferBytes = 65_536;
    private readonly IPEndPoint listen;
    private readonly Func<IPEndPoint?> target;
    private readonly Lock gate = new();
    private readonly HashSet<Socket> open = [];
    private Socket listener;
    private bool isListening;
    private int forgotten; // how often; a connection is dead once that is more than when it was made
    private (TimeSpan Delay, int BytesPerSecond)? slowness;
    private TaskCompletionSource? silence; // not null: nothing is passed on until it is set

    private TcpProxy(IPEndPoint listen, Func<IPEndPoint?> target) => (this.listen, this.target, listener) = (listen, target, Bound(listen));

    public int Port => listen.Port;

    /// <param name="target">Asked for each new connection, of the same family of addresses; null: it is hung up on.</param>
    public static TcpProxy Start(IPEndPoint listen, Func<IPEndPoint?> target)
    {
        var proxy = new TcpProxy(listen, target);
        proxy.Mend();
        return proxy;
    }

    /// <summary>Resets what is open, and refuses whoever comes, until <see cref="Mend"/>.</summary>
    public void Refuse()
    {
        lock (gate)
        {
            if (isListening)
            {
                listener.Dispose();
                listener = Bound(listen); // nobody else gets the port meanwhile
                isListening = false;
            }
        }
        HangUp();
    }

    /// <summary>Until <see cref="Mend"/> connections stand, and can be made, but not a byte comes through; then it does.</summary>
    public void FallSilent()
    {
        lock (gate) silence ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Until <see cref="Mend"/> whatever is sent, in either direction, comes so much later, and no faster. At most 64 KiB of a connection are under way, as over a long way with a window of that size.</summary>
    /// <param name="delay">One way.</param>
    /// <param name="bytesPerSecond">Of each connection and direction.</param>
    public void SlowDown(TimeSpan delay, int bytesPerSecond)
    {
        lock (gate) slowness = (delay, bytesPerSecond);
    }

    /// <summary>Connections that stand are dead from now on, of which neither side hears, as where a router between them was replaced; new ones pass.</summary>
    public void Forget() => Interlocked.Increment(ref forgotten);

    public void Mend()
    {
        lock (gate)
        {
            silence?.SetResult();
            silence = null;
            slowness = null;
            if (isListening) return;
            listener.Listen();
            isListening = true;
            _ = AcceptAsync(listener);
        }
    }

    /// <summary>Resets what is open.</summary>
    public void HangUp()
    {
        List<Socket> ending;
        lock (gate) ending = [.. open];
        foreach (var socket in ending) Reset(socket);
    }

    public ValueTask DisposeAsync()
    {
        Mend(); // whoever waits for the silence to end
        Refuse();
        listener.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task AcceptAsync(Socket accepting)
    {
        while (true)
        {
            try { _ = PassAsync(await accepting.AcceptAsync()); }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                lock (gate)
                    if (listener != accepting) return; // it refuses now; else a caller gave up before it was its turn
            }
        }
    }

    private async Task PassAsync(Socket caller)
    {
        using var called = new Socket(listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using (caller)
        {
            lock (gate)
            {
                open.Add(caller);
                open.Add(called);
            }
            try
            {
                caller.NoDelay = called.NoDelay = true;
                await WhileSilentAsync();
                await OnTheWayAsync(bytes: 0);
                if (target() is not { } to) Reset(caller);
                else
                {
                    await called.ConnectAsync(to);
                    var made = Volatile.Read(ref forgotten);
                    await Task.WhenAll(PumpAsync(caller, called, made), PumpAsync(called, caller, made));
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException) { Reset(caller); } // nobody listens there
            lock (gate)
            {
                open.Remove(caller);
                open.Remove(called);
            }
        }
    }

    private async Task PumpAsync(Socket from, Socket to, int made)
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (true)
            {
                var read = await from.ReceiveAsync(buffer.AsMemory());
                await WhileSilentAsync();
                await OnTheWayAsync(read);
                var isForgotten = Volatile.Read(ref forgotten) > made;
                if (read == 0)
                {
                    if (!isForgotten) to.Shutdown(SocketShutdown.Send);
                    return;
                }
                if (isForgotten) continue;
                for (var sent = 0; sent < read;) sent += await to.SendAsync(buffer.AsMemory(sent, read - sent));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Reset(from);
            if (Volatile.Read(ref forgotten) == made) Reset(to); // one side is gone: the other hears of it
        }
    }

    private Task WhileSilentAsync()
    {
        lock (gate) return silence?.Task ?? Task.CompletedTask;
    }

    private Task OnTheWayAsync(int bytes)
    {
        (TimeSpan Delay, int BytesPerSecond)? slow;
        lock (gate) slow = slowness;
        return slow is var (delay, bytesPerSecond) ? Task.Delay(delay + TimeSpan.FromSeconds((double)bytes / bytesPerSecond)) : Task.CompletedTask;
    }

    /// <summary>A socket that is bound and does not listen refuses whoever comes.</summary>
    private static Socket Bound(IPEndPoint listen)
    {
        var socket = new Socket(listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(listen);
        return socket;
    }

    /// <summary>Not an orderly end.</summary>
    private static void Reset(Socket socket) => socket.Close(timeout: 0);
}
