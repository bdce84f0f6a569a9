using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Tests.Hosting;

public sealed class ChatApiTests : WorkerFixture
{
    private async Task StartReading()
    {
        Kafka.Produce("events", 0, Event("a"), "bad");
        await Assign(Payload(tuning: """{"maxSavedParseExceptions":5}"""));
        await UntilRead(PartitionOffsets.Of((0, 2), (1, 0)));
    }

    [Fact]
    public async Task Questions_are_answered_as_druid_does()
    {
        await StartReading();
        Assert.Equal((200, "\"READING\""), await Chat(HttpMethod.Get, "status"));
        Assert.Equal((200, """{"0":2,"1":0}"""), await Chat(HttpMethod.Get, "offsets/current"));
        Assert.Equal((200, """{"0":9223372036854775807,"1":9223372036854775807}"""), await Chat(HttpMethod.Get, "offsets/end"));
        Assert.Equal((200, """{"0":{"0":0,"1":0}}"""), await Chat(HttpMethod.Get, "checkpoints"));
        Assert.Matches("^\"[0-9-]{10}T[0-9:.]{12}Z\"$", (await Chat(HttpMethod.Get, "time/start")).Body);
        var totals = Json((await Chat(HttpMethod.Get, "rowStats")).Body).GetProperty("totals").GetProperty("buildSegments");
        Assert.Equal($$"""{"processed":1,"processedBytes":{{Event("a").Length + 3}},"processedWithError":0,"thrownAway":0,"unparseable":1}""", totals.GetRawText());
        Assert.StartsWith("""[{"input":"bad","errorType":"unparseable","details":["Unable to parse row [bad] (Record: 1)"],"timeOfExceptionMillis":""", (await Chat(HttpMethod.Get, "unparseableEvents")).Body, StringComparison.Ordinal);
        Assert.Equal("BUILD_SEGMENTS", Json((await Chat(HttpMethod.Get, "liveReports")).Body).GetProperty("ingestionStatsAndErrors").GetProperty("payload").GetProperty("ingestionState").GetString());
    }

    [Theory]
    [InlineData("offsets/end", "{}", "\"No sequence numbers provided for setEndOffsets\"")]
    [InlineData("offsets/end", "", "\"Request body must contain a map of { partition:endOffset }\"")]
    [InlineData("offsets/end", "{\"7\":1}", "\"Request contains partitions not being handled by this task, my partitions: [0, 1]\"")]
    [InlineData("offsets/end?finish=true", "{\"0\":10}", "\"Task must be paused before changing the end offsets\"")]
    public async Task Mistakes_are_refused_with_400_and_the_task_reads_on(string path, string body, string answer)
    {
        await StartReading();
        Assert.Equal((400, answer), await Chat(HttpMethod.Post, path, body));
        Assert.Equal((200, "\"READING\""), await Chat(HttpMethod.Get, "status"));
    }

    [Fact]
    public async Task End_before_what_has_been_read_is_refused()
    {
        await StartReading();
        await Chat(HttpMethod.Post, "pause");
        var answer = await Chat(HttpMethod.Post, "offsets/end", """{"0":1,"1":0}""");
        Assert.Equal(400, answer.Status);
        Assert.Equal("End sequence must be >= current sequence for partition [0] (current: 2)", Json(answer.Body).GetString());
    }

    [Fact]
    public async Task Unknown_task_has_no_chat_handler()
    {
        Assert.Equal((503, """{"error":"Can\u0027t find chatHandler for handler[nope]"}"""), await Chat(HttpMethod.Get, "status", task: "nope"));
    }

    [Fact]
    public async Task Caller_that_means_another_task_is_told_so()
    {
        await StartReading();
        var answer = await Chat(HttpMethod.Get, "status", null, TaskId, (CommandHeaders.TaskId, "other"));
        Assert.Equal((400, $"Requested taskId[other] doesn't match with taskId[{TaskId}]"), (answer.Status, Json(answer.Body).GetProperty("error").GetString()));
    }

    [Fact]
    public async Task Stopped_task_ends_without_publishing()
    {
        await StartReading();
        Assert.Equal((200, ""), await Chat(HttpMethod.Post, "stop"));
        var end = await Until(t => t.Outcome != TaskOutcome.Running);
        Assert.Equal((TaskOutcome.Failed, "Task was asked to stop before completing"), (end.Outcome, end.ErrorMsg));
        Assert.Empty(Overlord.Asked<TaskAction.SegmentTransactionalInsert>());
    }
}
