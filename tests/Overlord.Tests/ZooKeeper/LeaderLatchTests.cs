using System.Text;
using System.Text.RegularExpressions;
using Ingestion.Overlord.ZooKeeper;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.Overlord.Tests.ZooKeeper;

public sealed partial class LeaderLatchTests(ZooKeeperFixture zooKeeper)
{
    private const string Cluster = "11111111-2222-3333-4444-555555555555", Another = "99999999-2222-3333-4444-555555555555";
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    [Fact]
    public void Nodes_are_named_as_Curator_names_them_and_tell_whose_they_are()
    {
        var name = LatchNode.NewPrefix(Cluster) + "0000000012";
        Assert.Matches(Protected(), name);
        var (ours, druids) = (new LatchNode(name), new LatchNode("_c_c2337cd8-d3b9-4567-b550-e19e629b0fdd-latch-0000000001"));
        Assert.Equal(("0000000012", true, true, false), (ours.Number, ours.IsOurs, ours.IsOf(Cluster), ours.IsOf(Another)));
        Assert.Equal(("0000000001", false, false), (druids.Number, druids.IsOurs, druids.IsOf(Cluster)));
        Assert.Equal([druids, ours], LatchNode.Sorted([name, druids.Name]));
        Assert.NotEqual(LatchNode.NewPrefix(Cluster), LatchNode.NewPrefix(Cluster));
    }

    [Fact]
    public async Task Candidates_lead_one_after_the_other_and_one_whose_session_expires_makes_way()
    {
        var connect = await zooKeeper.NewAsync();
        using var stop = new CancellationTokenSource(Bound);
        await using var watcher = await ZooKeeperFixture.SessionAsync(connect, stop.Token);
        var first = await ZooKeeperFixture.SessionAsync(connect, stop.Token);
        await using var second = await ZooKeeperFixture.SessionAsync(connect, stop.Token);
        var third = await ZooKeeperFixture.SessionAsync(connect, stop.Token);
        var path = LeaderLatch.PathOf(connect);
        LeaderLatch[] latches = [new(first, path, Cluster, "http://first"), new(second, path, Cluster, "http://second"), new(third, path, Cluster, "http://third")];
        foreach (var latch in latches) await latch.JoinAsync(stop.Token);
        await latches[0].FirstAsync(stop.Token);
        var turns = new[] { latches[1].FirstAsync(stop.Token), latches[2].FirstAsync(stop.Token) };
        var nodes = LatchNode.Sorted(await watcher.ChildrenAsync(path));
        Assert.Equal(["http://first", "http://second", "http://third"], await Task.WhenAll(nodes.Select(async n => Encoding.UTF8.GetString((await watcher.DataAsync($"{path}/{n.Name}"))!))));
        Assert.DoesNotContain(turns, t => t.IsCompleted);

        await third.DisposeAsync(); // who watched the second
        await Assert.ThrowsAsync<ZooKeeperException>(() => turns[1]);
        await ExpireAsync(connect, first, stop.Token);
        await turns[0].WaitAsync(stop.Token);

        Assert.True(await latches[1].HoldsAsync());
        var expired = new TaskCompletionSource();
        await using (first.Expired.Register(() => expired.TrySetResult())) await expired.Task.WaitAsync(stop.Token);
        await Assert.ThrowsAsync<ZooKeeperException>(latches[0].HoldsAsync);
        await first.DisposeAsync();
    }

    [Fact]
    public async Task Candidate_that_has_two_nodes_because_an_answer_was_lost_leads_by_the_first()
    {
        var connect = await zooKeeper.NewAsync();
        using var stop = new CancellationTokenSource(Bound);
        await using var session = await ZooKeeperFixture.SessionAsync(connect, stop.Token);
        var path = LeaderLatch.PathOf(connect);
        var latch = new LeaderLatch(session, path, Cluster, "http://ours");
        await session.EnsureAsync(path, stop.Token);
        // As when the member of the ensemble that is asked for it does not know it yet.
        var late = await session.CreateSequentialAsync($"{path}/{latch.Prefix}", Encoding.UTF8.GetBytes("http://ours"));
        await latch.JoinAsync(stop.Token);

        await latch.FirstAsync(stop.Token);
        Assert.Equal((late, 2, true), (latch.NodePath, (await session.ChildrenAsync(path)).Count, await latch.HoldsAsync()));
    }

