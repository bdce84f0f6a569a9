using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ingestion.EndToEnd;

/// <summary>A supervisor without records holds no worker slot, and misses none when they come.</summary>
public sealed class IdleTests(Servers servers)
{
    [Fact]
    public async Task Idle_supervisor_gives_its_slots_back_and_reads_on_when_records_arrive()
    {
        await using var pipeline = await servers.PipelineAsync();
        await pipeline.StartAllInOneAsync();
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s =>
        {
            var io = s["spec"]!["ioConfig"]!;
            (io["period"], io["idleConfig"]) = ("PT1S", new JsonObject { ["enabled"] = true, ["inactiveAfterMillis"] = 1_000 });
        }).ToJsonString());
        for (var round = 0; round < 2; round++)
        {
            var sent = (round + 1) * 1_000;
            pipeline.Produce(Events.Sample.Skip(sent - 1_000).Take(1_000));
            await pipeline.UntilPublishedAsync(sent);
            await pipeline.UntilAsync("it is idle and nothing runs", async () => await pipeline.Stack.Client.StatusAsync(pipeline.Name) is var status && State(status) == ("IDLE", 0));
        }
        var waiting = await pipeline.Stack.Client.StatusAsync(pipeline.Name);
        Assert.Equal((0, 2_000L), (waiting.GetProperty("aggregateLag").GetInt32(), await pipeline.CommittedAsync()));
        Events.AssertExactly(Events.Sample.Take(2_000), await pipeline.RowsAsync());
    }

    private static (string?, int) State(JsonElement status) => (status.GetProperty("state").GetString(), status.GetProperty("activeTasks").GetArrayLength() + status.GetProperty("publishingTasks").GetArrayLength());
}
