using System.Text;

namespace Ingestion.Overlord.ZooKeeper;

/// <summary>One candidate in the election of Apache Curator's LeaderLatch: each makes an ephemeral sequential node, the lowest leads, the others watch the one before theirs.
/// Druid's overlords stand in the same latch, and its services read there who leads.</summary>
/// <param name="path">Of the latch.</param>
/// <param name="url">Of this overlord: what the node holds.</param>
internal sealed class LeaderLatch(ZooKeeperSession session, string path, string clusterId, string url)
{
    private string? name;

    /// <summary>What its nodes' names begin with, and nobody else's.</summary>
    internal string Prefix { get; } = LatchNode.NewPrefix(clusterId);

    /// <summary>Once joined.</summary>
    public string NodePath => $"{path}/{name}";

    /// <summary>Of Druid's overlords, below the base.</summary>
    public static string PathOf(ConnectString connect) => $"{connect.Base}/overlord/_OVERLORD";

    /// <summary>Joins behind all that are there.</summary>
    /// <exception cref="ZooKeeperException">The session is over.</exception>
    public async Task JoinAsync(CancellationToken stop)
    {
        await session.EnsureAsync(path, stop);
        while (name is null)
        {
            await session.ConnectedAsync(stop);
            try { name = (await session.CreateSequentialAsync($"{path}/{Prefix}", Encoding.UTF8.GetBytes(url)))[(path.Length + 1)..]; }
            catch (ZooKeeperException e) when (e.IsConnectionLoss)
            {
                // The node may have been made, and only the answer lost.
                name = (await session.UntilAnsweredAsync(() => session.ChildrenAsync(path), stop)).Find(IsMine);
            }
        }
    }

    /// <summary>Waits until all that were before it are gone.</summary>
    /// <exception cref="ZooKeeperException">The session is over, or the node was deleted.</exception>
    public async Task FirstAsync(CancellationToken stop)
    {
        while (true)
        {
            var nodes = LatchNode.Sorted(await session.UntilAnsweredAsync(() => session.ChildrenAsync(path), stop));
            // The first of its own: there are two where a create whose answer was lost was carried out so late that the node was not found. Behind the first the second would wait for as long as the session lives.
            var place = nodes.FindIndex(n => IsMine(n.Name));
            if (place < 0) throw new ZooKeeperException(ZooKeeperLibrary.NoNode, $"the latch node [{NodePath}] was deleted");
            name = nodes[place].Name;
            if (place == 0 && await session.UntilAnsweredAsync(HoldsAsync, stop)) return;
            // Only the one before: else every candidate would ask when the leader goes.
            if (place > 0 && await session.UntilAnsweredAsync(() => session.WatchAsync($"{path}/{nodes[place - 1].Name}"), stop) is { } changed) await changed.WaitAsync(stop);
        }
    }

    /// <summary>Whether the node is there and of this session.</summary>
    public async Task<bool> HoldsAsync() => await session.OwnerAsync(NodePath) is { } owner && owner == session.Id;

    private bool IsMine(string node) => node.StartsWith(Prefix, StringComparison.Ordinal);
}
