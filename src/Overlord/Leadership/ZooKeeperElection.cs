using Ingestion.Overlord.ZooKeeper;

namespace Ingestion.Overlord.Leadership;

/// <summary>Elects a leader through ZooKeeper, by the latch of Druid's overlords; PostgreSQL fences: who is first in the latch raises the epoch row, whoever holds it, and keeps its lease.
/// A member of the ensemble that is lost costs nothing as long as another answers within the session's timeout.</summary>
/// <param name="clusterId">Of the database.</param>
internal sealed class ZooKeeperElection(ConnectString connect, TimeSpan sessionTimeout, PostgresElection postgres, Func<CancellationToken, Task<string>> clusterId, LeadershipSettings settings, ILogger<ZooKeeperElection> logger) : ILeaderElection
{
    public string Kind => "zookeeper";

    /// <inheritdoc/>
    /// <exception cref="ZooKeeperException">The ensemble has no majority, or ended the session.</exception>
    public async Task<ILeaderTerm> AcquireAsync(CancellationToken stop)
    {
        var session = new ZooKeeperSession(connect, sessionTimeout, logger);
        try
        {
            await session.ConnectedAsync(sessionTimeout, stop);
            var latch = new LeaderLatch(session, LeaderLatch.PathOf(connect), await clusterId(stop), settings.Url);
            await latch.JoinAsync(stop);
            await latch.FirstAsync(stop);
            var askedAt = ActingTime.Now;
            // Asked once more between the two clocks' starts: the session may have expired while this process was stopped.
            if (!await session.UntilAnsweredAsync(latch.HoldsAsync, stop)) throw new ZooKeeperException(ZooKeeperLibrary.NoNode, "the latch node is gone");
            return new ZooKeeperTerm(session, latch, await postgres.TakeOverAsync(stop), askedAt);
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    public Task<LeaderRow> CurrentAsync(CancellationToken stop = default) => postgres.CurrentAsync(stop);
}
