using System.Text.Json.Nodes;
using Ingestion.Support;

namespace Ingestion.Overlord.Tests.Api;

/// <summary>Resets and hand-offs over HTTP, without a broker: what Druid 33 answered, and better words where it answered with a stack trace.</summary>
public sealed class OffsetsApiTests(PostgresFixture postgres)
{
    private const string Wiki = "/druid/indexer/v1/supervisor/wiki";

    [Fact]
    public async Task Offsets_are_moved_and_deleted_and_groups_handed_off_as_druid_answers_it()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        await overlord.SendAsync("POST", "/druid/indexer/v1/supervisor", PostedSpecs.Wiki());

        Assert.Equal((200, """{"id":"wiki"}"""), await SendAsync(overlord, "resetOffsets", Metadata("""{"0":500,"2":7}""")));
        Assert.Equal("""{"0":500,"2":7}""", await CommittedAsync(overlord));
        Assert.Equal((200, """{"id":"wiki"}"""), await SendAsync(overlord, "resetOffsets", Metadata("""{"0":400}""")));
        Assert.Equal("""{"0":400,"2":7}""", await CommittedAsync(overlord));
        Assert.Equal((200, """{"id":"wiki"}"""), await SendAsync(overlord, "resetOffsets", Metadata("{}")));
        Assert.Equal((200, """{"id":"wiki"}"""), await SendAsync(overlord, "reset", "{}"));
        Assert.Equal("{}", await CommittedAsync(overlord));
        Assert.Equal((200, ""), await SendAsync(overlord, "taskGroups/handoff", """{"taskGroupIds":[0,99]}"""));
        Assert.Equal((400, """{"error":"List of task groups to handoff can't be empty"}"""), await SendAsync(overlord, "taskGroups/handoff", "{}"));
    }

    [Fact]
    public async Task Moved_offsets_outlive_the_overlord()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using (var first = await RunningOverlord.StartAsync(database))
        {
            await first.SendAsync("POST", "/druid/indexer/v1/supervisor", PostedSpecs.Wiki());
            await SendAsync(first, "resetOffsets", Metadata("""{"0":500}"""));
        }
        await using var second = await RunningOverlord.StartAsync(database);
        await second.UntilAsync("it is loaded", async () => await CommittedAsync(second) == """{"0":500}""");
    }

    [Theory]
    [InlineData("resetOffsets", "", "is not dataSource metadata")]
    [InlineData("resetOffsets", "null", "Datasource metadata required for resetOffsets")]
    [InlineData("resetOffsets", "{\"type\":\"kinesis\"}", "Datasource metadata required for resetOffsets")]
    [InlineData("resetOffsets", "{\"type\":\"kafka\"}", "is not an end sequence")]
    [InlineData("resetOffsets", "{\"type\":\"kafka\",\"partitions\":{\"type\":\"start\",\"stream\":\"topic-1\",\"partitionOffsetMap\":{\"0\":5}}}", "is not an end sequence")]
    [InlineData("resetOffsets", "{\"type\":\"kafka\",\"partitions\":{\"type\":\"end\",\"stream\":\"other\",\"partitionOffsetMap\":{\"0\":5}}}", "Supervisor is consuming stream[topic-1].")]
    [InlineData("resetOffsets", "{\"type\":\"kafka\",\"partitions\":{\"type\":\"end\",\"stream\":\"topic-1\",\"partitionOffsetMap\":{\"0\":-5}}}", "is negative")]
    [InlineData("reset?to=middle", "{}", "use earliest or latest")]
    [InlineData("reset?to=latest", "{}", "are not known yet")]
    [InlineData("taskGroups/handoff", "[0]", "is not like")]
    public async Task What_cannot_be_done_is_refused_in_words(string path, string body, string words)
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        await overlord.SendAsync("POST", "/druid/indexer/v1/supervisor", PostedSpecs.Wiki());
        var (status, answer) = await SendAsync(overlord, path, body);
        Assert.Equal(400, status);
        Assert.Contains(words, (string)JsonNode.Parse(answer)!["error"]!, StringComparison.Ordinal);
    }

    private static async Task<(int, string)> SendAsync(RunningOverlord overlord, string path, string body)
    {
        var answer = await overlord.SendAsync("POST", $"{Wiki}/{path}", body);
        return (answer.Status, answer.Body);
    }

    private static async Task<string> CommittedAsync(RunningOverlord overlord) =>
        JsonNode.Parse((await overlord.SendAsync("GET", $"{Wiki}/status")).Body)!["payload"]!["committedOffsets"]!.ToJsonString();

    private static string Metadata(string offsets) => $$$"""{"type":"kafka","partitions":{"type":"end","stream":"topic-1","partitionOffsetMap":{{{offsets}}} } }""";
}
