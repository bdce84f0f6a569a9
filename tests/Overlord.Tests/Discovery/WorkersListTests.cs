using System.Text.Json.Nodes;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Tests.Api;
using Ingestion.Support;

namespace Ingestion.Overlord.Tests.Discovery;

public sealed class WorkersListTests(PostgresFixture postgres)
{
    private const string Endpoint = "/status/workers";

    [Fact]
    public async Task Worker_is_listed_with_its_last_announcement_and_its_state()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        await using var worker = await FakeWorker.StartAsync(overlord, 5);
        var list = JsonNode.Parse((await overlord.SendAsync("GET", Endpoint)).Body)!;
        var line = list["workers"]!.AsArray().Single()!;
        Assert.Equal((overlord.Address.GetLeftPart(UriPartial.Authority), true, "production"), ((string?)list["overlord"], (bool?)list["leading"], (string?)list["environment"]));
        Assert.Equal(("fake", worker.Address.GetLeftPart(UriPartial.Authority), "ACTIVE", true, 5, 0, null), ((string?)line["nodeId"], (string?)line["url"], (string?)line["state"], (bool?)line["followed"], (int?)line["capacity"], (int?)line["used"], (string?)line["notPlaceable"]));
        Assert.Equal(("live", "127.0.0.1"), ((string?)line["announcement"]!["standing"], (string?)line["announcement"]!["from"]));
        Assert.InRange((long)line["announcement"]!["ageMillis"]!, 0, 30_000);
    }

    [Fact]
    public async Task Worker_of_another_protocol_is_INACTIVE_gets_no_tasks_and_both_versions_are_named()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        await using var worker = await FakeWorker.StartAsync(overlord, 5);
        await overlord.SendAsync("PUT", "/v1/announcement/fake", worker.Announcement(properties: """,  "protocol":"99","node_version":"7.0.0" """));
        var line = await LineAsync(overlord);
        Assert.Equal(("INACTIVE", true, "99", "7.0.0"), ((string?)line["state"], (bool?)line["followed"], (string?)line["protocol"], (string?)line["release"]));
        Assert.Equal($"version: the worker speaks protocol [99] (release 7.0.0), this overlord protocol [{WireProtocol.Current}] (release {WireProtocol.Release})", (string?)line["notPlaceable"]);
        await overlord.SendAsync("PUT", "/v1/announcement/fake", worker.Announcement());
        Assert.Equal("ACTIVE", (string?)(await LineAsync(overlord))["state"]);
    }

    [Fact]
    public async Task Worker_that_has_taken_its_announcement_back_and_still_answers_is_followed_and_gets_no_tasks()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        await using var worker = await FakeWorker.StartAsync(overlord, 5);
        await overlord.SendAsync("DELETE", "/v1/announcement/fake");
        await overlord.UntilAsync("it gets no tasks", async () => await LineAsync(overlord) is var line && (bool?)line["followed"] == true && (string?)line["notPlaceable"] is { } reason && reason.StartsWith("announcement withdrawn: it took its announcement back", StringComparison.Ordinal));
        await overlord.SendAsync("PUT", "/v1/announcement/fake", worker.Announcement());
        await overlord.UntilAsync("it may get some", async () => await LineAsync(overlord) is var line && (bool?)line["followed"] == true && line["notPlaceable"] is null);
    }

    [Fact]
    public async Task Worker_of_another_environment_is_listed_with_the_reason_also_by_a_standby()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var leader = await RunningOverlord.StartAsync(database);
        await using var standby = await RunningOverlord.StartAsync(database, waitForLeadership: false);
        await using var worker = await FakeWorker.StartAsync(capacity: 5);
        foreach (var overlord in (RunningOverlord[])[leader, standby])
        {
            var refused = await overlord.SendAsync("PUT", "/v1/announcement/fake", worker.Announcement(environment: "staging"));
            Assert.Equal((400, "Environment mismatch. Expected: production, Provided: staging"), (refused.Status, refused.Body));
            var line = await LineAsync(overlord);
            Assert.Equal((null, "refused"), ((string?)line["state"], (string?)line["announcement"]!["standing"]));
            Assert.Matches(@"^wrong environment \(Environment mismatch. Expected: production, Provided: staging\), last PUT \d+ s ago from 127.0.0.1$", (string?)line["notPlaceable"]);
        }
        Assert.Equal((true, false), ((bool?)JsonNode.Parse((await leader.SendAsync("GET", Endpoint)).Body)!["leading"], (bool?)JsonNode.Parse((await standby.SendAsync("GET", Endpoint)).Body)!["leading"]));
    }

    [Fact]
    public async Task Overlord_says_what_it_is_as_Presto_does()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        Assert.Equal((200, "\"ACTIVE\""), ((await overlord.SendAsync("GET", "/v1/info/state")).Status, (await overlord.SendAsync("GET", "/v1/info/state")).Body));
        await overlord.UntilAsync("it knows its cluster", async () => await InfoAsync(overlord) is var known && known["clusterId"] is not null);
        var info = await InfoAsync(overlord);
        Assert.Equal((overlord.Address.Authority, WireProtocol.Release, "production", true, false, "ACTIVE", WireProtocol.Current),
            ((string?)info["nodeId"], (string?)info["nodeVersion"]!["version"], (string?)info["environment"], (bool?)info["coordinator"], (bool?)info["starting"], (string?)info["state"], (int?)info["protocol"]));
        Assert.Matches(@"^\d+\.\d\d(ms|s|m|h|d)$", (string?)info["uptime"]);
    }

    private static async Task<JsonNode> InfoAsync(RunningOverlord overlord) => JsonNode.Parse((await overlord.SendAsync("GET", "/v1/info")).Body)!;

    private static async Task<JsonNode> LineAsync(RunningOverlord overlord) => JsonNode.Parse((await overlord.SendAsync("GET", Endpoint)).Body)!["workers"]!.AsArray().Single()!;
}
