using Ingestion.Embedded;

namespace Ingestion.EndToEnd;

/// <summary>Small installations, and the demo.</summary>
public sealed class AllInOneTests(Servers servers)
{
    [Fact]
    public async Task Overlord_with_worker_in_one_process_publishes_everything()
    {
        await using var pipeline = await servers.PipelineAsync();
        await pipeline.StartAllInOneAsync();
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec().ToJsonString());
        pipeline.Produce(Events.Sample.Take(5_000));
        await pipeline.UntilPublishedAsync(5_000);
        Events.AssertExactly(Events.Sample.Take(5_000), await pipeline.RowsAsync());
    }

    [Fact]
    public async Task Ids_may_have_any_letters_that_Druid_allows()
    {
        const string id = "wikip\u00e9dia #1?%41&+ 'x'";
        await using var pipeline = await servers.PipelineAsync();
        await pipeline.StartAllInOneAsync();
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s => s["spec"]!["dataSchema"]!["dataSource"] = id).ToJsonString());
        pipeline.Produce(Events.Sample.Take(2_000));
        await pipeline.UntilPublishedAsync(2_000, id);
        var supervisor = $"/druid/indexer/v1/supervisor/{Uri.EscapeDataString(id)}";
        Assert.Equal(id, (await pipeline.Stack.Client.GetAsync($"{supervisor}/status")).GetProperty("id").GetString());
        Assert.Equal(200, (await pipeline.Stack.Client.SendAsync(HttpMethod.Post, $"{supervisor}/suspend")).Status);
        await pipeline.UntilAsync("its tasks have ended", async () => await pipeline.ScalarAsync<long>("SELECT count(*) FROM druid_tasks WHERE active") == 0);
        var ended = (await pipeline.Stack.Client.GetAsync("/druid/indexer/v1/completeTasks")).EnumerateArray().Select(t => (Id: t.GetProperty("id").GetString()!, Code: t.GetProperty("statusCode").GetString())).ToList();
        Assert.All(ended, t => Assert.Equal((true, "SUCCESS"), (t.Id.StartsWith($"index_kafka_{id}_", StringComparison.Ordinal), t.Code)));
        var task = $"/druid/indexer/v1/task/{Uri.EscapeDataString(ended[0].Id)}";
        Assert.Contains($"task [{ended[0].Id}] succeeds", (await pipeline.Stack.Client.SendAsync(HttpMethod.Get, $"{task}/log")).Body, StringComparison.Ordinal);
        Assert.Equal(ended[0].Id, (await pipeline.Stack.Client.GetAsync($"{task}/reports")).GetProperty("ingestionStatsAndErrors").GetProperty("taskId").GetString());
    }

    [Fact]
    public async Task Demo_publishes_the_sample_with_the_mock_broker_and_leaves_no_process()
    {
        await using var demo = new DemoRun();
        await using var process = await demo.StartAsync("rows published");
        await process.WaitAsync(TimeSpan.FromSeconds(60));
        var output = await File.ReadAllTextAsync(process.LogPath);
        Assert.Contains("the broker is new and empty, so the demo starts afresh", output, StringComparison.Ordinal);
        Assert.Contains(" 39,244 rows published", output, StringComparison.Ordinal);
        Assert.Contains("#en.wikipedia", output, StringComparison.Ordinal);
        Assert.Equal([], demo.Processes());
    }

    [Fact]
    public async Task Demo_with_a_real_broker_adds_no_duplicate_unless_it_is_told_to_send_again()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("KAFKA_START") is { Length: > 0 }, "needs a real broker: KAFKA_START names no script");
        var script = Environment.GetEnvironmentVariable("KAFKA_START")!;
        await using var demo = new DemoRun();
        async Task<string> RunAsync(params string[] more)
        {
            await using var process = await demo.StartAsync("rows published", script, more);
            await process.WaitAsync(TimeSpan.FromSeconds(60));
            return await File.ReadAllTextAsync(process.LogPath);
        }

        Assert.Contains(" 39,244 rows published", await RunAsync(), StringComparison.Ordinal);
        var second = await RunAsync();
        Assert.Contains("topic wikipedia already holds the sample", second, StringComparison.Ordinal);
        Assert.Contains(" 39,244 rows published", second, StringComparison.Ordinal);
        var again = await RunAsync("--again");
        Assert.Contains(" 78,488 rows published", again, StringComparison.Ordinal);
        Assert.Equal(["#en.wikipedia 23,098", "#vi.wikipedia 19,494", "#de.wikipedia 5,046", "#fr.wikipedia 4,198", "#ru.wikipedia 2,772"],
            again.Split('\n').Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(w => w is [_, ['#', ..], _]).Select(w => $"{w[1]} {w[2]}"));
        Assert.Equal([], demo.Processes());
    }

    [Fact]
    public async Task Demo_that_loses_its_terminal_stops_what_it_started()
    {
        await using var demo = new DemoRun();
        await using var process = await demo.StartAsync("posted samples");
        process.Signal(DemoRun.HangUp);
        await process.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal([], demo.Processes());
    }

    [Fact]
    public async Task Overlord_worker_and_broker_do_not_outlive_a_killed_demo_and_the_next_one_stops_its_PostgreSQL()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/setpriv"), "needs util-linux' setpriv");
        await using var demo = new DemoRun();
        await using var killed = await demo.StartAsync("posted samples");
        Assert.Equal(["dev-broker", "overlord", "postgres", "worker"], demo.Processes().Select(DemoRun.Role).Where(r => r != "demo").Distinct().Order(StringComparer.Ordinal));
        await killed.KillAsync();
        await DemoRun.UntilAsync(() => demo.Processes().All(p => DemoRun.Role(p) == "postgres"), () => string.Join('\n', demo.Processes()));

        await using var next = await demo.StartAsync("rows published");
        await next.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal([], demo.Processes());
    }

    [Fact]
    public async Task Broker_script_that_hangs_is_killed_and_its_output_shown()
    {
        var folder = Directory.CreateTempSubdirectory("ingestion-hang-").FullName;
        try
        {
            var script = Path.Combine(folder, "kafka");
            await File.WriteAllTextAsync(script, "#!/bin/sh\n[ \"$1\" = start ] || exit 0\necho the port does not answer\nsleep 600\n");
            File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => KafkaBroker.StartAsync(folder, script, TimeSpan.FromSeconds(2)));
            Assert.Equal($"{script} start has not ended after 2 s and was killed; the end of {folder}/kafka-script.log:\nthe port does not answer", failure.Message);
            await DemoRun.UntilAsync(() => !DemoRun.AllProcesses().Any(p => p.CommandLine.Contains(folder, StringComparison.Ordinal)), () => "the script still runs");
        }
        finally { Directory.Delete(folder, recursive: true); }
    }
}
