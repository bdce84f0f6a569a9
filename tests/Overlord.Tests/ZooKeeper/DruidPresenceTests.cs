using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Ingestion.Overlord.ZooKeeper;
using Ingestion.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.Overlord.Tests.ZooKeeper;

/// <summary>What Druid's services see of a leader in ZooKeeper, against what an overlord of Druid 33 left there.</summary>
public sealed class DruidPresenceTests(ZooKeeperFixture zooKeeper)
{
    private const string Cluster = "11111111-2222-3333-4444-555555555555";

    /// <summary>Recorded: the node of an overlord of Druid 33, unpacked.</summary>
    private const string Recorded = """
        {"druidNode":{"service":"druid/overlord","host":"localhost","bindOnHost":false,"plaintextPort":18090,"port":-1,"tlsPort":-1,"enablePlaintextPort":true,"enableTlsPort":false},
         "nodeType":"overlord","services":{},"startTime":"2026-11-21T10:18:21.356Z"}
        """;
    private const string RecordedInstance = """
        {"name":"druid:overlord","id":"f8f22969-93e8-459a-a756-6016c8e1caa7","address":"localhost","port":18090,"sslPort":-1,"payload":null,"registrationTimeUTC":1795256304905,"serviceType":"DYNAMIC","uriSpec":null}
        """;
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    [Fact]
    public void Announcement_is_Druids_but_for_the_clusters_id()
    {
        var at = DateTimeOffset.FromUnixTimeMilliseconds(1795256301356);
        var node = Unpacked(DruidAnnouncement.DiscoveryNode(new Uri("http://localhost:18090"), Cluster, at)).AsObject();
        Assert.Equal(Cluster, (string?)node["ingestionCluster"]);
        node.Remove("ingestionCluster");
        Assert.Equal(JsonNode.Parse(Recorded)!.ToJsonString(), node.ToJsonString());
        var instance = Encoding.UTF8.GetString(DruidAnnouncement.ServiceInstance(new Uri("http://localhost:18090"), "f8f22969-93e8-459a-a756-6016c8e1caa7", DateTimeOffset.FromUnixTimeMilliseconds(1795256304905)));
        Assert.Equal(JsonNode.Parse(RecordedInstance)!.ToJsonString(), instance);
        var tls = Unpacked(DruidAnnouncement.DiscoveryNode(new Uri("https://o:9"), Cluster, at))["druidNode"]!;
        Assert.Equal((-1, 9, false, true), ((int)tls["plaintextPort"]!, (int)tls["tlsPort"]!, (bool)tls["enablePlaintextPort"]!, (bool)tls["enableTlsPort"]!));
    }

    [Fact]
    public async Task New_leader_takes_the_place_of_one_that_left_its_nodes_behind_and_leaves_none_itself()
    {
        var connect = await zooKeeper.NewAsync();
        using var stop = new CancellationTokenSource(Bound);
        await using var session = await ZooKeeperFixture.SessionAsync(connect, stop.Token);
        using var neverOver = new CancellationTokenSource();
        using var over = new CancellationTokenSource();
        var first = Presence(connect).RunAsync(new Uri("http://localhost:18090"), Cluster, neverOver.Token);
        await UntilAsync(session, connect, "http://localhost:18090", stop.Token);

        var second = Presence(connect).RunAsync(new Uri("http://localhost:28090"), Cluster, over.Token);
        await UntilAsync(session, connect, "http://localhost:28090", stop.Token);
        Assert.Equal(["localhost:28090"], await session.ChildrenAsync(DruidAnnouncement.DiscoveryPath(connect)));

        await over.CancelAsync();
        await second;
        Assert.Empty(await session.ChildrenAsync(LeaderLatch.PathOf(connect)));
        Assert.Empty(await session.ChildrenAsync(DruidAnnouncement.DiscoveryPath(connect)));
        await neverOver.CancelAsync();
        await first;
        Assert.Empty(await session.ChildrenAsync(DruidAnnouncement.ServicePath(connect)));
    }

