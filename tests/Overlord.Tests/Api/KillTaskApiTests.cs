using System.Text.Json.Nodes;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Tasks.Kill;
using Ingestion.Overlord.Tests.Metadata;
using Ingestion.Support;

namespace Ingestion.Overlord.Tests.Api;

/// <summary>Druid's <c>kill</c> tasks, which the leading overlord runs.</summary>
public sealed class KillTaskApiTests(PostgresFixture postgres) : IDisposable
{
    private const string Base = "/druid/indexer/v1", Longest = "0001-01-01T00:00:00.000Z/9000-01-01T00:00:00.000Z";
    private readonly DirectoryInfo deepStorage = Directory.CreateTempSubdirectory("kill-tasks-");

    public void Dispose() => deepStorage.Delete(recursive: true);

    [Fact]
    public async Task Unused_segments_of_the_interval_are_deleted_with_their_files_and_all_others_stay()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await SegmentAsync(world, "2015-09-11");
        await SegmentAsync(world, "2015-09-12");
        await SegmentAsync(world, "2015-09-13");
        await SegmentAsync(world, "2015-09-13", "v2", used: true);
        await SegmentAsync(world, "2015-09-14");
        await using var overlord = await StartAsync(world);
        var (status, body) = await PostAsync(overlord, """{"type":"kill","dataSource":"wiki","interval":"2015-09-12/2015-09-14"}""");
        Assert.Equal(200, status);
        var id = (string)JsonNode.Parse(body)!["task"]!;
        Assert.Matches(@"^kill_wiki_[a-p]{8}_2015-09-12T00:00:00\.000Z_2015-09-14T00:00:00\.000Z_20\d\d-", id);
        Assert.Equal("SUCCESS", await EndOfAsync(overlord, id));
        Assert.Equal(["wiki_2015-09-11_v1", "wiki_2015-09-13_v2", "wiki_2015-09-14_v1"], await world.QueryAsync<string>("SELECT id FROM druid_segments ORDER BY id"));
        Assert.Equal(["2015-09-11/v1", "2015-09-13/v2", "2015-09-14/v1"], Files());
        Assert.Empty(await world.QueryAsync<string>("SELECT task_id FROM druid_tasklocks"));

