using System.Text.Json;
using Ingestion.Embedded;
using Ingestion.Support;

namespace Ingestion.EndToEnd;

/// <summary>Real processes with users and TLS on every listener.</summary>
public sealed class AccessTests(Servers servers)
{
    private const int HangUp = 1;

    [Fact]
    public async Task Overlord_and_worker_with_users_and_TLS_publish_everything()
    {
        var files = new AccessFiles(servers.NewFolder("access"));
        await using var pipeline = await servers.PipelineAsync(access: files);
        await pipeline.Stack.StartOverlordAsync("--request-log", Path.Combine(pipeline.Folder, "requests"));
        await pipeline.Stack.StartWorkerAsync();
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec().ToJsonString());
        pipeline.Produce(Events.Sample.Take(5_000));
        await pipeline.UntilAsync("the task's row counters come from the worker", async () => (await pipeline.Stack.Client.GetAsync($"/druid/indexer/v1/supervisor/{pipeline.Name}/stats")).ToString().Contains("\"processed\":", StringComparison.Ordinal));
        await pipeline.UntilPublishedAsync(5_000);
        Events.AssertExactly(Events.Sample.Take(5_000), await pipeline.RowsAsync());

        using var stranger = files.NewClient();
        using var refused = await stranger.GetAsync(new Uri(pipeline.Stack.Client.Address, "/druid/indexer/v1/tasks"), TestContext.Current.CancellationToken);
        Assert.Equal(401, (int)refused.StatusCode);
        Assert.Equal("operator", await pipeline.ScalarAsync<string>("SELECT DISTINCT author FROM druid_audit"));
        var callers = File.ReadLines(Path.Combine(pipeline.Folder, "requests", "requests.log")).Select(l => JsonDocument.Parse(l).RootElement)
            .Select(l => (l.GetProperty("caller").GetString(), l.GetProperty("path").GetString())).ToHashSet();
        Assert.Contains(("cluster", "/druid/indexer/v1/action"), callers);
        Assert.Contains(("operator", "/druid/indexer/v1/supervisor"), callers);
        await File.WriteAllTextAsync(files.Users, (await File.ReadAllTextAsync(files.Users, TestContext.Current.CancellationToken)).Replace($"\"{AccessFiles.Operator}\"", "\"former\"", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        pipeline.Stack.Overlord!.Signal(HangUp);
        await pipeline.UntilAsync("the operator is none any more", async () => (await pipeline.Stack.Client.SendAsync(HttpMethod.Get, "/druid/indexer/v1/tasks")).Status == 401);
        foreach (var log in Directory.GetFiles(pipeline.Folder, "*.log")) Assert.DoesNotContain(AccessFiles.Token, await File.ReadAllTextAsync(log, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Overlord_with_worker_in_one_process_works_with_users_and_TLS()
    {
        await using var pipeline = await servers.PipelineAsync(access: new AccessFiles(servers.NewFolder("access")));
        await pipeline.StartAllInOneAsync();
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec().ToJsonString());
        pipeline.Produce(Events.Sample.Take(2_000));
        await pipeline.UntilPublishedAsync(2_000);
        Events.AssertExactly(Events.Sample.Take(2_000), await pipeline.RowsAsync());
    }

    [Theory]
    [InlineData("overlord")]
    [InlineData("worker")]
    public async Task Listener_that_others_reach_does_not_start_without_users(string program)
    {
        var folder = servers.NewFolder("refused");
        string[] arguments = program == "overlord" ? ["--metadata", "Host=127.0.0.1", "--listen", "0.0.0.0:0"] : ["--overlords", "http://127.0.0.1:1", "--deep-storage", folder, "--work-dir", folder, "--listen", "0.0.0.0:0"];
        var path = program == "overlord" ? Programs.Overlord : Programs.Worker;
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => ChildProcess.StartAsync(path, arguments, Path.Combine(folder, $"{program}.log"), "it never says this"));
        Assert.Contains($"{program} ended with code 2", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"{program}: 0.0.0.0:0 can be reached from other machines", await File.ReadAllTextAsync(Path.Combine(folder, $"{program}.log"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
