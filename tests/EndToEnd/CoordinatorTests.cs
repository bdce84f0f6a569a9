using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ingestion.Support;

namespace Ingestion.EndToEnd;

/// <summary>An unmodified Coordinator of Druid 33 with auto-kill and auto-compaction, whose overlord is ours.</summary>
public sealed partial class CoordinatorTests(Servers servers)
{
    private static readonly string[] AutoKill =
    [
        "-Ddruid.coordinator.kill.on=true", "-Ddruid.coordinator.kill.period=PT2S", "-Ddruid.coordinator.kill.ignoreDurationToRetain=true", "-Ddruid.coordinator.kill.bufferPeriod=PT15S",
        "-Ddruid.coordinator.kill.maxSegments=100", "-Ddruid.coordinator.period.indexingPeriod=PT2S", "-Ddruid.coordinator.period.metadataStoreManagementPeriod=PT2S",
        .. ((string[])["supervisor", "audit", "rule", "datasource", "compaction"]).Select(what => $"-Ddruid.coordinator.kill.{what}.period=PT2S"),
    ];

    /// <summary>Each request that it sends (what differs from run to run has a name), with our status. With <c>RECORD_COORDINATOR=1</c> it is written instead, to be read as a diff.</summary>
    private static readonly string Golden = Path.Combine(Repository.Root, "tests", "EndToEnd", "Recorded", "coordinator-33.txt");

    [Fact]
    public async Task Coordinator_has_unused_segments_killed_and_goes_on_although_compaction_is_refused()
    {
        Assert.SkipUnless(Servers.DruidScript is { Length: > 0 }, "needs a real Druid: DRUID_START names no script");
        await using var pipeline = await servers.PipelineAsync();
        // Between the two, so that it is seen what the Coordinator asks: the overlord announces itself by that address.
        await using var proxy = await RecordingProxy.StartAsync(pipeline.Stack.Client.Address);
        await using var druid = await Druid.StartAsync(pipeline, AutoKill, ["zk", "coordinator", "historical"]);
        await pipeline.StartAllInOneAsync(capacity: 10, "--url", proxy.Address.GetLeftPart(UriPartial.Authority), "--druid-zookeeper", druid.ZooKeeper);
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec().ToJsonString());
        pipeline.Produce(Events.Sample.Take(2_000));
        await pipeline.UntilPublishedAsync(2_000);
        await pipeline.Stack.Client.SendAsync(HttpMethod.Post, $"/druid/indexer/v1/supervisor/{pipeline.Name}/suspend");
        await pipeline.UntilAsync("its tasks have ended", async () => await pipeline.ScalarAsync<long>("SELECT count(*) FROM druid_tasks WHERE active") == 0);
        var segments = await pipeline.ScalarAsync<long>("SELECT count(*) FROM druid_segments WHERE used");

        Assert.Equal(200, (await druid.SendAsync(HttpMethod.Post, "coordinator", "/druid/coordinator/v1/config", """{"killTaskSlotRatio":1.0,"maxKillTaskSlots":4}""")).Status);
        Assert.Equal(200, (await druid.SendAsync(HttpMethod.Post, "coordinator", "/druid/coordinator/v1/config/compaction/taskslots?ratio=1&max=4")).Status);
        Assert.Equal(200, (await druid.SendAsync(HttpMethod.Post, "coordinator", "/druid/coordinator/v1/config/compaction", $$"""{"dataSource":"{{pipeline.Name}}","skipOffsetFromLatest":"PT0S"}""")).Status);
        await pipeline.UntilAsync("the Coordinator asks our overlord", () => Task.FromResult(proxy.Requests.Any(r => r.Path == "/druid/indexer/v1/totalWorkerCapacity")));
        await UntilAsync(pipeline, proxy, "the Coordinator has asked for a compaction in vain", () => Posted(proxy, "compact", 400).Any());

        // Drop by a rule, which the Coordinator carries out by asking the overlord.
        Assert.Equal(200, (await druid.SendAsync(HttpMethod.Post, "coordinator", $"/druid/coordinator/v1/rules/{pipeline.Name}", """[{"type":"dropForever"}]""")).Status);
        await UntilAsync(pipeline, proxy, "the rule has dropped the segments", () => proxy.Requests.Any(r => r.Path == $"/druid/indexer/v1/datasources/{pipeline.Name}/markUnused"));
        await pipeline.UntilAsync("no segment is used", async () => await pipeline.ScalarAsync<long>("SELECT count(*) FROM druid_segments WHERE used") == 0);
        Assert.Equal(200, (await druid.SendAsync(HttpMethod.Post, "coordinator", $"/druid/coordinator/v1/rules/{pipeline.Name}", """[{"type":"loadForever","tieredReplicants":{"_default_tier":1}}]""")).Status);

