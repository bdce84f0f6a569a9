using System.Text.Json.Nodes;
using Ingestion.IndexTask.Segment;

namespace Ingestion.EndToEnd;

/// <summary>Two replicas on two workers read the same events; they are published once.</summary>
public sealed class ReplicaTests(Servers servers)
{
    [Fact]
    public async Task Replica_on_the_other_worker_publishes_when_one_is_killed_while_reading()
    {
        await using var pipeline = await servers.PipelineAsync();
        var replicas = await StartReplicasAsync(pipeline);
        pipeline.Produce(Events.Sample.Take(20_000));
        await pipeline.UntilAsync("both replicas have read something", async () => (await pipeline.ReadingAsync()).Values.Count(read => read > 0) == 2);
        var (killed, survivor) = await KillWorkerOfOneAsync(pipeline, replicas);
        pipeline.Produce(Events.Sample.Skip(20_000));
        await pipeline.UntilAsync("the killed worker's replica has failed", async () => (await pipeline.EndedTasksAsync())["FAILED"].Contains(killed));
        await pipeline.SuspendAsync(Events.Sample.Count);
        await AssertPublishedByAsync(pipeline, survivor, killed);
    }

    [Fact]
    public async Task Replica_on_the_other_worker_publishes_when_one_is_killed_while_publishing()
    {
        await using var pipeline = await servers.PipelineAsync();
        var replicas = await StartReplicasAsync(pipeline);
        pipeline.HoldPublishing();
        pipeline.Produce(Events.Sample);
        await pipeline.UntilAsync("both replicas have read everything", async () => (await pipeline.ReadingAsync()).Values.Count(read => read == Events.Sample.Count) == 2);
        Assert.Equal(200, (await pipeline.Stack.Client.SendAsync(HttpMethod.Post, $"/druid/indexer/v1/supervisor/{pipeline.Name}/suspend")).Status);
        await pipeline.UntilAsync("both replicas publish", async () => (await pipeline.PublishingAsync()).Count == 2);
        var (killed, survivor) = await KillWorkerOfOneAsync(pipeline, replicas);
        pipeline.LetPublish();
        await pipeline.UntilPublishedAsync(Events.Sample.Count);
        await AssertPublishedByAsync(pipeline, survivor, killed);
    }

    [Fact]
    public async Task Checkpoints_split_what_two_replicas_read_into_the_same_segments()
    {
        const int events = 12_000, maxRows = 1_500;
        await using var pipeline = await servers.PipelineAsync();
        var replicas = await StartReplicasAsync(pipeline, s => s["spec"]!["tuningConfig"]!["maxRowsPerSegment"] = maxRows);
        pipeline.Produce(Events.Sample.Take(events));
        await pipeline.UntilAsync("sequences are published while their tasks read on", async () => await pipeline.CommittedAsync() > 0);
        Assert.Equal(replicas.Keys.Order(StringComparer.Ordinal), (await pipeline.ReadingAsync()).Keys.Order(StringComparer.Ordinal));
        await pipeline.SuspendAsync(events);
        Events.AssertExactly(Events.Sample.Take(events), await pipeline.RowsAsync());
        // The row that fills a segment is in it, and those that were read until the pause.
        var rows = (await pipeline.SegmentPathsAsync()).Select(RowCount).ToList();
        Assert.True(rows.Count >= 4, $"segments of {string.Join(", ", rows)} rows");
        await pipeline.UntilAsync("both replicas have ended", async () => (await pipeline.EndedTasksAsync()).Sum(status => status.Count()) == 2);
        Assert.Equal(replicas.Keys.Order(StringComparer.Ordinal), (await pipeline.EndedTasksAsync())["SUCCESS"].Order(StringComparer.Ordinal));
    }

    /// <summary>The replicas, one on each of two workers, with the port of each one's worker.</summary>
    private static async Task<IReadOnlyDictionary<string, int>> StartReplicasAsync(Pipeline pipeline, Action<JsonNode>? change = null)
    {
        await pipeline.Stack.StartOverlordAsync();
        await Task.WhenAll(pipeline.Stack.StartWorkerAsync(), pipeline.Stack.StartWorkerAsync());
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s =>
        {
            s["spec"]!["ioConfig"]!["replicas"] = 2;
            s["spec"]!["ioConfig"]!["taskDuration"] = "PT1H";
            change?.Invoke(s);
        }).ToJsonString());
        await pipeline.UntilAsync("two replicas read", async () => (await pipeline.ReadingAsync()).Count == 2);
        var ports = new Dictionary<string, int>();
        foreach (var task in (await pipeline.ReadingAsync()).Keys) ports.Add(task, (await pipeline.ChatAsync(task)).Port);
        Assert.Equal(2, ports.Values.Distinct().Count());
        return ports;
    }

    private static async Task<(string Killed, string Survivor)> KillWorkerOfOneAsync(Pipeline pipeline, IReadOnlyDictionary<string, int> replicas)
    {
        var victim = pipeline.Stack.Workers[0];
        var port = int.Parse((await File.ReadAllLinesAsync(victim.LogPath)).First(l => l.StartsWith("worker listening", StringComparison.Ordinal)).Split(':')[^1], System.Globalization.CultureInfo.InvariantCulture);
        await victim.KillAsync();
        return (replicas.Single(r => r.Value == port).Key, replicas.Single(r => r.Value != port).Key);
    }

    private static async Task AssertPublishedByAsync(Pipeline pipeline, string survivor, string killed)
    {
        Events.AssertExactly(Events.Sample, await pipeline.RowsAsync());
        await pipeline.UntilAsync("both replicas have ended", async () => (await pipeline.EndedTasksAsync()) is var ended && ended["SUCCESS"].Contains(survivor) && ended.SelectMany(status => status).Contains(killed));
        // The killed one has failed, unless the other has published before its worker is known to be lost; it and a replacement that found no worker end then because they are not needed any more, and say so.
        Assert.Equal(survivor, await pipeline.ScalarAsync<string>("""
            SELECT string_agg(id, ' ') FROM (SELECT id, convert_from(status_payload, 'UTF8')::json AS status FROM druid_tasks WHERE NOT active) ended
            WHERE status ->> 'status' = 'SUCCESS' AND status ->> 'stopReason' IS NULL
            """));
    }

    private static int RowCount(string path)
    {
        using var segment = SegmentReader.Open(path);
        return segment.RowCount;
    }
}
