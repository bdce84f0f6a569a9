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
                    await AnnounceAsync(session, url, clusterId, over);
                    state = "announced";
                    LogAnnounced(url, connect);
                    using var either = CancellationTokenSource.CreateLinkedTokenSource(session.Expired, over);
                    await Task.Delay(Timeout.Infinite, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    if (!over.IsCancellationRequested) LogExpired(connect);
                    pause = TimeSpan.Zero;
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

    private async Task AnnounceAsync(ZooKeeperSession session, Uri url, string clusterId, CancellationToken over)
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
        await MakeAsync(session, $"{discovery}/{url.Authority}", DruidAnnouncement.DiscoveryNode(url, clusterId, now), over);
        await MakeAsync(session, $"{service}/{id}", DruidAnnouncement.ServiceInstance(url, id, now), over);
        if (holdsLatch) await new LeaderLatch(session, latch, clusterId, url.GetLeftPart(UriPartial.Authority)).JoinAsync(over);
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

    [LoggerMessage(2123, LogLevel.Warning, "The session with ZooKeeper [{Connect}] has expired: announcing anew")]
    private partial void LogExpired(ConnectString connect);
}