        var listed = JsonNode.Parse((await overlord.SendAsync("GET", $"{Base}/tasks?type=kill&datasource=wiki")).Body)!.AsArray().Single()!;
        Assert.Equal((id, id, "kill", "SUCCESS", "NONE", "wiki"), ((string)listed["id"]!, (string)listed["groupId"]!, (string)listed["type"]!, (string)listed["statusCode"]!, (string)listed["runnerStatusCode"]!, (string)listed["dataSource"]!));
        Assert.Equal("{\"killUnusedSegments\":{\"type\":\"killUnusedSegments\",\"taskId\":\"" + id + "\",\"payload\":{\"numSegmentsKilled\":2,\"numBatchesProcessed\":2}}}", (await overlord.SendAsync("GET", $"{Base}/task/{id}/reports")).Body);
        Assert.Contains("[2] segments killed", (await overlord.SendAsync("GET", $"{Base}/task/{id}/log")).Body, StringComparison.Ordinal);
        Assert.Equal("2015-09-12T00:00:00.000Z/2015-09-14T00:00:00.000Z", (string)JsonNode.Parse((await overlord.SendAsync("GET", $"{Base}/task/{id}")).Body)!["payload"]!["interval"]!);
    }

    [Fact]
    public async Task Limit_batches_versions_and_time_since_unused_choose_what_is_deleted()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        for (var day = 10; day < 20; day++) await SegmentAsync(world, $"2015-09-{day}", day < 15 ? "v1" : "v2", unusedSince: $"2020-01-{day}T00:00:00.000Z");
        await using var overlord = await StartAsync(world);
        await PostAsync(overlord, $$"""{"type":"kill","id":"k1","dataSource":"wiki","interval":"{{Longest}}","limit":3,"batchSize":2}""");
        Assert.Equal("SUCCESS", await EndOfAsync(overlord, "k1"));
        Assert.Equal(7, Files().Count);
        Assert.Contains("""{"numSegmentsKilled":3,"numBatchesProcessed":2}""", (await overlord.SendAsync("GET", $"{Base}/task/k1/reports")).Body, StringComparison.Ordinal);
        await PostAsync(overlord, $$"""{"type":"kill","id":"k2","dataSource":"wiki","interval":"{{Longest}}","versions":["v2"],"maxUsedStatusLastUpdatedTime":"2020-01-16T00:00:00.000Z"}""");
        Assert.Equal("SUCCESS", await EndOfAsync(overlord, "k2"));
        Assert.Equal(["2015-09-13/v1", "2015-09-14/v1", "2015-09-17/v2", "2015-09-18/v2", "2015-09-19/v2"], Files());
        Assert.Equal((400, """{"error":"druidException","errorCode":"entryAlreadyExists","persona":"USER","category":"INVALID_INPUT","errorMessage":"Task[k2] already exists","context":{}}"""), await PostAsync(overlord, $$"""{"type":"kill","id":"k2","dataSource":"wiki","interval":"{{Longest}}"}"""));
    }

    [Fact]
    public async Task Kill_waits_for_the_locks_of_others_and_can_be_stopped_meanwhile()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await SegmentAsync(world, "2015-09-12");
        await world.StartAsync(MetadataWorld.Payload("t1"));
        await world.AllocateAsync("t1");
        await using var overlord = await StartAsync(world);
        await PostAsync(overlord, """{"type":"kill","id":"stopped","dataSource":"wiki","interval":"2015-09-12/2015-09-13"}""");
        await PostAsync(overlord, """{"type":"kill","id":"waits","dataSource":"wiki","interval":"2015-09-12/2015-09-13"}""");
        await PostAsync(overlord, """{"type":"kill","id":"free","dataSource":"wiki","interval":"2015-09-20/2015-09-21"}""");
        Assert.Equal("SUCCESS", await EndOfAsync(overlord, "free")); // it came after those that wait
        Assert.Equal("stopped waits", string.Join(' ', JsonNode.Parse((await overlord.SendAsync("GET", $"{Base}/waitingTasks")).Body)!.AsArray().Select(t => (string)t!["id"]!).Order(StringComparer.Ordinal)));
        Assert.Equal(200, (await overlord.SendAsync("POST", $"{Base}/task/stopped/shutdown", "{}")).Status);
        Assert.Equal("FAILED", await EndOfAsync(overlord, "stopped"));
        Assert.Equal(200, (await overlord.SendAsync("POST", $"{Base}/task/t1/shutdown", "{}")).Status);
        Assert.Equal("SUCCESS", await EndOfAsync(overlord, "waits"));
        Assert.Empty(Files());
    }

    [Fact]
    public async Task New_leader_goes_on_with_what_another_left()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await SegmentAsync(world, "2015-09-12");
        await BegunAsync(world, "left");
        await using var overlord = await StartAsync(world);
        Assert.Equal("SUCCESS", await EndOfAsync(overlord, "left"));
        Assert.Empty(Files());
    }

    [Fact]
    public async Task Stale_leader_and_one_whose_task_was_stopped_delete_nothing()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await SegmentAsync(world, "2015-09-12");
        var (rows, task) = await BegunAsync(world, "k");
        await Assert.ThrowsAsync<FencedException>(() => rows.DeleteAsync(MetadataWorld.Epoch - 1, task, 10, new HashSet<string>(), _ => null, default));
        await world.ExecuteAsync("DELETE FROM druid_tasklocks");
        Assert.Null(await rows.DeleteAsync(MetadataWorld.Epoch, task, 10, new HashSet<string>(), _ => null, default));
        Assert.True(await rows.TryLockAsync(MetadataWorld.Epoch, task, default));
        await world.FinishAsync("k");
        Assert.Null(await rows.TryLockAsync(MetadataWorld.Epoch, task, default));
        Assert.Null(await rows.DeleteAsync(MetadataWorld.Epoch, task, 10, new HashSet<string>(), _ => null, default));
        Assert.Equal(["wiki_2015-09-12_v1"], await world.QueryAsync<string>("SELECT id FROM druid_segments"));
    }

    [Fact]
    public async Task Files_that_another_row_names_stay_until_that_goes_too()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await SegmentAsync(world, "2015-09-12");
        await SegmentAsync(world, "2015-09-12", "v2", used: true, files: "2015-09-12/v1"); // as an older Druid upgraded it
        await SegmentAsync(world, "2015-09-13");
        await SegmentAsync(world, "2015-09-13", "v2", files: "2015-09-13/v1", unusedSince: "2099-01-01T00:00:00.000Z");
        await world.ExecuteAsync("UPDATE druid_segments SET upgraded_from_segment_id = 'wiki_2015-09-13_v1' WHERE id = 'wiki_2015-09-13_v2'");
        await using var overlord = await StartAsync(world);
        await PostAsync(overlord, $$"""{"type":"kill","id":"k1","dataSource":"wiki","interval":"{{Longest}}","maxUsedStatusLastUpdatedTime":"2030-01-01T00:00:00.000Z"}""");
        Assert.Equal("SUCCESS", await EndOfAsync(overlord, "k1"));
        Assert.Equal(["wiki_2015-09-12_v2", "wiki_2015-09-13_v2"], await world.QueryAsync<string>("SELECT id FROM druid_segments ORDER BY id"));
        Assert.Equal(["2015-09-12/v1", "2015-09-13/v1"], Files());
        await PostAsync(overlord, $$"""{"type":"kill","id":"k2","dataSource":"wiki","interval":"{{Longest}}"}""");
        Assert.Equal("SUCCESS", await EndOfAsync(overlord, "k2"));
        Assert.Equal(["2015-09-12/v1"], Files());
    }

    [Fact]
    public async Task Kill_of_segments_that_lie_elsewhere_fails_and_deletes_nothing()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await SegmentAsync(world, "2015-09-12");
        await SegmentAsync(world, "2015-09-13", files: "/elsewhere");
        await using var overlord = await StartAsync(world);
        await PostAsync(overlord, $$"""{"type":"kill","id":"k1","dataSource":"wiki","interval":"{{Longest}}"}""");
        Assert.Equal("FAILED", await EndOfAsync(overlord, "k1"));
        Assert.Contains("Segment[wiki_2015-09-13_v1] cannot be removed from deep storage: it does not lie in [", (await overlord.SendAsync("GET", $"{Base}/task/k1/status")).Body, StringComparison.Ordinal);
        Assert.Equal(["wiki_2015-09-12_v1", "wiki_2015-09-13_v1"], await world.QueryAsync<string>("SELECT id FROM druid_segments ORDER BY id"));
    }

    [Fact]
    public async Task Mistakes_are_400_with_their_paths()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync(), more: ["--deep-storage", deepStorage.FullName]);
        var (status, body) = await PostAsync(overlord, """{"type":"kill","id":"a/b","interval":"2015","versions":[1],"batchSize":0,"limit":-1,"maxUsedStatusLastUpdatedTime":"then","context":{"taskLockType":"NONE"}}""");
        Assert.Equal(400, status);
        Assert.Equal("$.dataSource $.interval $.versions[0] $.batchSize $.limit $.maxUsedStatusLastUpdatedTime $.context.taskLockType $.id", Paths(body));
        (status, body) = await PostAsync(overlord, """{"type":"kill","dataSource":"wiki","interval":"2015/2016","versions":["\ud800"]}""");
        Assert.Equal((400, "$.versions[0]"), (status, Paths(body)));
        // As Druid's Coordinator has it.
        Assert.Equal((200, """{"task":"k"}"""), await PostAsync(overlord, $$"""{"type":"kill","id":"k","dataSource":"wiki","interval":"{{Longest}}","type":"kill"}"""));
    }

    private static string Paths(string body) => string.Join(' ', JsonNode.Parse(body)!["problems"]!.AsArray().Select(p => (string)p!["path"]!));

    /// <summary>A task of everything that is stored and has its lock.</summary>
    private static async Task<(KillRows Rows, KillTask Task)> BegunAsync(MetadataWorld world, string id)
    {
        using var json = System.Text.Json.JsonDocument.Parse($$"""{"type":"kill","id":"{{id}}","dataSource":"wiki","interval":"{{Longest}}"}""");
        var (rows, task) = (new KillRows(world.Storage, world.Transactions, world.Lockbox, TimeProvider.System), KillTask.Read(json.RootElement, MetadataWorld.Noon, () => "", [])!);
        Assert.True(await rows.InsertAsync(MetadataWorld.Epoch, task, AuditContext.Overlord, default));
        Assert.True(await rows.TryLockAsync(MetadataWorld.Epoch, task, default));
        return (rows, task);
    }

    private Task<RunningOverlord> StartAsync(MetadataWorld world) => RunningOverlord.StartAsync(world.Storage.ConnectionString, more: ["--deep-storage", deepStorage.FullName]);

    private static async Task<(int Status, string Body)> PostAsync(RunningOverlord overlord, string task)
    {
        var answer = await overlord.SendAsync("POST", $"{Base}/task", task);
        return (answer.Status, answer.Body);
    }

    private static async Task<string> EndOfAsync(RunningOverlord overlord, string id)
    {
        var state = "";
        await overlord.UntilAsync($"[{id}] has ended", async () => (state = (string)JsonNode.Parse((await overlord.SendAsync("GET", $"{Base}/task/{id}/status")).Body)!["status"]!["statusCode"]!) != "RUNNING");
        return state;
    }

    /// <summary>A segment of a day, with a file in deep storage.</summary>
    /// <param name="files">Below deep storage, or somewhere else.</param>
    private async Task SegmentAsync(MetadataWorld world, string day, string version = "v1", bool used = false, string? files = null, string unusedSince = "2020-01-01T00:00:00.000Z")
    {
        var path = Path.Combine(deepStorage.FullName, files ?? $"wiki/{day}/{version}/0/u", "index");
        if (files is not null) path = Path.IsPathRooted(files) ? files : Path.Combine(deepStorage.FullName, "wiki", files, "0/u/index");
        if (path.StartsWith(deepStorage.FullName, StringComparison.Ordinal)) await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(path).FullName, "version.bin"), "");
        var end = DateTimeOffset.Parse(day, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal).AddDays(1).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        await world.ExecuteAsync("""
            INSERT INTO druid_segments (id, datasource, created_date, start, "end", partitioned, version, used, payload, used_status_last_updated)
            VALUES (@id, 'wiki', @start, @start, @stop, TRUE, @version, @used, convert_to(@payload, 'UTF8'), @unusedSince)
            """, new { id = $"wiki_{day}_{version}", start = $"{day}T00:00:00.000Z", stop = $"{end}T00:00:00.000Z", version, used, unusedSince, payload = $$$"""{"loadSpec":{"type":"local","path":"{{{path}}}/"}}""" });
    }

    /// <summary>Days and versions of the segments in deep storage; a folder without any is an error.</summary>
    private IReadOnlyList<string> Files()
    {
        var root = Path.Combine(deepStorage.FullName, "wiki");
        if (!Directory.Exists(root)) return [];
        return [.. Directory.EnumerateDirectories(root).SelectMany(Directory.EnumerateDirectories).Select(d => File.Exists(Path.Combine(d, "0/u/index/version.bin")) ? Path.GetRelativePath(root, d) : $"{d} is empty").Order(StringComparer.Ordinal)];
    }
}
