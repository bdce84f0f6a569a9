using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Tests.Hosting;

/// <summary>Reports as a Druid 33 wrote them (Fixtures/reports) and those of a task that reads the same bad events; and the logs beside them.</summary>
public sealed class TaskReportTests : WorkerFixture
{
    private const string Tuning = """{"maxSavedParseExceptions":5,"logParseExceptions":true}""";
    private static readonly string[] Bad = ["not json at all", """{"page":"no time"}""", """{"time":"not a time","page":"x"}""", "not json at all", """{"page":"no time"}"""];
    private static readonly JsonArray Recorded = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "reports", "druid-33-reports.json")))!.AsArray();

    private IndexTaskPayload WithContext(IndexTaskPayload payload, string note) => payload with { Context = Json(Body(note)["taskContext"]!["payload"]!.ToJsonString()) };

    private void Produce()
    {
        Kafka.Produce("events", 0, [Event("a"), .. Bad]);
        Kafka.Produce("events", 1, Event("b"), Event("c"));
    }

    /// <summary>What is read may still wait for its segment.</summary>
    private Task<TaskReport> UntilWritten() => Until(t => t.Rows is { Processed: 3, Unparseable: 5 });

    [Fact]
    public async Task Running_task_reports_as_druids_does()
    {
        Produce();
        await Assign(Payload(tuning: Tuning));
        await UntilWritten();
        var (status, body) = await Send(HttpMethod.Get, $"/druid/worker/v1/task/{TaskId}/reports");
        Assert.Equal((200, Normal(Body("task reports"))), (status, Normal(JsonNode.Parse(body)!)));
        Assert.Equal((3, 5), Totals(JsonNode.Parse(body)!["ingestionStatsAndErrors"]!["payload"]!["rowStats"]!["totals"]!));
    }

    [Fact]
    public async Task Finished_task_reports_as_druids_does_but_for_the_wait_for_historicals()
    {
        Produce();
        await Assign(WithContext(Payload(tuning: Tuning, end: PartitionOffsets.Of((0, 6), (1, 2))), "finished replica/reports"));
        Assert.Equal(TaskOutcome.Success, (await Until(t => t.Outcome != TaskOutcome.Running)).Outcome);
        var (status, body) = await Send(HttpMethod.Get, $"/druid/worker/v1/task/{TaskId}/reports");
        var expected = Body("finished replica/reports");
        expected["ingestionStatsAndErrors"]!["payload"]!["segmentAvailabilityConfirmed"] = false;
        Assert.Equal((200, Normal(expected)), (status, Normal(JsonNode.Parse(body)!)));
        var payload = JsonNode.Parse(body)!["ingestionStatsAndErrors"]!["payload"]!;
        Assert.Equal((3, 5), Totals(payload["rowStats"]!));
        Assert.Equal("""{"KafkaTopicPartition{partition=0, topic='null', multiTopicPartition=false}":1,"KafkaTopicPartition{partition=1, topic='null', multiTopicPartition=false}":2}""",
            JsonSerializer.Serialize(payload["recordsProcessed"], Relaxed));
    }

    [Fact]
    public async Task Failed_task_reports_as_druids_does_with_its_reason()
    {
        Kafka.Produce("events", 0, Event("a"), Event("b"));
        Kafka.Produce("events", 2, Event("c"));
        var start = PartitionOffsets.Of((0, 0), (2, 0));
        await Assign(WithContext(Payload(start: start), "failed task/reports"));
        await UntilRead(PartitionOffsets.Of((0, 2), (2, 1)));
        await Chat(HttpMethod.Post, "stop");
        await Until(t => t.Outcome == TaskOutcome.Failed);
        var (status, body) = await Send(HttpMethod.Get, $"/druid/worker/v1/task/{TaskId}/reports");
        var expected = Body("failed task/reports");
        expected["ingestionStatsAndErrors"]!["payload"]!["errorMsg"] = "Task was asked to stop before completing";
        Assert.Equal((200, Normal(expected)), (status, Normal(JsonNode.Parse(body)!)));
    }

    [Fact]
    public async Task Task_that_cannot_be_run_has_a_log_and_a_report_too()
    {
        await Assign(Payload(schema: """{"dataSource":"wiki"}"""));
        var end = await Until(t => t.Outcome == TaskOutcome.Failed);
        var payload = JsonNode.Parse((await Send(HttpMethod.Get, $"/druid/worker/v1/task/{TaskId}/reports")).Body)!["ingestionStatsAndErrors"]!["payload"]!;
        Assert.Equal(("NOT_STARTED", end.ErrorMsg), ((string?)payload["ingestionState"], (string?)payload["errorMsg"]));
        Assert.Contains($"task [{TaskId}] cannot be run: ", (await Send(HttpMethod.Get, $"/druid/worker/v1/task/{TaskId}/log")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_tells_the_tasks_life_from_any_offset_while_it_runs_and_after()
    {
        Produce();
        await Assign(Payload(tuning: Tuning));
        await UntilWritten();
        var (status, running) = await Send(HttpMethod.Get, $"/druid/worker/v1/task/{TaskId}/log");
        Assert.Equal(200, status);
        Assert.Contains($" INFO [task {TaskId}] Ingestion.IndexTask.Hosting.IndexTaskRunner - task [{TaskId}] starts\n", running, StringComparison.Ordinal);
        Assert.Contains("reads [events] from {0:0, 1:0} to {0:end, 1:end} into dataSource [wiki]\n", running, StringComparison.Ordinal);
        Assert.Equal(5, running.Split('\n').Count(l => l.Contains(" ERROR ", StringComparison.Ordinal) && l.Contains(" - Encountered parse exception: ", StringComparison.Ordinal)));
        await Chat(HttpMethod.Post, "pause");
        await Chat(HttpMethod.Post, "offsets/end", """{"0":6,"1":2}""");
        await Until(t => t.Outcome == TaskOutcome.Success);
        var whole = (await Send(HttpMethod.Get, $"/druid/worker/v1/task/{TaskId}/log")).Body;
        Assert.StartsWith(running, whole, StringComparison.Ordinal);
        Assert.Equal((200, whole[running.Length..]), await Send(HttpMethod.Get, $"/druid/worker/v1/task/{TaskId}/log?offset={running.Length}"));
        Assert.Equal((200, whole[^40..]), await Send(HttpMethod.Get, $"/druid/worker/v1/task/{TaskId}/log?offset=-40"));
        Assert.Equal((200, ""), await Send(HttpMethod.Get, $"/druid/worker/v1/task/{TaskId}/log?offset={whole.Length + 1}"));
        foreach (var expected in (string[])["paused at {0:6, 1:2}", "told to end at {0:6, 1:2} (finish: True): accepted", "published sequence [base_0], 1 segments", $"task [{TaskId}] succeeds", "3 rows processed"]) Assert.Contains(expected, whole, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nope")]
    [InlineData("..%2Fsecret")]
    public async Task Task_that_never_ran_here_has_neither(string id)
    {
        foreach (var what in (string[])["log", "reports"]) Assert.Equal(404, (await Send(HttpMethod.Get, $"/druid/worker/v1/task/{id}/{what}")).Status);
    }

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static JsonNode Body(string note) => Recorded.Single(r => (string)r!["note"]! == note)!["response"]!["body"]!.DeepClone();

    private static (int Processed, int Unparseable) Totals(JsonNode stats) => ((int)stats["buildSegments"]!["processed"]!, (int)stats["buildSegments"]!["unparseable"]!);

    /// <summary>Members in the order of their names; how many, how fast and when as 0; the task's id as T.</summary>
    private static string Normal(JsonNode? node) => node switch
    {
        JsonObject members => "{" + string.Join(",", members.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $"\n{m.Key}:{(m.Key == "taskId" ? "T" : Normal(m.Value))}")) + "}",
        JsonArray items => $"[{string.Join(",", items.Select(Normal))}]",
        null => "null",
        { } value => value.GetValueKind() == JsonValueKind.Number ? "0" : value.ToString(),
    };
}
