using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

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
    public async Task Request_is_followed_by_its_id_from_the_overlord_to_the_worker_and_the_tasks_log()
    {
        await using var pipeline = await servers.PipelineAsync();
        await pipeline.Stack.StartOverlordAsync();
        var worker = await pipeline.Stack.StartWorkerAsync();
        await PostAsync("supervisor", "post-1", pipeline.Spec(s => s["spec"]!["ioConfig"]!["taskDuration"] = "PT1H").ToJsonString());
        pipeline.Produce(Events.Sample.Take(100));
        await pipeline.UntilAsync("everything is read", async () => await pipeline.ReadAsync() == 100);
        var task = (await pipeline.ReadingAsync()).Keys.Single();
        await PostAsync($"supervisor/{pipeline.Name}/suspend", "suspend-1", "");
        await pipeline.UntilAsync("it is over", async () => (await pipeline.EndedTasksAsync())["SUCCESS"].Contains(task));

        var assigned = IdOf(await File.ReadAllTextAsync(worker.LogPath, TestContext.Current.CancellationToken), $@"task \[{task}\] is assigned by request (\S+)");
        Assert.Equal(assigned, IdOf(await File.ReadAllTextAsync(pipeline.Stack.Overlord!.LogPath, TestContext.Current.CancellationToken), $@"Task \[{task}\] is on worker \[.*\] \(request (\S+)\)"));
        var log = (await LogAsync(pipeline, task)).Body;
        Assert.Equal("suspend-1", IdOf(log, @"asked: /pause \(request (\S+)\)"));
        Assert.NotEmpty(IdOf(log, @"asked: /offsets/end \(request (\S+)\)"));

        static string IdOf(string log, string pattern) => Regex.Match(log, pattern).Groups[1].Value is { Length: > 0 } id ? id : throw new InvalidOperationException($"{pattern} is not in\n{log}");

        async Task PostAsync(string path, string id, string body)
        {
            using var client = new HttpClient();
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(pipeline.Stack.Client.Address, $"/druid/indexer/v1/{path}")) { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
            request.Headers.Add("X-Request-Id", id);
            using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal((200, id), ((int)answer.StatusCode, answer.Headers.GetValues("X-Request-Id").Single()));
        }
    }

    [Fact]
    public async Task Report_and_log_of_a_task_are_served_while_it_runs_and_after_its_worker_is_gone()
    {
        await using var pipeline = await servers.PipelineAsync();
        await pipeline.Stack.StartOverlordAsync("--task-logs", Path.Combine(pipeline.Folder, "task-logs")); // the worker's default
        var worker = await pipeline.Stack.StartWorkerAsync();
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s => s["spec"]!["ioConfig"]!["taskDuration"] = "PT1H").ToJsonString());
        pipeline.Produce(Events.Sample.Take(100));
        await pipeline.UntilAsync("everything is read", async () => await pipeline.ReadAsync() == 100);
        var task = (await pipeline.ReadingAsync()).Keys.Single();
        var report = (await TaskAsync(pipeline, task, "reports")).GetProperty("ingestionStatsAndErrors");
        Assert.Equal((task, "BUILD_SEGMENTS", 100), (report.GetProperty("taskId").GetString(), report.GetProperty("payload").GetProperty("ingestionState").GetString(),
            report.GetProperty("payload").GetProperty("rowStats").GetProperty("totals").GetProperty("buildSegments").GetProperty("processed").GetInt32()));
        var running = await LogAsync(pipeline, task);
        Assert.Contains($"task [{task}] starts", running.Body, StringComparison.Ordinal);

        await pipeline.SuspendAsync(100);
        await pipeline.UntilAsync("it is over", async () => (await pipeline.EndedTasksAsync())["SUCCESS"].Contains(task));
        await pipeline.UntilAsync("its files are pushed", () => Task.FromResult(File.Exists(Path.Combine(pipeline.Folder, "task-logs", $"{task}.log"))));
        await worker.KillAsync();
        var payload = (await TaskAsync(pipeline, task, "reports")).GetProperty("ingestionStatsAndErrors").GetProperty("payload");
        Assert.Equal(("COMPLETED", 100, 100), (payload.GetProperty("ingestionState").GetString(), payload.GetProperty("rowStats").GetProperty("buildSegments").GetProperty("processed").GetInt32(),
            payload.GetProperty("recordsProcessed").EnumerateObject().Sum(p => p.Value.GetInt32())));
        var (status, whole) = await LogAsync(pipeline, task);
        Assert.Equal(200, status);
        Assert.StartsWith(running.Body, whole, StringComparison.Ordinal);
        Assert.Contains($"task [{task}] succeeds", whole, StringComparison.Ordinal);
        Assert.Equal((200, whole[^100..]), await LogAsync(pipeline, task, "?offset=-100"));
        Assert.Equal((200, whole[100..]), await LogAsync(pipeline, task, "?offset=100"));
        Assert.Equal((200, ""), await LogAsync(pipeline, task, $"?offset={whole.Length + 1}"));
        Assert.Equal(400, (await LogAsync(pipeline, task, "?offset=ten")).Status);
        foreach (var what in (string[])["reports", "log"])
            Assert.Equal((404, "Cannot find any task with id: [nope]"), await pipeline.Stack.Client.SendAsync(HttpMethod.Get, $"/druid/indexer/v1/task/nope/{what}"));
    }

    [Fact]
    public async Task Failed_task_has_its_log_and_its_report_with_the_reason_from_its_worker_where_no_folder_is_shared()
    {
        await using var pipeline = await servers.PipelineAsync(partitions: 1);
        await pipeline.Stack.StartOverlordAsync();
        await pipeline.Stack.StartWorkerAsync();
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s =>
        {
            s["spec"]!["ioConfig"]!["taskDuration"] = "PT1H";
            (s["spec"]!["tuningConfig"] ??= new System.Text.Json.Nodes.JsonObject { ["type"] = "kafka" })["maxParseExceptions"] = 0;
        }).ToJsonString());
        pipeline.Produce([.. Events.Sample.Take(10), Encoding.UTF8.GetBytes("bad")]);
        await pipeline.UntilAsync("a task has failed", async () => (await pipeline.EndedTasksAsync())["FAILED"].Any());
        var task = (await pipeline.EndedTasksAsync())["FAILED"].First();
        var payload = (await TaskAsync(pipeline, task, "reports")).GetProperty("ingestionStatsAndErrors").GetProperty("payload");
        const string Reason = "Max parse exceptions[0] exceeded: Unable to parse row [bad] (Record: 1)";
        Assert.Equal(("BUILD_SEGMENTS", Reason), (payload.GetProperty("ingestionState").GetString(), payload.GetProperty("errorMsg").GetString()));
        var (status, log) = await LogAsync(pipeline, task);
        Assert.Equal(200, status);
        Assert.Contains($"ERROR [task {task}] Ingestion.IndexTask.Hosting.IndexTaskRunner - task [{task}] fails\n", log, StringComparison.Ordinal);
        Assert.Contains(Reason, log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_of_a_killed_workers_task_is_pushed_by_the_next_worker_there()
    {
        await using var pipeline = await servers.PipelineAsync();
        await pipeline.Stack.StartOverlordAsync();
        string[] there = ["--work-dir", Path.Combine(pipeline.Folder, "work")];
        var worker = await pipeline.Stack.StartWorkerAsync(4, there);
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s => s["spec"]!["ioConfig"]!["taskDuration"] = "PT1H").ToJsonString());
        pipeline.Produce(Events.Sample.Take(100));
        await pipeline.UntilAsync("everything is read", async () => await pipeline.ReadAsync() == 100);
        var task = (await pipeline.ReadingAsync()).Keys.Single();
        await worker.KillAsync();
        await pipeline.UntilAsync("the task is lost", async () => (await pipeline.EndedTasksAsync())["FAILED"].Contains(task));
        Assert.Equal((404, "No log was found for this task. The task may not exist, or it may not have begun running yet. (no worker that answers has it, and this overlord was started without --task-logs)"), await LogAsync(pipeline, task));

        await pipeline.Stack.StartWorkerAsync(4, there);
        await pipeline.UntilAsync("what it had written is there", async () => await LogAsync(pipeline, task) is (200, var log) && log.Contains($"task [{task}] starts", StringComparison.Ordinal));
        Assert.Equal((404, "No task reports were found for this task. The task may not exist, or it may not have completed yet. (no worker that answers has it, and this overlord was started without --task-logs)"),
            await pipeline.Stack.Client.SendAsync(HttpMethod.Get, $"/druid/indexer/v1/task/{task}/reports"));
    }

    private static Task<JsonElement> TaskAsync(Pipeline pipeline, string task, string what) => pipeline.Stack.Client.GetAsync($"/druid/indexer/v1/task/{task}/{what}");

    private static Task<(int Status, string Body)> LogAsync(Pipeline pipeline, string task, string query = "") => pipeline.Stack.Client.SendAsync(HttpMethod.Get, $"/druid/indexer/v1/task/{task}/log{query}");

    private static Task<JsonElement> AskAsync(Pipeline pipeline, string what) => pipeline.Stack.Client.GetAsync($"/druid/indexer/v1/supervisor/{pipeline.Name}/{what}");
}