    [Fact]
    public async Task Overlords_of_Druid_and_of_another_cluster_are_found_in_the_latch()
    {
        var connect = await zooKeeper.NewAsync();
        using var stop = new CancellationTokenSource(Bound);
        await using var session = await ZooKeeperFixture.SessionAsync(connect, stop.Token);
        var path = LeaderLatch.PathOf(connect);
        Assert.Null(await ForeignOverlords.FindAsync(session, connect, Cluster, stop.Token));
        await new LeaderLatch(session, path, Cluster, "http://ours").JoinAsync(stop.Token);
        Assert.Null(await ForeignOverlords.FindAsync(session, connect, Cluster, stop.Token));

        var druids = await session.CreateSequentialAsync($"{path}/_c_c2337cd8-d3b9-4567-b550-e19e629b0fdd-latch-", Encoding.UTF8.GetBytes("http://localhost:18090"));
        const string Advice = "Only overlords of one cluster may share a path: stop it (its node goes when its session ends), or use another base path";
        Assert.Equal($"an overlord of Druid at [http://localhost:18090] stands for election in ZooKeeper [{connect}]: node [{druids}]. {Advice}", await ForeignOverlords.FindAsync(session, connect, Cluster, stop.Token));
        Assert.True(await session.DeleteAsync(druids));
        Assert.StartsWith("an overlord of another cluster at [http://ours] stands for election", await ForeignOverlords.FindAsync(session, connect, Another, stop.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Session_answers_what_is_there_and_what_is_not()
    {
        var connect = await zooKeeper.NewAsync();
        using var stop = new CancellationTokenSource(Bound);
        await using var session = await ZooKeeperFixture.SessionAsync(connect, stop.Token);
        var (node, missing) = ($"{connect.Base}/a/node", $"{connect.Base}/a/missing");
        Assert.Empty(await session.ChildrenAsync(missing));
        Assert.Equal((null, null, null, false), (await session.DataAsync(missing), await session.OwnerAsync(missing), await session.WatchAsync(missing), await session.DeleteAsync(missing)));
        await session.EnsureAsync($"{connect.Base}/a", stop.Token);
        await session.EnsureAsync($"{connect.Base}/a", stop.Token);
        Assert.Equal(0, await session.OwnerAsync($"{connect.Base}/a"));
        await session.CreateEphemeralAsync(node, [1, 2, 3]);
        Assert.Equal(ZooKeeperLibrary.NodeExists, (await Assert.ThrowsAsync<ZooKeeperException>(() => session.CreateEphemeralAsync(node, []))).Code);
        Assert.Equal((session.Id, "node"), (await session.OwnerAsync(node), Assert.Single(await session.ChildrenAsync($"{connect.Base}/a"))));
        Assert.Equal([1, 2, 3], await session.DataAsync(node));
        var changed = await session.WatchAsync(node);
        Assert.True(changed is { IsCompleted: false });
        Assert.True(await session.DeleteAsync(node));
        await changed.WaitAsync(stop.Token);
        await session.DisposeAsync();
        Assert.Equal(ZooKeeperLibrary.Closing, (await Assert.ThrowsAsync<ZooKeeperException>(() => session.DataAsync(node))).Code);
    }

    /// <summary>As the ensemble would after a long silence: a second connection takes the session over and closes it. Again, where the first was quicker and took it back.</summary>
    private static async Task ExpireAsync(ConnectString connect, ZooKeeperSession session, CancellationToken stop)
    {
        while (!session.Expired.IsCancellationRequested)
        {
            await using var twin = new ZooKeeperSession(connect, ZooKeeperFixture.SessionTimeout, NullLogger.Instance, session.Credentials);
            try { await twin.ConnectedAsync(stop); }
            catch (ZooKeeperException) { await Task.WhenAny(Task.Delay(ZooKeeperFixture.SessionTimeout, stop), Task.Delay(Timeout.Infinite, session.Expired)); } // it is over, and the first hears of it when it reconnects
        }
    }

    [GeneratedRegex("^_c_[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}-latch-[0-9]{10}$")]
    private static partial Regex Protected();
}
