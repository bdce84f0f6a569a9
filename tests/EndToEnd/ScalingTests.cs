using System.Text.Json.Nodes;

namespace Ingestion.EndToEnd;

/// <summary>taskCount changes by itself, and replicas wait for each other, while events flow; each event is published exactly once.</summary>
public sealed class ScalingTests(Servers servers)
{
    [Fact]
    public async Task Auto_scaler_scales_out_and_in_and_loses_and_doubles_nothing()
    {
        await using var pipeline = await servers.PipelineAsync(partitions: 4);
        await pipeline.Stack.StartOverlordAsync();
        await pipeline.Stack.StartWorkerAsync(capacity: 12);
        var batches = new Queue<byte[][]>(Events.Sample.Chunk(Events.Sample.Count / 12 + 1));
        await pipeline.Stack.Client.PostSpecAsync(Scaling(pipeline, outFrom: 0, inUpTo: 0).ToJsonString());
        await ProduceUntilTaskCountIsAsync(pipeline, batches, 3, leave: 6);
        await pipeline.Stack.Client.PostSpecAsync(Scaling(pipeline, outFrom: 1_000_000, inUpTo: 1_000_000).ToJsonString());
        await ProduceUntilTaskCountIsAsync(pipeline, batches, 1, leave: 0);
        await pipeline.SuspendAsync(Events.Sample.Count);
        Events.AssertExactly(Events.Sample, await pipeline.RowsAsync());
        // posted, to 2, to 3, posted with 3, to 2, to 1, suspended
        Assert.Equal("1 2 3 3 2 1 1", await pipeline.ScalarAsync<string>("""SELECT string_agg(convert_from(payload, 'UTF8')::json -> 'ioConfig' ->> 'taskCount', ' ' ORDER BY id) FROM druid_supervisors"""));
    }

    [Fact]
    public async Task Replica_waits_for_its_slower_twin_and_reads_on_when_that_has_caught_up()
    {
        await using var pipeline = await servers.PipelineAsync();
        await pipeline.Stack.StartOverlordAsync();
        await Task.WhenAll(pipeline.Stack.StartWorkerAsync(), pipeline.Stack.StartWorkerAsync());
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s =>
        {
            s["spec"]!["ioConfig"]!["replicas"] = 2;
            s["spec"]!["ioConfig"]!["taskDuration"] = "PT1H";
            s["spec"]!["tuningConfig"]!["maxReplicaOffsetSkew"] = 1_000;
        }).ToJsonString());
        pipeline.Produce(Events.Sample.Take(1_000));
        await pipeline.UntilAsync("both replicas have read the first events", async () => (await pipeline.ReadingAsync()).Values is var read && read.Count() == 2 && read.All(r => r == 1_000));
        var slow = (await pipeline.ReadingAsync()).Keys.Order(StringComparer.Ordinal).First();
        await HoldAsync(pipeline, slow, TimeSpan.FromMinutes(1));
        pipeline.Produce(Events.Sample.Skip(1_000).Take(10_000));
        await pipeline.UntilAsync("the other one waits", async () => (await WaitsAsync(pipeline)) is { } waits && waits != slow);
        await HoldAsync(pipeline, slow, TimeSpan.Zero);
        pipeline.Produce(Events.Sample.Skip(11_000));
        await pipeline.SuspendAsync(Events.Sample.Count);
        Events.AssertExactly(Events.Sample, await pipeline.RowsAsync());
    }

    private static JsonNode Scaling(Pipeline pipeline, long outFrom, long inUpTo) => pipeline.Spec(s =>
    {
        var io = s["spec"]!["ioConfig"]!.AsObject();
        io.Remove("taskCount");
        io["taskDuration"] = "PT1H";
        io["autoScalerConfig"] = new JsonObject
        {
            ["enableTaskAutoScaler"] = true, ["taskCountMin"] = 1, ["taskCountMax"] = 3, ["scaleActionStartDelayMillis"] = 0, ["lagCollectionIntervalMillis"] = 200, ["lagCollectionRangeMillis"] = 200,
            ["scaleActionPeriodMillis"] = 300, ["minTriggerScaleActionFrequencyMillis"] = 0, ["scaleOutThreshold"] = outFrom, ["scaleInThreshold"] = inUpTo, ["scaleOutStep"] = 1,
        };
    });

    private static Task ProduceUntilTaskCountIsAsync(Pipeline pipeline, Queue<byte[][]> batches, int taskCount, int leave) => pipeline.UntilAsync($"taskCount is {taskCount}", async () =>
    {
        if (batches.Count > leave) pipeline.Produce(batches.Dequeue());
        var status = await pipeline.Stack.Client.StatusAsync(pipeline.Name);
        return batches.Count == leave && status.TryGetProperty("autoScaler", out var scaler) && scaler.GetProperty("taskCount").GetInt32() == taskCount && status.GetProperty("activeTasks").GetArrayLength() == taskCount;
    });

    /// <summary>The replica that says it waits for another because the overlord told it; not one that was held from here, which says so too.</summary>
    private static async Task<string?> WaitsAsync(Pipeline pipeline) => (await pipeline.Stack.Client.StatusAsync(pipeline.Name)).GetProperty("activeTasks").EnumerateArray()
        .Where(t => t.TryGetProperty("waitingFor", out var waiting) && waiting.GetString()!.Contains("waits for", StringComparison.Ordinal)).OrderByDescending(t => t.GetProperty("currentOffsets").EnumerateObject().Sum(o => o.Value.GetInt64()))
        .Select(t => t.GetProperty("id").GetString()).FirstOrDefault();

    private static async Task HoldAsync(Pipeline pipeline, string task, TimeSpan lease)
    {
        using var http = new HttpClient();
        using var response = await http.PostAsync(new Uri(await pipeline.ChatAsync(task), $"hold?leaseMillis={lease.TotalMilliseconds}"), null);
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}");
    }
}
