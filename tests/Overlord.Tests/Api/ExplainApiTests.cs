using System.Text.Json.Nodes;
using Ingestion.Support;

namespace Ingestion.Overlord.Tests.Api;

public sealed class ExplainApiTests(PostgresFixture postgres)
{
    private const string Path = "/druid/indexer/v1/supervisor";

    [Fact]
    public async Task Supervisor_without_a_broker_explains_that_it_waits_for_it()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        Assert.Equal(404, (await overlord.SendAsync("GET", $"{Path}/wiki/explain")).Status);
        await overlord.SendAsync("POST", Path, PostedSpecs.Wiki());
        await overlord.UntilAsync("the error shows", async () => (await overlord.SendAsync("GET", $"{Path}/wiki/explain")).Body.Contains("waits for Kafka to tell the partitions of topic [topic-1]: ", StringComparison.Ordinal));
        var explained = JsonNode.Parse((await overlord.SendAsync("GET", $"{Path}/wiki/explain")).Body)!.AsObject();
        Assert.Equal(["id", "generationTime", "detailedState", "summary", "warnings", "groups", "partitions"], explained.Select(m => m.Key));
    }

    [Fact]
    public async Task Dry_run_tells_and_does_nothing()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        var answer = await overlord.SendAsync("POST", $"{Path}?dryRun=true", PostedSpecs.Wiki(s => s["spec"]!["ioConfig"]!["startDelay"] = "PT1S"));
        var told = JsonNode.Parse(answer.Body)!;
        Assert.Equal((200, true, 0), (answer.Status, (bool)told["modified"]!, (int)told["tasks"]!["started"]!));
        Assert.Equal("""[{"path":"$.spec.ioConfig.startDelay","message":"there is nothing to wait for"}]""", told["notHonoured"]!.ToJsonString());
        Assert.NotEqual("", (string)told["streamTrouble"]!);
        Assert.Equal("[]", (await overlord.SendAsync("GET", Path)).Body);

        await overlord.SendAsync("POST", Path, PostedSpecs.Wiki());
        await overlord.UntilAsync("it is loaded", async () => !(await overlord.SendAsync("GET", $"{Path}/wiki/explain")).Body.Contains("being loaded", StringComparison.Ordinal));
        Assert.Equal(400, (await overlord.SendAsync("POST", $"{Path}?dryRun=true", PostedSpecs.Wiki(s => s["spec"]!["ioConfig"]!["topic"] = "topic-2"))).Status);
        Assert.Equal(400, (await overlord.SendAsync("POST", $"{Path}?dryRun=true", PostedSpecs.Wiki(s => s["spec"]!["ioConfig"]!["replicas"] = 0))).Status);
        Assert.Equal(200, (await overlord.SendAsync("POST", $"{Path}?dryRun=true", PostedSpecs.Wiki(s => s["suspended"] = true))).Status);
        Assert.Single(JsonNode.Parse((await overlord.SendAsync("GET", $"{Path}/wiki/history")).Body)!.AsArray());
    }
}