    [Fact]
    public async Task Leader_whose_node_was_removed_announces_itself_anew()
    {
        var connect = await zooKeeper.NewAsync();
        using var stop = new CancellationTokenSource(Bound);
        await using var session = await ZooKeeperFixture.SessionAsync(connect, stop.Token);
        using var over = new CancellationTokenSource();
        var presence = Presence(connect);
        var running = presence.RunAsync(new Uri("http://localhost:18090"), Cluster, over.Token);
        foreach (var path in (string[])[LeaderLatch.PathOf(connect), DruidAnnouncement.DiscoveryPath(connect), DruidAnnouncement.ServicePath(connect)])
        {
            // As a predecessor does that was stopped while it announced itself, and goes on.
            var removed = await UntilAnnouncedAsync(presence, session, connect, path, stop.Token);
            Assert.True(await session.DeleteAsync($"{path}/{removed.Name}"));
            var owner = removed.Owner;
            Assert.True(await Waiting.UntilAsync(async () => (await UntilAnnouncedAsync(presence, session, connect, path, stop.Token)).Owner != owner, Bound), path);
        }
        await over.CancelAsync();
        await running;
        Assert.Empty(await session.ChildrenAsync(LeaderLatch.PathOf(connect)));
    }

    [Fact]
    public async Task Latch_in_which_an_overlord_of_Druid_stands_is_left_alone()
    {
        var connect = await zooKeeper.NewAsync();
        using var stop = new CancellationTokenSource(Bound);
        await using var session = await ZooKeeperFixture.SessionAsync(connect, stop.Token);
        await session.EnsureAsync(LeaderLatch.PathOf(connect), stop.Token);
        await session.CreateSequentialAsync($"{LeaderLatch.PathOf(connect)}/_c_c2337cd8-d3b9-4567-b550-e19e629b0fdd-latch-", Encoding.UTF8.GetBytes("http://localhost:18090"));
        var presence = Presence(connect);
        using var over = new CancellationTokenSource();
        var running = presence.RunAsync(new Uri("http://localhost:28090"), Cluster, over.Token);
        Assert.True(await Waiting.UntilAsync(() => Task.FromResult(presence.State.StartsWith("an overlord of Druid at [http://localhost:18090]", StringComparison.Ordinal)), Bound));
        Assert.Single(await session.ChildrenAsync(LeaderLatch.PathOf(connect)));
        await over.CancelAsync();
        await running;
        Assert.Equal("not leading", presence.State);
    }

    private static DruidPresence Presence(ConnectString connect) => new(connect, ZooKeeperFixture.SessionTimeout, holdsLatch: true, TimeProvider.System, NullLogger<DruidPresence>.Instance);

    /// <summary>Until the latch's first node is the leader's, as Druid's Router looks.</summary>
    private static async Task UntilAsync(ZooKeeperSession session, ConnectString connect, string url, CancellationToken stop)
    {
        var path = LeaderLatch.PathOf(connect);
        Assert.True(await Waiting.UntilAsync(async () => LatchNode.Sorted(await session.ChildrenAsync(path)) is [var leader, ..] && await session.DataAsync($"{path}/{leader.Name}") is { } data && Encoding.UTF8.GetString(data) == url, Bound), url);
        stop.ThrowIfCancellationRequested();
    }

    /// <summary>Until it is announced and has a node at the path: its name, and the session that it goes with.</summary>
    private static async Task<(string Name, long Owner)> UntilAnnouncedAsync(DruidPresence presence, ZooKeeperSession session, ConnectString connect, string path, CancellationToken stop)
    {
        await UntilAsync(session, connect, "http://localhost:18090", stop);
        var found = ("", 0L);
        Assert.True(await Waiting.UntilAsync(async () =>
        {
            if (presence.State != "announced" || await session.ChildrenAsync(path) is not [var name] || await session.OwnerAsync($"{path}/{name}") is not { } owner) return false;
            found = (name, owner);
            return true;
        }, Bound), path);
        return found;
    }

    private static JsonNode Unpacked(byte[] data)
    {
        using var gzip = new GZipStream(new MemoryStream(data), CompressionMode.Decompress);
        return JsonNode.Parse(gzip)!;
    }
}
