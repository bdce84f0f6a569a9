using System.Text.Json;
using Ingestion.Embedded;
using Ingestion.Support;

namespace Ingestion.EndToEnd;

/// <summary>Deep storage on a real S3 server.</summary>
public sealed class S3Tests(Servers servers)
{
    private const string DeepStorage = $"s3://{S3Server.Bucket}/segments";

    [Fact]
    public async Task Events_are_published_to_s3_although_the_server_was_away_for_a_while()
    {
        Assert.SkipWhen(S3Server.Missing is not null, S3Server.Missing ?? "");
        await using var s3 = await S3Server.StartAsync(servers.NewFolder("s3"));
        await using var pipeline = await servers.PipelineAsync(deepStorage: DeepStorage);
        await pipeline.StartAllInOneAsync(4, s3.Options);
        await s3.KillAsync();
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec().ToJsonString());
        pipeline.Produce(Events.Sample.Take(2_000));
        await pipeline.UntilAsync("the status says why nothing is published", async () => (await pipeline.StatusTextAsync()).Contains($"S3 at {s3.Address.GetLeftPart(UriPartial.Authority)} cannot be reached", StringComparison.Ordinal));
        await s3.RestartAsync();
        await pipeline.UntilPublishedAsync(2_000);

        var rows = new List<IReadOnlyDictionary<string, object?>>();
        foreach (var loadSpec in await pipeline.LoadSpecsAsync()) rows.AddRange(await SegmentDumpTests.DumpAsync([loadSpec.GetRawText(), .. s3.Options]));
        Events.AssertExactly(Events.Sample.Take(2_000), rows);
        Assert.DoesNotContain(S3Server.SecretKey, ChildProcess.Tail(pipeline.Stack.Overlord!.LogPath, 100_000), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Druid_loads_the_segments_from_s3_and_its_sql_agrees_with_the_input()
    {
        Assert.SkipUnless(Servers.DruidScript is { Length: > 0 }, "needs a real Druid: DRUID_START names no script");
        Assert.SkipWhen(S3Server.Missing is not null, S3Server.Missing ?? "");
        await using var s3 = await S3Server.StartAsync(servers.NewFolder("s3"));
        await using var pipeline = await servers.PipelineAsync(deepStorage: DeepStorage);
        await pipeline.Stack.StartOverlordAsync();
        var worker = await pipeline.Stack.StartWorkerAsync(4, [.. s3.Options, "--druid.storage.disableAcl", "true"]);
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec().ToJsonString());
        pipeline.Produce(Events.Sample);
        await pipeline.UntilPublishedAsync(Events.Sample.Count);
        await pipeline.Stack.Overlord!.StopAsync(); // first, or it would replace the worker's tasks
        await worker.StopAsync();
        Assert.All(await pipeline.LoadSpecsAsync(), spec => Assert.Equal("s3_zip", spec.GetProperty("type").GetString()));

        await using var druid = await Druid.StartAsync(pipeline, s3, "zk", "coordinator", "historical", "broker");
        await pipeline.UntilAsync("Druid serves all rows", async () => await SumsAsync(druid, pipeline.Name) is { } sums && sums.GetProperty("n").GetInt64() == Events.Sample.Count);
        var events = Events.Sample.Select(e => JsonDocument.Parse(e).RootElement).ToList();
        var served = await SumsAsync(druid, pipeline.Name) ?? throw new InvalidOperationException("Druid serves nothing any more");
        Assert.Equal((events.Sum(e => e.GetProperty("added").GetInt64()), events.Sum(e => e.GetProperty("delta").GetInt64()), events.Sum(e => e.GetProperty("deleted").GetInt64())),
            (served.GetProperty("a").GetInt64(), served.GetProperty("d").GetInt64(), served.GetProperty("c").GetInt64()));
    }

    [Fact]
    public async Task Log_and_report_of_a_task_in_s3_are_answered_when_its_worker_is_gone()
    {
        Assert.SkipWhen(S3Server.Missing is not null, S3Server.Missing ?? "");
        await using var s3 = await S3Server.StartAsync(servers.NewFolder("s3"));
        await using var pipeline = await servers.PipelineAsync(deepStorage: DeepStorage);
        string[] logs = ["--task-logs", $"s3://{S3Server.Bucket}/logs/of tasks", .. s3.Options];
        await pipeline.Stack.StartOverlordAsync(logs);
        var worker = await pipeline.Stack.StartWorkerAsync(4, logs);
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec().ToJsonString());
        pipeline.Produce(Events.Sample.Take(2_000));
        await pipeline.UntilPublishedAsync(2_000);
        await pipeline.Stack.Client.SendAsync(HttpMethod.Post, $"/druid/indexer/v1/supervisor/{pipeline.Name}/suspend");
        await pipeline.UntilAsync("its tasks have ended", async () => await pipeline.ScalarAsync<long>("SELECT count(*) FROM druid_tasks WHERE active") == 0);
        await worker.StopAsync(); // it pushes what is left
        await pipeline.UntilAsync("the worker is gone", async () => (await pipeline.Stack.Client.GetAsync("/druid/indexer/v1/workers")).GetArrayLength() == 0);

        var ended = (await pipeline.Stack.Client.GetAsync("/druid/indexer/v1/completeTasks")).EnumerateArray().Select(t => t.GetProperty("id").GetString()!).ToList();
        Assert.NotEmpty(ended);
        foreach (var id in ended)
        {
            var log = await pipeline.Stack.Client.SendAsync(HttpMethod.Get, $"/druid/indexer/v1/task/{id}/log");
            Assert.Equal((id, 200, true), (id, log.Status, log.Body.Contains($"task [{id}] has ended after", StringComparison.Ordinal)));
            Assert.Equal((200, log.Body[^20..]), await pipeline.Stack.Client.SendAsync(HttpMethod.Get, $"/druid/indexer/v1/task/{id}/log?offset=-20"));
            var report = (await pipeline.Stack.Client.GetAsync($"/druid/indexer/v1/task/{id}/reports")).GetProperty("ingestionStatsAndErrors");
            Assert.Equal((id, "COMPLETED"), (report.GetProperty("taskId").GetString(), report.GetProperty("payload").GetProperty("ingestionState").GetString()));
        }
    }

    private static async Task<JsonElement?> SumsAsync(Druid druid, string dataSource) =>
        await druid.SqlAsync($"SELECT COUNT(*) AS n, SUM(\"added\") AS a, SUM(\"delta\") AS d, SUM(\"deleted\") AS c FROM \"{dataSource}\"") is [var row] ? row : null;
}
