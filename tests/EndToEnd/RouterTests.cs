using System.Text.Json;

namespace Ingestion.EndToEnd;

/// <summary>An unmodified Router of Druid 33 finds our leader through ZooKeeper, whoever elects it, and follows when another one leads.</summary>
public sealed class RouterTests(Servers servers)
{
    [Theory]
    [InlineData("postgresql")]
    [InlineData("zookeeper")]
    public async Task Router_forwards_to_the_leader_and_follows_a_failover(string kind)
    {
        Assert.SkipUnless(Servers.DruidScript is { Length: > 0 }, "needs a real Druid: DRUID_START names no script");
        await using var pipeline = await servers.PipelineAsync();
        await using var druid = await Druid.StartAsync(pipeline, "zk", "router");
        string[] elects = kind == "zookeeper" ? ["--coordination", "zookeeper", "--zookeeper", druid.ZooKeeper] : [];
        await using var overlords = await Overlords.StartAsync(pipeline, 2, ["--druid-zookeeper", druid.ZooKeeper, "--zookeeper-session-timeout", "5", .. elects]);
        var leader = await overlords.LeaderAsync();
        await overlords.UntilAsync("the Router forwards to the leader", () => ForwardsToAsync(druid, overlords, leader));
        var spec = pipeline.Spec(s => s["suspended"] = true);
        Assert.Equal((200, $$"""{"id":"{{pipeline.Name}}"}"""), await druid.SendAsync(HttpMethod.Post, "router", "/druid/indexer/v1/supervisor", spec.ToJsonString()));
        await overlords.UntilAsync("it is announced", async () => (await overlords[leader].GetAsync("/status/coordination")).GetProperty("druidServices").GetProperty("state").GetString() == "announced");

        await overlords.KillAsync(leader);
        var leading = await overlords.UntilAsync("the standby leads", () => overlords.LeadsAsync(1 - leader));
        var followed = await overlords.UntilAsync("the Router forwards to it", () => ForwardsToAsync(druid, overlords, 1 - leader));
        TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: the standby led {leading.TotalMilliseconds:0} ms after kill -9, the Router followed {followed.TotalMilliseconds:0} ms later");
        var (status, body) = await druid.SendAsync(HttpMethod.Get, "router", "/druid/indexer/v1/supervisor");
        Assert.Equal((200, pipeline.Name), (status, JsonDocument.Parse(body).RootElement[0].GetString()));

        // And back, on purpose.
        await overlords.StartAsync(leader);
        Assert.Equal(200, (await overlords[1 - leader].SendAsync(HttpMethod.Post, "/druid-internal/v1/leadership/resign")).Status);
        var back = await overlords.UntilAsync("the Router forwards to the first again", () => ForwardsToAsync(druid, overlords, leader));
        TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: the Router followed {back.TotalMilliseconds:0} ms after a planned hand-over");
    }

    private static async Task<bool> ForwardsToAsync(Druid druid, Overlords overlords, int overlord)
    {
        var (status, body) = await druid.SendAsync(HttpMethod.Get, "router", "/druid/indexer/v1/leader");
        return status == 200 && body == $"http://{overlords[overlord].Address.Authority}" && (await druid.SendAsync(HttpMethod.Get, "router", "/druid/indexer/v1/isLeader")).Status == 200;
    }
}
