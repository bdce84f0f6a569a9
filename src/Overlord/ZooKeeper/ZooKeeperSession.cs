using System.Runtime.InteropServices;

namespace Ingestion.Overlord.ZooKeeper;

/// <summary>A session with a ZooKeeper ensemble: connects, and reconnects to another member when one is lost, by itself. What it made ephemeral goes when it ends: by disposal at once, else
/// when the ensemble has not heard of it for <see cref="Timeout"/>. An expired one is of no use any more.</summary>
internal sealed partial class ZooKeeperSession : IAsyncDisposable
{
    private const int Persistent = 0, Ephemeral = 1, EphemeralSequential = 3;

    private readonly Lock gate = new(); // over the handle, which must not be used once it is closed
    private readonly Lock stateGate = new(); // never held while the client is called, whose threads take it
    private readonly CancellationTokenSource expired = new();
    private readonly List<nint> watches = [];
    private readonly ILogger logger;
    private readonly ConnectString connect;
    private readonly nint context;
    private TaskCompletionSource connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private nint handle;

    /// <param name="timeout">Asked for; the ensemble bounds it (by 2 and 20 of its ticks, mostly 4 s to 40 s).</param>
    public ZooKeeperSession(ConnectString connect, TimeSpan timeout, ILogger logger)
    {
        (this.connect, this.logger, Timeout, Expired) = (connect, logger, timeout, expired.Token);
        context = ZooKeeperCallbacks.Add(this);
        handle = Open(default);
    }

    /// <summary>A second connection to a session: the ensemble ends the first, and, when this is disposed, the session.</summary>
    internal ZooKeeperSession(ConnectString connect, TimeSpan timeout, ILogger logger, ZooKeeperLibrary.ClientId credentials)
    {
        (this.connect, this.logger, Timeout, Expired) = (connect, logger, timeout, expired.Token);
        context = ZooKeeperCallbacks.Add(this);
        handle = Open(credentials);
    }

    /// <summary>Of the session; 0 before it is connected for the first time.</summary>
    public long Id => Credentials.Id;

    internal ZooKeeperLibrary.ClientId Credentials { get; private set; }

    /// <summary>As the ensemble granted it, once connected.</summary>
    public TimeSpan Timeout { get; private set; }

    public bool IsConnected { get; private set; }

    /// <summary>Cancelled when the ensemble has ended the session.</summary>
    public CancellationToken Expired { get; }

