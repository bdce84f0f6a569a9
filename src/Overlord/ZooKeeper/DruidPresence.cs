namespace Ingestion.Overlord.ZooKeeper;

/// <summary>Makes a leader known to Druid's services: it holds a node in the latch of Druid's overlords, by which a Router finds who leads, and announces itself as an overlord, by which Coordinators
/// and Brokers do. Works beside either kind of leadership and never holds it up: where ZooKeeper cannot be reached, Druid's services do not find this overlord, and that is all.</summary>
/// <param name="holdsLatch">False where the election itself holds that node.</param>
internal sealed partial class DruidPresence(ConnectString connect, TimeSpan sessionTimeout, bool holdsLatch, TimeProvider time, ILogger<DruidPresence> logger)
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1), RetryForeign = TimeSpan.FromSeconds(10);
    private volatile string state = "not leading";

    public ConnectString Connect => connect;

    /// <summary>In words: what Druid's services see of this overlord.</summary>
    public string State => state;

    /// <summary>Until the leadership is over; then what it announced is gone.</summary>
    public async Task RunAsync(Uri url, string clusterId, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            state = "connecting";
            var pause = Retry;
            try
            {
                await using var session = new ZooKeeperSession(connect, sessionTimeout, logger);
                await session.ConnectedAsync(sessionTimeout, over);
                if (holdsLatch && await ForeignOverlords.FindAsync(session, connect, clusterId, over) is { } foreign)
                {
                    LogForeign(foreign);
                    (state, pause) = (foreign, RetryForeign);
                }
                else
                {
                    var nodes = await AnnounceAsync(session, url, clusterId, over);
                    state = "announced";
                    LogAnnounced(url, connect);
                    await ChangedAsync(session, nodes, over);
                    state = "announcing anew";
                    if (session.Expired.IsCancellationRequested)
                    {
                        LogExpired(connect);
                        pause = TimeSpan.Zero;
                    }
                    else LogRemoved(connect); // and then a pause: two who both believe that they lead are not to take turns without one
                }
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested) { break; }
            catch (ZooKeeperException e)
            {
                state = e.Message;
                LogTrouble(connect, e.Message);
            }
            await Task.Delay(pause, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        state = "not leading";
    }

    /// <returns>The nodes by which it is found.</returns>
    private async Task<IReadOnlyList<string>> AnnounceAsync(ZooKeeperSession session, Uri url, string clusterId, CancellationToken over)
    {
        var (latch, discovery, service) = (LeaderLatch.PathOf(connect), DruidAnnouncement.DiscoveryPath(connect), DruidAnnouncement.ServicePath(connect));
        foreach (var path in (string[])[latch, discovery, service]) await session.EnsureAsync(path, over);
        // What a predecessor that died left would be believed until its session ends: the Router would go there.
        if (holdsLatch)
            foreach (var node in LatchNode.Sorted(await session.UntilAnsweredAsync(() => session.ChildrenAsync(latch), over)).Where(n => n.IsOf(clusterId)))
                await RemoveAsync(session, $"{latch}/{node.Name}", over);
        foreach (var node in await session.UntilAnsweredAsync(() => session.ChildrenAsync(discovery), over))
            if (node == url.Authority || await session.UntilAnsweredAsync(() => session.DataAsync($"{discovery}/{node}"), over) is { } data && DruidAnnouncement.IsOf(clusterId, data))
                await RemoveAsync(session, $"{discovery}/{node}", over);
        var (now, id) = (time.GetUtcNow(), Guid.NewGuid().ToString());
        var (announcement, instance) = ($"{discovery}/{url.Authority}", $"{service}/{id}");
        await MakeAsync(session, announcement, DruidAnnouncement.DiscoveryNode(url, clusterId, now), over);
        await MakeAsync(session, instance, DruidAnnouncement.ServiceInstance(url, id, now), over);
        if (!holdsLatch) return [announcement, instance];
        var mine = new LeaderLatch(session, latch, clusterId, url.GetLeftPart(UriPartial.Authority));
        await mine.JoinAsync(over);
        return [announcement, instance, mine.NodePath];
    }

    /// <summary>Until a node is gone, or the session over. A predecessor that was stopped while it announced itself removes its successor's nodes when it goes on.</summary>
    private static async Task ChangedAsync(ZooKeeperSession session, IReadOnlyList<string> nodes, CancellationToken over)
    {
        var changes = new List<Task>();
        foreach (var node in nodes)
        {
            if (await session.UntilAnsweredAsync(() => session.WatchAsync(node), over) is not { } changed) return;
            changes.Add(changed);
        }
        await Task.WhenAny(changes).WaitAsync(over);
    }

    private static Task RemoveAsync(ZooKeeperSession session, string path, CancellationToken over) => session.UntilAnsweredAsync(() => session.DeleteAsync(path), over);

    private static Task MakeAsync(ZooKeeperSession session, string path, byte[] data, CancellationToken over) => session.UntilAnsweredAsync(async () =>
    {
        try { return await session.CreateEphemeralAsync(path, data); }
        catch (ZooKeeperException e) when (e.Code == ZooKeeperLibrary.NodeExists) { return path; } // only the answer was lost
    }, over);

    [LoggerMessage(2120, LogLevel.Information, "Announced [{Url}] to Druid's services in ZooKeeper [{Connect}]")]
    private partial void LogAnnounced(Uri url, ConnectString connect);

    [LoggerMessage(2121, LogLevel.Error, "Not announced to Druid's services: {Foreign}")]
    private partial void LogForeign(string foreign);

    [LoggerMessage(2122, LogLevel.Warning, "Druid's services cannot be told through ZooKeeper [{Connect}], trying again: {Error}")]
    private partial void LogTrouble(ConnectString connect, string error);

    [LoggerMessage(2124, LogLevel.Warning, "A node by which Druid's services find this overlord in ZooKeeper [{Connect}] was removed: announcing anew")]
    private partial void LogRemoved(ConnectString connect);

    [LoggerMessage(2123, LogLevel.Warning, "The session with ZooKeeper [{Connect}] has expired: announcing anew")]
    private partial void LogExpired(ConnectString connect);
}