        // Drop and load through the Coordinator's own API, which passes it on.
        var dataSource = $"/druid/coordinator/v1/datasources/{pipeline.Name}";
        Assert.Equal($"200 {segments}", Changed(await druid.SendAsync(HttpMethod.Post, "coordinator", $"{dataSource}/markUsed", """{"interval":"2000-01-01/2100-01-01"}""")));
        Assert.Equal($"200 {segments}", Changed(await druid.SendAsync(HttpMethod.Delete, "coordinator", dataSource)));
        Assert.Equal(0, await pipeline.ScalarAsync<long>("SELECT count(*) FROM druid_segments WHERE used"));
        // Druid's resource does not say what it produces: who does not ask for JSON hears an empty 500, after the deed, whoever the overlord is.
        Assert.Equal($"200 {segments}", Changed(await druid.SendAsync(HttpMethod.Post, "coordinator", dataSource, accept: "application/json")));
        Assert.Equal(segments, await pipeline.ScalarAsync<long>("SELECT count(*) FROM druid_segments WHERE used"));
        Assert.Equal($"200 {segments}", Changed(await druid.SendAsync(HttpMethod.Delete, "coordinator", dataSource)));
        await pipeline.UntilAsync("the unused segments are killed", async () => await pipeline.ScalarAsync<long>("SELECT count(*) FROM druid_segments") == 0);
        await pipeline.UntilAsync("the kill task has ended", async () => await pipeline.ScalarAsync<long>("SELECT count(*) FROM druid_tasks WHERE type = 'kill' AND NOT active") > 0);
        Assert.False(Directory.Exists(Path.Combine(pipeline.Stack.DeepStorage, pipeline.Name)));
        var task = (await pipeline.Stack.Client.GetAsync("/druid/indexer/v1/tasks?type=kill"))[0];
        Assert.StartsWith("coordinator-issued_kill_", task.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal("SUCCESS", task.GetProperty("statusCode").GetString());

        // It goes on: the next round asks again.
        var before = proxy.Requests.Count;
        await pipeline.UntilAsync("the Coordinator goes on", () => Task.FromResult(proxy.Requests.Skip(before).Count(r => r.Path.Contains("totalWorkerCapacity", StringComparison.Ordinal)) > 1));
        Assert.Equal([], proxy.Requests.Where(r => r.Status >= 500 || r.Status == 404).Select(r => $"{r.Method} {r.Path}: {r.Status} {r.Answer}"));
        var duties = (await druid.GetAsync("coordinator", "/druid/coordinator/v1/duties")).GetProperty("dutyGroups").EnumerateArray().ToList();
        Assert.Equal(["HistoricalManagementDuties PT2S", "IndexingServiceDuties PT2S", "MetadataStoreManagementDuties PT2S"], duties.Select(d => $"{d.GetProperty("name")} {d.GetProperty("period")}").Order(StringComparer.Ordinal));
        Assert.All(duties, d => Assert.Equal(System.Text.Json.JsonValueKind.String, d.GetProperty("lastRunEnd").ValueKind));
        if (Environment.GetEnvironmentVariable("RECORD_COORDINATOR") == "1") await File.WriteAllTextAsync(Golden, Asked(pipeline, proxy) + "\n", TestContext.Current.CancellationToken);
        var recorded = (await File.ReadAllTextAsync(Golden, TestContext.Current.CancellationToken)).TrimEnd('\n');
        await UntilAsync(pipeline, proxy, "it has asked all that it asks", () => !recorded.Split('\n').Except(Asked(pipeline, proxy).Split('\n')).Any());
        Assert.Equal(recorded, Asked(pipeline, proxy));
    }

    /// <summary>With what it asked so far, where it does not come to that.</summary>
    private static async Task UntilAsync(Pipeline pipeline, RecordingProxy proxy, string what, Func<bool> condition)
    {
        if (!await Waiting.UntilAsync(() => Task.FromResult(condition()), TimeSpan.FromSeconds(90))) Assert.Fail($"{pipeline.Name}: not within 90 s: {what}. Asked:\n{Asked(pipeline, proxy)}");
    }

    /// <summary>But for what our own worker asks, which goes by the same address.</summary>
    private static string Asked(Pipeline pipeline, RecordingProxy proxy) => string.Join('\n', proxy.Requests.Where(r => r.Path.StartsWith("/druid/indexer/v1/", StringComparison.Ordinal) && !r.Path.EndsWith("/action", StringComparison.Ordinal)).Select(r =>
        $"{r.Method} {Varying().Replace(r.Path, m => m.Value[0] == 'c' ? "{id}" : "interval={interval}").Replace(pipeline.Name, "{dataSource}", StringComparison.Ordinal)}{(TaskType().Match(r.Body) is { Success: true } type && r.Path.EndsWith("/task", StringComparison.Ordinal) ? $" ({type.Groups[1].Value})" : "")} {r.Status}")
        .Distinct().Order(StringComparer.Ordinal));

    private static IEnumerable<string> Posted(RecordingProxy proxy, string type, int status) =>
        proxy.Requests.Where(r => r.Method == "POST" && r.Path == "/druid/indexer/v1/task" && r.Status == status && r.Body.Contains($"\"type\":\"{type}\"", StringComparison.Ordinal)).Select(r => r.Body);

    private static string Changed((int Status, string Body) answer) => answer.Status == 200 ? $"200 {JsonNode.Parse(answer.Body)!["numChangedSegments"]}" : $"{answer.Status} {answer.Body}";

    [GeneratedRegex("coordinator-issued[^/?]*|interval=[^&]*")]
    private static partial Regex Varying();

    [GeneratedRegex(@"^\{""type"":""(\w+)""")]
    private static partial Regex TaskType();
}
