using System.Text;

namespace Ingestion.Overlord.ZooKeeper;

/// <summary>Overlords that are none of this cluster's and stand in the latch that it is to use: Druid's, or another cluster's.</summary>
internal static class ForeignOverlords
{
    /// <returns>Why they stand in the way; null: there is none.</returns>
    /// <exception cref="ZooKeeperException">The session is over.</exception>
    public static async Task<string?> FindAsync(ZooKeeperSession session, ConnectString connect, string clusterId, CancellationToken stop)
    {
        var path = LeaderLatch.PathOf(connect);
        foreach (var node in LatchNode.Sorted(await session.UntilAnsweredAsync(() => session.ChildrenAsync(path), stop)))
        {
            if (node.IsOf(clusterId) || await session.UntilAnsweredAsync(() => session.DataAsync($"{path}/{node.Name}"), stop) is not { } url) continue;
            var who = node.IsOurs ? "an overlord of another cluster" : "an overlord of Druid";
            return $"{who} at [{Encoding.UTF8.GetString(url)}] stands for election in ZooKeeper [{connect}]: node [{path}/{node.Name}]. Only overlords of one cluster may share a path: stop it (its node goes when its session ends), or use another base path";
        }
        return null;
    }
}