    /// <summary>Waits while the session is not connected.</summary>
    /// <exception cref="ZooKeeperException">It has expired.</exception>
    public async Task ConnectedAsync(CancellationToken stop)
    {
        Task current;
        lock (stateGate) current = connected.Task;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, Expired);
        try { await current.WaitAsync(either.Token); }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested) { throw new ZooKeeperException(ZooKeeperLibrary.SessionExpired, $"the session with ZooKeeper [{connect}] has expired"); }
    }

    /// <summary>Waits for the first connection.</summary>
    /// <exception cref="ZooKeeperException">No member has served within the limit.</exception>
    public async Task ConnectedAsync(TimeSpan limit, CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(limit);
        try { await ConnectedAsync(patience.Token); }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested) { throw new ZooKeeperException(ZooKeeperLibrary.ConnectionLoss, $"no member of ZooKeeper [{connect}] has served within {limit.TotalSeconds:0.#} s"); }
    }

    /// <summary>Asks again, when the session is connected again, as long as the connection is lost meanwhile: for what may be done twice.</summary>
    public async Task<T> UntilAnsweredAsync<T>(Func<Task<T>> call, CancellationToken stop)
    {
        while (true)
        {
            await ConnectedAsync(stop);
            try { return await call().WaitAsync(stop); }
            catch (ZooKeeperException e) when (e.IsConnectionLoss) { await Task.Delay(TimeSpan.FromMilliseconds(50), stop); } // the client learns of it a moment after the call does
        }
    }

    /// <summary>Makes the node, and those above it, where they are missing. They stay.</summary>
    public async Task EnsureAsync(string path, CancellationToken stop)
    {
        for (var end = path.IndexOf('/', 1); ; end = path.IndexOf('/', end + 1))
        {
            var node = end < 0 ? path : path[..end];
            await UntilAnsweredAsync(() => CreateAsync(node, [], Persistent, orExists: true), stop);
            if (end < 0) return;
        }
    }

    /// <summary>Makes a node that goes with the session.</summary>
    /// <exception cref="ZooKeeperException">Code <see cref="ZooKeeperLibrary.NodeExists"/> where there is one.</exception>
    public Task<string> CreateEphemeralAsync(string path, byte[] data) => CreateAsync(path, data, Ephemeral, orExists: false);

    /// <returns>The path, to which ZooKeeper has added ten digits that count up.</returns>
    public Task<string> CreateSequentialAsync(string path, byte[] data) => CreateAsync(path, data, EphemeralSequential, orExists: false);

    /// <returns>False: there was none.</returns>
    public async Task<bool> DeleteAsync(string path)
    {
        try { return await CallAsync<bool>(path, call => StartDelete(path, call)); }
        catch (ZooKeeperException e) when (e.Code == ZooKeeperLibrary.NoNode) { return false; }
    }

    /// <returns>The session whose end the node goes with, 0 of one that stays; null where there is no node.</returns>
    public async Task<long?> OwnerAsync(string path)
    {
        try { return (await CallAsync<ZooKeeperLibrary.NodeStat>(path, call => StartExists(path, call))).EphemeralOwner; }
        catch (ZooKeeperException e) when (e.Code == ZooKeeperLibrary.NoNode) { return null; }
    }

    /// <returns>Null where there is no node.</returns>
    public async Task<byte[]?> DataAsync(string path)
    {
        try { return await CallAsync<byte[]>(path, call => StartGet(path, 0, call)); }
        catch (ZooKeeperException e) when (e.Code == ZooKeeperLibrary.NoNode) { return null; }
    }

    /// <returns>Names, in no order; none where there is no node.</returns>
    public async Task<List<string>> ChildrenAsync(string path)
    {
        try { return await CallAsync<List<string>>(path, call => StartChildren(path, call)); }
        catch (ZooKeeperException e) when (e.Code == ZooKeeperLibrary.NoNode) { return []; }
    }

    /// <returns>Ends when the node has changed or is gone, or the session is over; null where there is no node.</returns>
    public async Task<Task?> WatchAsync(string path)
    {
        var watch = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var number = ZooKeeperCallbacks.Add(watch);
        try
        {
            await CallAsync<byte[]>(path, call => StartGet(path, number, call));
            lock (stateGate) watches.Add(number);
            return Task.WhenAny(watch.Task, Task.Delay(System.Threading.Timeout.Infinite, Expired));
        }
        catch (ZooKeeperException e)
        {
            ZooKeeperCallbacks.Remove(number);
            if (e.Code == ZooKeeperLibrary.NoNode) return null;
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        nint closing;
        lock (gate) (closing, handle) = (handle, 0);
        if (closing == 0) return;
        await Task.Run(() => ZooKeeperLibrary.Close(closing)); // waits for the client's threads
        ZooKeeperCallbacks.Remove(context);
        lock (stateGate) watches.ForEach(ZooKeeperCallbacks.Remove);
        await expired.CancelAsync();
    }

    /// <summary>On a thread of the client's.</summary>
    internal unsafe void StateChanged(nint native, int state)
    {
        lock (stateGate)
        {
            var was = IsConnected;
            IsConnected = state == ZooKeeperLibrary.Connected;
            if (IsConnected)
            {
                Credentials = *ZooKeeperLibrary.Session(native);
                Timeout = TimeSpan.FromMilliseconds(ZooKeeperLibrary.SessionMillis(native));
                connected.TrySetResult();
            }
            else if (was) connected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (was != IsConnected) _ = Task.Run(IsConnected ? () => LogConnected(connect.Hosts, Id, Timeout.TotalSeconds) : () => LogDisconnected(connect.Hosts, Id));
        }
        if (state is ZooKeeperLibrary.Expired or ZooKeeperLibrary.AuthFailed) _ = expired.CancelAsync();
    }

    private async Task<string> CreateAsync(string path, byte[] data, int mode, bool orExists)
    {
        try { return await CallAsync<string>(path, call => StartCreate(path, data, mode, call)); }
        catch (ZooKeeperException e) when (orExists && e.Code == ZooKeeperLibrary.NodeExists) { return path; }
    }

    /// <param name="start">Starts the call, with the number of what waits for its end.</param>
    private async Task<T> CallAsync<T>(string path, Func<nint, int> start)
    {
        var call = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var number = ZooKeeperCallbacks.Add(call);
        int code;
        lock (gate) code = handle == 0 ? ZooKeeperLibrary.Closing : start(number);
        if (code != ZooKeeperLibrary.Ok)
        {
            ZooKeeperCallbacks.Remove(number);
            throw new ZooKeeperException(code, $"ZooKeeper [{path}]: {ZooKeeperLibrary.Text(code)}");
        }
        return await call.Task;
    }

    /// <param name="credentials">Default: a new session.</param>
    private unsafe nint Open(ZooKeeperLibrary.ClientId credentials)
    {
        ZooKeeperLibrary.SetLogLevel(0); // to standard error otherwise, a line for each attempt to connect
        var opened = ZooKeeperLibrary.Open(connect.Hosts, &ZooKeeperCallbacks.SessionChanged, (int)Timeout.TotalMilliseconds, credentials.Id == 0 ? null : &credentials, context, 0);
        if (opened != 0) return opened;
        var error = Marshal.GetLastPInvokeError();
        ZooKeeperCallbacks.Remove(context);
        throw new ZooKeeperException(ZooKeeperLibrary.ConnectionLoss, $"ZooKeeper [{connect.Hosts}] cannot be resolved: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    private unsafe int StartCreate(string path, byte[] data, int mode, nint call)
    {
        fixed (byte* bytes = data) return ZooKeeperLibrary.Create(handle, path, bytes, data.Length, ZooKeeperLibrary.AnybodyMayDoAnything, mode, &ZooKeeperCallbacks.Created, call);
    }

    private unsafe int StartDelete(string path, nint call) => ZooKeeperLibrary.Delete(handle, path, -1, &ZooKeeperCallbacks.Done, call);

    private unsafe int StartExists(string path, nint call) => ZooKeeperLibrary.Exists(handle, path, 0, &ZooKeeperCallbacks.Seen, call);

    private unsafe int StartChildren(string path, nint call) => ZooKeeperLibrary.Children(handle, path, 0, &ZooKeeperCallbacks.Listed, call);

    /// <param name="watch">0: none.</param>
    private unsafe int StartGet(string path, nint watch, nint call) => watch == 0
        ? ZooKeeperLibrary.Get(handle, path, null, 0, &ZooKeeperCallbacks.Read, call)
        : ZooKeeperLibrary.Get(handle, path, &ZooKeeperCallbacks.NodeChanged, watch, &ZooKeeperCallbacks.Read, call);

    [LoggerMessage(2110, LogLevel.Information, "Connected to ZooKeeper [{Hosts}]: session {Session:x}, timeout {Seconds:0.#} s")]
    private partial void LogConnected(string hosts, long session, double seconds);

    [LoggerMessage(2111, LogLevel.Warning, "The connection to ZooKeeper [{Hosts}] is lost (session {Session:x}); connecting to another member")]
    private partial void LogDisconnected(string hosts, long session);
}
