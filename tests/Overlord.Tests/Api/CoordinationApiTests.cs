using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Ingestion.Overlord.Hosting;
using Ingestion.Overlord.Tests.ZooKeeper;
using Ingestion.Overlord.ZooKeeper;
using Ingestion.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Ingestion.Overlord.Tests.Api;

/// <summary>Two overlords on one database, whoever elects.</summary>
public sealed class CoordinationApiTests(PostgresFixture postgres, ZooKeeperFixture zooKeeper)
{
    private const string Status = "/status/coordination", Resign = "/druid-internal/v1/leadership/resign", Supervisors = "/druid/indexer/v1/supervisor?full=true";

    [Theory]
    [InlineData("postgresql")]
    [InlineData("zookeeper")]
    public async Task Leadership_is_moved_by_a_request_and_standbys_redirect_to_whoever_leads(string kind)
    {
        var database = await postgres.CreateDatabaseAsync();
        var options = await OptionsAsync(kind);
        await using var first = await RunningOverlord.StartAsync(database, more: options);
        await using var second = await RunningOverlord.StartAsync(database, waitForLeadership: false, more: options);
        await AssertRolesAsync(kind, epoch: 1, leader: first, standby: second);

        Assert.Equal((307, new Uri(first.Address, Resign).ToString()), await RedirectAsync(second, "POST", Resign));
        var began = Stopwatch.GetTimestamp();
        var (status, _, body, _) = await first.SendAsync("POST", Resign);
        var took = Stopwatch.GetElapsedTime(began);
        Assert.Equal((200, $$"""{"epoch":2,"leader":"{{second.Address.GetLeftPart(UriPartial.Authority)}}"}"""), (status, body));
        await second.UntilAsync("it leads", async () => (await second.SendAsync("GET", "/druid/indexer/v1/isLeader")).Status == 200);
        TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: handed over in {took.TotalMilliseconds:0} ms, leading in {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0} ms");
        await AssertRolesAsync(kind, epoch: 2, leader: second, standby: first);
    }

    [Theory]
    [InlineData("postgresql")]
    [InlineData("zookeeper")]
    public async Task Leader_that_nobody_can_follow_leads_again_after_it_resigned(string kind)
    {
        await using var only = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync(), more: await OptionsAsync(kind));
        var (status, _, body, _) = await only.SendAsync("POST", Resign);
        Assert.Equal((409, """{"error":"no other overlord took over: this one leads again, with a new epoch"}"""), (status, body));
        var answer = JsonNode.Parse((await only.SendAsync("GET", Status)).Body)!;
        Assert.Equal((2, true), ((long)answer["epoch"]!, (bool)answer["self"]!["isLeader"]!));
    }

    [Fact]
    public async Task Members_of_the_ensemble_that_elects_are_shown_with_how_many_may_be_lost()
    {
        var connect = await zooKeeper.NewAsync();
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync(), more: ["--coordination", "zookeeper", "--zookeeper", connect.ToString(), "--zookeeper-session-timeout", "3"]);
        var answer = JsonNode.Parse((await overlord.SendAsync("GET", Status)).Body)!["zooKeeper"]!;
        var member = Assert.Single(answer["members"]!.AsArray())!;
        Assert.Equal((connect.Hosts, "standalone", null), ((string?)member["address"], (string?)member["state"], (string?)member["trouble"]));
        Assert.Equal((connect.ToString(), 1, 1, 0, true, Ensemble.Warning(1)),
            ((string?)answer["connect"], (int)answer["serving"]!, (int)answer["majority"]!, (int)answer["mayLose"]!, (bool)answer["isServing"]!, (string?)answer["warning"]));
    }

    [Fact]
    public async Task Overlord_of_another_environment_does_not_run_on_the_database_and_says_why()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var first = await RunningOverlord.StartAsync(database);
        await using var second = await RunningOverlord.StartAsync(database, waitForLeadership: false, more: ["--environment", "staging"]);
        await second.UntilAsync("it is refused", () => Task.FromResult(second.Services.GetRequiredService<OverlordLeadership>().Refusal is not null));
        Assert.StartsWith("the metadata database belongs to environment [production], this overlord is of environment [staging]", second.Services.GetRequiredService<OverlordLeadership>().Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Overlord_whose_latch_an_overlord_of_Druid_stands_in_does_not_run_and_says_why()
    {
        var connect = await zooKeeper.NewAsync();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var session = await ZooKeeperFixture.SessionAsync(connect, stop.Token);
        await session.EnsureAsync(LeaderLatch.PathOf(connect), stop.Token);
        await session.CreateSequentialAsync($"{LeaderLatch.PathOf(connect)}/_c_c2337cd8-d3b9-4567-b550-e19e629b0fdd-latch-", Encoding.UTF8.GetBytes("http://localhost:18090"));
        foreach (var options in (string[][])[["--coordination", "zookeeper", "--zookeeper", connect.ToString()], ["--druid-zookeeper", connect.ToString()],
            ["--coordination", "zookeeper", "--zookeeper", (await zooKeeper.NewAsync()).ToString(), "--druid-zookeeper", connect.ToString()]])
        {
            await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync(), waitForLeadership: false, more: options);
            await overlord.UntilAsync("it is refused", () => Task.FromResult(overlord.Services.GetRequiredService<OverlordLeadership>().Refusal is not null));
            Assert.StartsWith($"an overlord of Druid at [http://localhost:18090] stands for election in ZooKeeper [{connect}]", overlord.Services.GetRequiredService<OverlordLeadership>().Refusal, StringComparison.Ordinal);
        }
    }

    private async Task<string[]> OptionsAsync(string kind) => kind == "zookeeper" ? ["--coordination", "zookeeper", "--zookeeper", (await zooKeeper.NewAsync()).ToString(), "--zookeeper-session-timeout", "3"] : [];

    private static async Task AssertRolesAsync(string kind, long epoch, RunningOverlord leader, RunningOverlord standby)
    {
        var url = leader.Address.GetLeftPart(UriPartial.Authority);
        foreach (var overlord in (RunningOverlord[])[leader, standby])
        {
            var isLeader = overlord == leader;
            var answer = JsonNode.Parse((await overlord.SendAsync("GET", Status)).Body)!;
            Assert.Equal((kind, epoch, url, isLeader, true, isLeader), ((string?)answer["kind"], (long)answer["epoch"]!, (string?)answer["leader"], (bool)answer["self"]!["isLeader"]!,
                (long)answer["leaseLeftMillis"]! > 0, (long)answer["self"]!["leaseLeftMillis"]! > 0));
            Assert.Equal((200, url), ((await overlord.SendAsync("GET", "/druid/indexer/v1/leader")).Status, (await overlord.SendAsync("GET", "/druid/indexer/v1/leader")).Body));
            Assert.Equal(isLeader ? 200 : 404, (await overlord.SendAsync("GET", "/druid/indexer/v1/isLeader")).Status);
        }
        Assert.Equal((307, new Uri(leader.Address, Supervisors).ToString()), await RedirectAsync(standby, "GET", Supervisors));
    }

    private static async Task<(int, string?)> RedirectAsync(RunningOverlord overlord, string method, string path)
    {
        var answer = await overlord.SendAsync(method, path);
        return (answer.Status, answer.Location);
    }
}
