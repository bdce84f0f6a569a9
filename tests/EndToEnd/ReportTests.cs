using System.Text;
using System.Text.Json;

namespace Ingestion.EndToEnd;

/// <summary>What the tasks of a supervisor report of what they read.</summary>
public sealed class ReportTests(Servers servers)
{
    private static readonly string[] Counters = ["processed", "processedBytes", "processedWithError", "thrownAway", "unparseable"];

    [Fact]
    public async Task Stats_and_parse_errors_of_all_tasks_are_gathered_by_group_and_time()
    {
        await using var pipeline = await servers.PipelineAsync();
        await pipeline.StartAllInOneAsync();
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s =>
        {
            (s["spec"]!["ioConfig"]!["taskCount"], s["spec"]!["ioConfig"]!["taskDuration"]) = (2, "PT1H");
            (s["spec"]!["tuningConfig"] ??= new System.Text.Json.Nodes.JsonObject { ["type"] = "kafka" })["maxSavedParseExceptions"] = 2;
        }).ToJsonString());
        // Round robin over two partitions: each has two that are no JSON.
        pipeline.Produce(Events.Sample.Take(100).Concat(Enumerable.Range(0, 6).Select(i => Encoding.UTF8.GetBytes($"bad {i}"))));
        await pipeline.UntilAsync("everything is read", async () => (await pipeline.ReadingAsync()).Values.Sum() == 106);

        var stats = await AskAsync(pipeline, "stats");
        Assert.Equal(["0", "1"], stats.EnumerateObject().Select(g => g.Name));
        var tasks = stats.EnumerateObject().Select(g => g.Value.EnumerateObject().Single()).ToList();
        Assert.Equal((await pipeline.ReadingAsync()).Keys.Order(StringComparer.Ordinal), tasks.Select(t => t.Name).Order(StringComparer.Ordinal));
        foreach (var task in tasks)
        {
            var totals = task.Value.GetProperty("totals").GetProperty("buildSegments");
            Assert.Equal(Counters, totals.EnumerateObject().Select(c => c.Name));
            Assert.Equal((50, 3), (totals.GetProperty("processed").GetInt32(), totals.GetProperty("unparseable").GetInt32()));
            foreach (var window in task.Value.GetProperty("movingAverages").GetProperty("buildSegments").EnumerateObject()) Assert.Equal(Counters, window.Value.EnumerateObject().Select(c => c.Name).Order(StringComparer.Ordinal));
        }

        var errors = (await AskAsync(pipeline, "parseErrors")).EnumerateArray().ToList();
        Assert.Equal(["bad 2", "bad 3", "bad 4", "bad 5"], errors.Select(e => e.GetProperty("input").GetString()).Order(StringComparer.Ordinal));
        var times = errors.Select(e => e.GetProperty("timeOfExceptionMillis").GetInt64()).ToList();
        Assert.Equal(times.OrderDescending(), times);
        Assert.All(errors, e => Assert.Equal(("unparseable", $"Unable to parse row [{e.GetProperty("input")}] (Record: 1)"), (e.GetProperty("errorType").GetString(), e.GetProperty("details")[0].GetString())));
    }

    [Fact]
    public async Task Running_task_reports_and_one_that_is_over_does_not()
    {
        await using var pipeline = await servers.PipelineAsync();
        await pipeline.StartAllInOneAsync();
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s => s["spec"]!["ioConfig"]!["taskDuration"] = "PT1H").ToJsonString());
        pipeline.Produce(Events.Sample.Take(100));
        await pipeline.UntilAsync("everything is read", async () => await pipeline.ReadAsync() == 100);
        var task = (await pipeline.ReadingAsync()).Keys.Single();
        var report = (await pipeline.Stack.Client.GetAsync($"/druid/indexer/v1/task/{task}/reports")).GetProperty("ingestionStatsAndErrors");
        Assert.Equal((task, "BUILD_SEGMENTS", 100), (report.GetProperty("taskId").GetString(), report.GetProperty("payload").GetProperty("ingestionState").GetString(),
            report.GetProperty("payload").GetProperty("rowStats").GetProperty("totals").GetProperty("buildSegments").GetProperty("processed").GetInt32()));
        await pipeline.SuspendAsync(100);
        await pipeline.UntilAsync("it is over", async () => (await pipeline.EndedTasksAsync())["SUCCESS"].Contains(task));
        Assert.Equal((404, "No task reports were found for this task. The task may not exist, or it may not have completed yet."), await pipeline.Stack.Client.SendAsync(HttpMethod.Get, $"/druid/indexer/v1/task/{task}/reports"));
        Assert.Equal((404, "Cannot find any task with id: [nope]"), await pipeline.Stack.Client.SendAsync(HttpMethod.Get, "/druid/indexer/v1/task/nope/reports"));
    }

    private static Task<JsonElement> AskAsync(Pipeline pipeline, string what) => pipeline.Stack.Client.GetAsync($"/druid/indexer/v1/supervisor/{pipeline.Name}/{what}");
}
