using System.Text.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Tests.Hosting;

/// <summary>What a task does to have its segments published.</summary>
public sealed class TaskPublishTests : WorkerFixture
{
    private static PartitionOffsets At(long first, long second) => PartitionOffsets.Of((0, first), (1, second));

    [Fact]
    public async Task Last_segments_are_not_written_before_the_successor_has_had_its_time_and_those_before_are_at_once()
    {
        var pushed = new Queue<DateTimeOffset>();
        Overlord.Override = action =>
        {
            if (action is TaskAction.SegmentTransactionalInsert) lock (pushed) pushed.Enqueue(DateTimeOffset.UtcNow);
            return null;
        };
        Kafka.Produce("events", 0, Event("a"));
        await Assign(Payload());
        await UntilRead(At(1, 0));
        await Chat(HttpMethod.Post, "pause");
        await Chat(HttpMethod.Post, "offsets/end?finish=false", """{"0":1,"1":0}""");
        await Until(t => t.Checkpoints.First.Key == 1); // published, while the task reads on
        Kafka.Produce("events", 0, Event("b", 1));
        await UntilRead(At(2, 0));
        await Chat(HttpMethod.Post, "pause");
        await Chat(HttpMethod.Post, "offsets/end", """{"0":2,"1":0}""");
        await Until(t => t.Outcome == TaskOutcome.Success);

        var ended = Json((await Send(HttpMethod.Get, $"/druid-internal/v1/worker/task/{TaskId}/timeline")).Body).GetProperty("endSet").GetDateTimeOffset();
        Assert.Equal(2, pushed.Count);
        Assert.True(pushed.Dequeue() < ended);
        Assert.InRange((pushed.Dequeue() - ended).TotalMilliseconds, 245, 20_000);
    }

    [Fact]
    public async Task Retryable_publish_is_tried_again()
    {
        var refusals = 2;
        Overlord.Override = action => action is TaskAction.SegmentTransactionalInsert && refusals-- > 0 ? new SegmentPublishResult { Segments = [], Success = false, Retryable = true, ErrorMsg = "ahead" } : null;
        Kafka.Produce("events", 0, Event("a"));
        await Assign(Payload(end: At(1, 0)));
        Assert.Equal(TaskOutcome.Success, (await Until(t => t.Outcome != TaskOutcome.Running)).Outcome);
        Assert.Equal(3, Overlord.Asked<TaskAction.SegmentTransactionalInsert>().Count());
    }

    [Fact]
    public async Task Segments_that_a_replica_published_count_and_own_files_go()
    {
        DataSegment[] pushed = [];
        Overlord.Override = action => action switch
        {
            TaskAction.SegmentTransactionalInsert insert => Diverged(insert),
            TaskAction.RetrieveSegmentsById => pushed.Select(s => s with { LoadSpec = Json("""{"type":"local","path":"/elsewhere/index/"}""") }).ToArray(),
            _ => null,
        };
        Kafka.Produce("events", 0, Event("a"));
        await Assign(Payload(end: At(1, 0)));
        Assert.Equal(TaskOutcome.Success, (await Until(t => t.Outcome != TaskOutcome.Running)).Outcome);
        Assert.False(Directory.Exists(pushed[0].LoadSpec!.Value.GetProperty("path").GetString()));

        SegmentPublishResult Diverged(TaskAction.SegmentTransactionalInsert insert)
        {
            pushed = [.. insert.Segments];
            return new SegmentPublishResult { Segments = [], Success = false, ErrorMsg = "diverged" };
        }
    }

    [Fact]
    public async Task Publish_that_diverged_fails_the_task_and_removes_its_files()
    {
        Overlord.Override = action => action is TaskAction.SegmentTransactionalInsert ? new SegmentPublishResult { Segments = [], Success = false, ErrorMsg = "diverged" } : null;
        Kafka.Produce("events", 0, Event("a"));
        await Assign(Payload(end: At(1, 0)));
        var end = await Until(t => t.Outcome != TaskOutcome.Running);
        Assert.Equal((TaskOutcome.Failed, "Failed to publish sequence [base_0]: diverged"), (end.Outcome, end.ErrorMsg));
        Assert.Empty(Directory.EnumerateFiles(DeepStorage, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Reading_waits_when_deep_storage_takes_nothing()
    {
        File.WriteAllText(DeepStorage, "in the way");
        Kafka.Produce("events", 0, Event("a"), Event("b", 1));
        var checkpoints = """{"checkpoints":"{\"0\":{\"0\":0,\"1\":0},\"1\":{\"0\":1,\"1\":0},\"2\":{\"0\":2,\"1\":0}}"}""";
        await Assign(Payload(end: At(3, 0)) with { Context = Json(checkpoints) });
        await UntilRead(At(2, 0));
        Kafka.Produce("events", 0, Event("c", 2));
        var held = await Until(t => t.ErrorMsg?.Contains("cannot be written to deep storage", StringComparison.Ordinal) == true && t.ErrorMsg.Contains("reading waits", StringComparison.Ordinal));
        Assert.Equal((TaskOutcome.Running, TaskPhase.Reading, At(2, 0)), (held.Outcome, held.Phase, held.CurrentOffsets));
        File.Delete(DeepStorage);
        var end = await Until(t => t.Outcome != TaskOutcome.Running);
        Assert.Equal((TaskOutcome.Success, (string?)null), (end.Outcome, end.ErrorMsg));
        Assert.Equal([["a"], ["b"], ["c"]], Overlord.Asked<TaskAction.SegmentTransactionalInsert>().Select(Pages));
    }

    [Fact]
    public async Task Events_of_two_days_become_two_segments_of_one_publish()
    {
        Kafka.Produce("events", 0, Event("a"), """{"time":"2015-09-13T01:00:00Z","page":"b","added":2}""", Event("c", 1));
        await Assign(Payload(end: At(3, 0)));
        await Until(t => t.Outcome == TaskOutcome.Success);
        var insert = Overlord.Asked<TaskAction.SegmentTransactionalInsert>().Single();
        Assert.Equal(["2015-09-12T00:00:00.000Z/2015-09-13T00:00:00.000Z", "2015-09-13T00:00:00.000Z/2015-09-14T00:00:00.000Z"], insert.Segments.Select(s => s.Interval.ToString()));
        Assert.Equal(["a", "c", "b"], Pages(insert));
    }
}
