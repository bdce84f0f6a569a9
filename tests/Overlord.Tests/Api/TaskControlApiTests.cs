using System.Text.Json.Nodes;
using Ingestion.Overlord.Supervision;
using Ingestion.Overlord.Tasks.Selection;
using Ingestion.Overlord.Tests.Metadata;
using Ingestion.Support;
using Microsoft.Extensions.DependencyInjection;
using Record = Ingestion.Supervisor.Record;

namespace Ingestion.Overlord.Tests.Api;

/// <summary>What ends tasks and what the rest of Druid asks of an overlord.</summary>
public sealed class TaskControlApiTests(PostgresFixture postgres)
{
    private const string Base = "/druid/indexer/v1";

    [Fact]
    public async Task Task_that_no_supervisor_knows_ends_at_once_when_it_is_shut_down()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"), MetadataWorld.Payload("t2"), MetadataWorld.Payload("t3"));
        await using var overlord = await RunningOverlord.StartAsync(world.Storage.ConnectionString);
        Assert.Equal((200, """{"task":"t1"}"""), await SendAsync(overlord, "POST", "task/t1/shutdown", "{}"));
        Assert.Equal((200, """{"task":"t1"}"""), await SendAsync(overlord, "POST", "task/t1/shutdown", "{}"));
        var ended = JsonNode.Parse((await SendAsync(overlord, "GET", "task/t1/status")).Body)!["status"]!;
        Assert.Equal(("FAILED", "it was stopped by request (POST .../shutdown)"), ((string)ended["status"]!, (string)ended["errorMsg"]!));
        Assert.Equal((200, """{"dataSource":"wiki"}"""), await SendAsync(overlord, "POST", "datasources/wiki/shutdownAllTasks"));
        Assert.Equal((404, ""), await SendAsync(overlord, "POST", "datasources/wiki/shutdownAllTasks"));
        Assert.Empty(await world.QueryAsync<string>("SELECT id FROM druid_tasks WHERE active"));
    }

    [Fact]
    public async Task Task_of_a_supervisor_is_ended_by_it_when_it_is_shut_down()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.Committer.CommitAsync(MetadataWorld.Epoch, [new Record.AppendSpec(MetadataWorld.Spec(MetadataWorld.Supervisor))]);
        await world.StartAsync(MetadataWorld.Payload("t1"));
        await using var overlord = await RunningOverlord.StartAsync(world.Storage.ConnectionString);
        await overlord.UntilAsync("the supervisor is loaded", async () => !(await SendAsync(overlord, "GET", "supervisor/wiki/explain")).Body.Contains("being loaded", StringComparison.Ordinal));
        Assert.Equal((200, """{"task":"t1"}"""), await SendAsync(overlord, "POST", "task/t1/shutdown", "{}"));
        await overlord.UntilAsync("it has ended", async () => (await SendAsync(overlord, "GET", "task/t1/status")).Body.Contains("it was stopped by request", StringComparison.Ordinal));
        Assert.Equal("[]", (await SendAsync(overlord, "GET", "runningTasks")).Body);
    }

    [Theory]
    [InlineData("task/t1/shutdown")]
    [InlineData("datasources/wiki/shutdownAllTasks")]
    public async Task Task_that_a_terminated_supervisor_has_left_is_ended_when_it_is_shut_down(string path)
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.Committer.CommitAsync(MetadataWorld.Epoch, [new Record.AppendSpec(MetadataWorld.Spec(MetadataWorld.Supervisor))]);
        await world.StartAsync(MetadataWorld.Payload("t1"));
        await using var overlord = await RunningOverlord.StartAsync(world.Storage.ConnectionString);
        await overlord.UntilAsync("the supervisor is loaded", async () => !(await SendAsync(overlord, "GET", "supervisor/wiki/explain")).Body.Contains("being loaded", StringComparison.Ordinal));
        Assert.Equal(200, (await SendAsync(overlord, "POST", "supervisor/wiki/terminate")).Status);
        Assert.Equal(("[]", 1), ((await SendAsync(overlord, "GET", "supervisor")).Body, (await world.QueryAsync<string>("SELECT id FROM druid_tasks WHERE active")).Count));
        Assert.Equal(200, (await SendAsync(overlord, "POST", path, "{}")).Status);
        var ended = JsonNode.Parse((await SendAsync(overlord, "GET", "task/t1/status")).Body)!["status"]!;
        Assert.Equal(("FAILED", "it was stopped by request (POST .../shutdown)"), ((string)ended["status"]!, (string)ended["errorMsg"]!));
        await overlord.UntilAsync("nothing is left of the supervisor", () => Task.FromResult(!overlord.Services.GetRequiredService<SupervisorFleet>().Knows("wiki")));
    }

    [Theory]
    [InlineData("", "$", "the body is empty")]
    [InlineData("[]", "$", "a task is expected")]
    [InlineData("{}", "$.type", "is missing")]
    [InlineData("{\"type\":\"compact\",\"dataSource\":\"wiki\"}", "$.type", "[compact] tasks are not run")]
    [InlineData("{\"type\":\"kill\",\"dataSource\":\"wiki\"}", "$.type", "was started without --deep-storage")]
    [InlineData("{\"type\":\"index_parallel\"}", "$.type", "[index_parallel] tasks are not run")]
    [InlineData("{\"type\":\"index_kafka\"}", "$.type", "post a supervisor spec")]
    public async Task Tasks_of_other_types_are_refused_in_words(string task, string path, string words)
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        var (status, body) = await SendAsync(overlord, "POST", "task", task);
        var problem = JsonNode.Parse(body)!["problems"]![0]!;
        Assert.Equal((400, path), (status, (string)problem["path"]!));
        Assert.Contains(words, (string)problem["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Segments_are_marked_used_and_unused_and_covered_ones_stay_unused()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await SegmentAsync(world, "2015-09-12", "v1");
        await SegmentAsync(world, "2015-09-13", "v1");
        await SegmentAsync(world, "2015-09-13", "v2");
        await using var overlord = await RunningOverlord.StartAsync(world.Storage.ConnectionString);
        Assert.Equal((200, """{"numChangedSegments":3}"""), await SendAsync(overlord, "DELETE", "datasources/wiki"));
        Assert.Equal((200, """{"numChangedSegments":0}"""), await SendAsync(overlord, "DELETE", "datasources/wiki"));
        Assert.Equal((200, """{"numChangedSegments":2}"""), await SendAsync(overlord, "POST", "datasources/wiki", "{}"));
        Assert.Equal(["wiki_2015-09-12_v1", "wiki_2015-09-13_v2"], await world.QueryAsync<string>("SELECT id FROM druid_segments WHERE used ORDER BY id"));
        Assert.Equal((200, """{"numChangedSegments":1}"""), await SendAsync(overlord, "POST", "datasources/wiki/markUnused", """{"interval":"2015-09-12/2015-09-13"}"""));
        Assert.Equal((200, """{"numChangedSegments":1}"""), await SendAsync(overlord, "POST", "datasources/wiki/markUnused", """{"segmentIds":["wiki_2015-09-13_v2","wiki_2015-09-13_v1"]}"""));
        Assert.Equal((200, """{"numChangedSegments":1}"""), await SendAsync(overlord, "POST", "datasources/wiki/markUsed", """{"interval":"2015-09-12/2015-09-14","versions":["v2"]}"""));
        Assert.Equal((200, """{"numChangedSegments":1}"""), await SendAsync(overlord, "POST", "datasources/wiki/segments/wiki_2015-09-12_v1", "{}"));
        Assert.Equal((200, """{"numChangedSegments":1}"""), await SendAsync(overlord, "DELETE", "datasources/wiki/segments/wiki_2015-09-12_v1"));
        Assert.Equal(400, (await SendAsync(overlord, "DELETE", "datasources/wiki/segments/other_2015")).Status);
        Assert.Equal(400, (await SendAsync(overlord, "POST", "datasources/wiki/markUnused", "{}")).Status);
        Assert.Equal(["segment.markUnused", "segment.markUsed"], await world.QueryAsync<string>("SELECT DISTINCT type FROM druid_audit ORDER BY type"));
    }

    [Fact]
    public async Task Pending_segments_are_removed_unless_a_task_may_still_want_them()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"));
        Assert.NotNull(await world.AllocateAsync("t1"));
        await using var overlord = await RunningOverlord.StartAsync(world.Storage.ConnectionString);
        Assert.Equal(400, (await SendAsync(overlord, "DELETE", "pendingSegments/wiki?interval=0001-01-01/9000-01-01")).Status);
        Assert.Equal((200, """{"numDeleted":0}"""), await SendAsync(overlord, "DELETE", "pendingSegments/wiki?interval=0001-01-01_2015-01-01"));
        Assert.Equal((200, """{"numDeleted":0}"""), await SendAsync(overlord, "DELETE", "pendingSegments/wiki?interval=-146136543-09-08T08%3A23%3A32.096Z%2F2015-01-01T00%3A00%3A00.000Z")); // as a Coordinator asks
        Assert.Equal(400, (await SendAsync(overlord, "DELETE", "pendingSegments/wiki")).Status);
        Assert.Equal(400, (await SendAsync(overlord, "DELETE", "pendingSegments/wiki?interval=soon")).Status);
    }

    [Fact]
    public async Task Locks_are_told_by_data_source_priority_and_interval()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        await world.StartAsync(MetadataWorld.Payload("t1"));
        await world.AllocateAsync("t1");
        await using var overlord = await RunningOverlord.StartAsync(world.Storage.ConnectionString);
        const string day = """{"wiki":["2015-09-12T00:00:00.000Z/2015-09-13T00:00:00.000Z"]}""";
        Assert.Equal((200, day), await SendAsync(overlord, "POST", "lockedIntervals/v2", """[{"datasource":"wiki","priority":75},{"datasource":"other"}]"""));
        Assert.Equal((200, "{}"), await SendAsync(overlord, "POST", "lockedIntervals/v2", """[{"datasource":"wiki","priority":76}]"""));
        Assert.Equal((200, "{}"), await SendAsync(overlord, "POST", "lockedIntervals/v2", """[{"datasource":"wiki","intervals":["2016-01-01/2017-01-01"]}]"""));
        Assert.Contains("\"groupId\":\"index_kafka_wiki\"", (await SendAsync(overlord, "POST", "activeLocks", """[{"datasource":"wiki"}]""")).Body, StringComparison.Ordinal);
        Assert.Equal((400, """{"error":"$[1].datasource: is missing: a dataSource is expected","problems":[{"path":"$[1].datasource","message":"is missing: a dataSource is expected"}]}"""),
            await SendAsync(overlord, "POST", "lockedIntervals/v2", """[{"datasource":"wiki"},{}]"""));
    }

    [Fact]
    public async Task Worker_config_is_kept_with_its_history_and_one_without_effect_is_refused()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        const string config = """{"type":"default","selectStrategy":{"type":"equalDistribution","affinityConfig":null},"autoScaler":null}""";
        Assert.Equal((200, ""), await SendAsync(overlord, "POST", "worker", config));
        Assert.Equal((200, config), await SendAsync(overlord, "GET", "worker"));
        var history = JsonNode.Parse((await SendAsync(overlord, "GET", "worker/history?count=5")).Body)!.AsArray();
        Assert.Equal(("worker.config", "worker.config"), ((string)history.Single()!["key"]!, (string)history[0]!["type"]!));
        Assert.Equal(400, (await SendAsync(overlord, "POST", "worker", """{"selectStrategy":{"type":"javascript","function":"x"}}""")).Status);
        Assert.Equal(SelectStrategy.Default, overlord.Services.GetRequiredService<SupervisorFleet>().Tasks!.Strategy);
        Assert.Equal(200, (await SendAsync(overlord, "POST", "worker", """{"selectStrategy":{"type":"fillCapacity"}}""")).Status);
        Assert.Equal(new SelectStrategy { FillsUp = true }, overlord.Services.GetRequiredService<SupervisorFleet>().Tasks!.Strategy);
        Assert.Equal(400, (await SendAsync(overlord, "GET", "worker/history?count=many&interval=x")).Status);
    }

    [Fact]
    public async Task Bodies_that_are_too_long_or_packed_or_of_another_type_are_refused()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        Assert.Equal(413, (await SendAsync(overlord, "POST", "taskStatus", $"[\"{new string('x', 2 << 20)}\"]")).Status);
        Assert.Equal(413, (await SendAsync(overlord, "POST", "supervisor", new string(' ', 17 << 20))).Status);
        Assert.Equal(415, (await overlord.SendAsync("POST", $"{Base}/taskStatus", "[]", "text/plain")).Status);
        Assert.Equal((400, """{"error":"$[0]: The body is not an array of task ids: the value is of another kind","problems":[{"path":"$[0]","message":"The body is not an array of task ids: the value is of another kind"}]}"""),
            await SendAsync(overlord, "POST", "taskStatus", "[1]"));
        Assert.Equal(400, (await SendAsync(overlord, "GET", "task/a%00b/status")).Status);
        Assert.Equal((200, ""), await SendAsync(overlord, "HEAD", "isLeader"));
        var both = JsonNode.Parse((await SendAsync(overlord, "GET", "tasks?max=-1&createdTimeInterval=yesterday")).Body)!;
        Assert.Equal("?max ?createdTimeInterval", string.Join(' ', both["problems"]!.AsArray().Select(p => (string)p!["path"]!)));
    }

    private static Task SegmentAsync(MetadataWorld world, string day, string version) => world.ExecuteAsync("""
        INSERT INTO druid_segments (id, datasource, created_date, start, "end", partitioned, version, used, payload, used_status_last_updated)
        VALUES (@id, 'wiki', @start, @start, @stop, TRUE, @version, TRUE, '{}', @start)
        """, new { id = $"wiki_{day}_{version}", start = $"{day}T00:00:00.000Z", stop = $"2015-09-{int.Parse(day[^2..], System.Globalization.CultureInfo.InvariantCulture) + 1}T00:00:00.000Z", version });

    private static async Task<(int Status, string Body)> SendAsync(RunningOverlord overlord, string method, string path, string? body = null)
    {
        var answer = await overlord.SendAsync(method, $"{Base}/{path}", body);
        return (answer.Status, answer.Body);
    }
}
