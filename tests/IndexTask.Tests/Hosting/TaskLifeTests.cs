using System.Text.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Tests.Hosting;

public sealed class TaskLifeTests : WorkerFixture
{
    private static PartitionOffsets At(long first, long second) => PartitionOffsets.Of((0, first), (1, second));

    [Fact]
    public async Task Task_reads_checkpoints_ends_and_publishes_exactly_its_rows()
    {
        Kafka.Produce("events", 0, Event("a"), Event("b", 1));
        Kafka.Produce("events", 1, Event("c", 2));
        await Assign(Payload());
        await UntilRead(At(2, 1));
        Assert.Equal((200, """{"0":2,"1":1}"""), await Chat(HttpMethod.Post, "pause"));
        Assert.Equal((200, "\"PAUSED\""), await Chat(HttpMethod.Get, "status"));
        Assert.Equal((200, """{"0":2,"1":2}"""), await Chat(HttpMethod.Post, "offsets/end?finish=false", """{"0":2,"1":2}"""));
        Kafka.Produce("events", 0, Event("d", 3));
        Kafka.Produce("events", 1, Event("e", 4), Event("f", 5));
        await UntilRead(At(3, 3));
        await Chat(HttpMethod.Post, "pause");
        Assert.Equal((200, """{"0":3,"1":3}"""), await Chat(HttpMethod.Post, "offsets/end", """{"0":3,"1":3}"""));
        var end = await Until(t => t.Outcome != TaskOutcome.Running);
        Assert.Equal((TaskOutcome.Success, (string?)null, 6L), (end.Outcome, end.ErrorMsg, end.Rows.Processed));
        var published = Overlord.Asked<TaskAction.SegmentTransactionalInsert>().ToList();
        Assert.Equal([At(0, 0), At(2, 2)], published.Select(p => p.StartMetadata!.Offsets));
        Assert.Equal([At(2, 2), At(3, 3)], published.Select(p => p.EndMetadata!.Offsets));
        Assert.Equal([["a", "b", "c", "e"], ["d", "f"]], published.Select(Pages));
        Assert.Equal("page,added", published[0].Segments[0].Dimensions);
        Assert.Matches("/wiki/2015-09-12T00:00:00.000Z_2015-09-13T00:00:00.000Z/2026-01-01T00:00:00.000Z/0/[0-9a-f-]{36}/index/$", published[0].Segments[0].LoadSpec!.Value.GetProperty("path").GetString());
    }

    [Fact]
    public async Task Timeline_says_when_the_task_began_paused_was_given_its_end_and_read_and_outlives_it()
    {
        var before = DateTimeOffset.UtcNow;
        Kafka.Produce("events", 0, Event("a"), Event("b", 1));
        await Assign(Payload());
        await UntilRead(At(2, 0));
        await Chat(HttpMethod.Post, "pause");
        Kafka.Produce("events", 0, Event("beyond", 2)); // fetched by a task that reads on to its end elsewhere, and not its own
        Kafka.Produce("events", 1, Event("c", 3));
        await Chat(HttpMethod.Post, "offsets/end", """{"0":2,"1":1}""");
        await Until(t => t.Outcome == TaskOutcome.Success);
        var (status, body) = await Send(HttpMethod.Get, $"/druid-internal/v1/worker/task/{TaskId}/timeline");
        Assert.Equal(200, status);
        var timeline = Json(body);
        var pause = Assert.Single(timeline.GetProperty("pauses").EnumerateArray());
        var read = timeline.GetProperty("partitions").GetProperty("0");
        DateTimeOffset[] order =
        [
            before, Time(timeline, "assigned"), Time(timeline, "bound"), Time(timeline, "fetched"), Time(read, "firstRecord"), Time(read, "lastRecord"),
            pause[0].GetDateTimeOffset(), Time(timeline, "endSet"), pause[1].GetDateTimeOffset(), DateTimeOffset.UtcNow,
        ];
        Assert.Equal(order.Order(), order);
        Assert.True(Time(timeline.GetProperty("partitions").GetProperty("1"), "firstRecord") > pause[1].GetDateTimeOffset());
        Assert.Equal(404, (await Send(HttpMethod.Get, "/druid-internal/v1/worker/task/none/timeline")).Status);

        static DateTimeOffset Time(JsonElement element, string name) => element.GetProperty(name).GetDateTimeOffset();
    }

    [Fact]
    public async Task State_leaves_out_the_reports_that_the_asker_has()
    {
        await Assign(Payload());
        var whole = await Until(t => t.Phase == TaskPhase.Reading);
        var seen = await State("");
        Assert.Equal([whole], seen.Tasks);
        Assert.Null(seen.Since);
        var known = $"&boot={seen.BootId}&since={seen.Revision}";
        var same = await State(known);
        Assert.Equal((seen.Revision, seen.Revision, 0, 0), (same.Since, same.Revision, same.Tasks.Count, same.Gone.Count));

        Kafka.Produce("events", 0, Event("a"));
        var read = await UntilRead(At(1, 0));
        Assert.Equal([read], (await State(known)).Tasks);
        Assert.Equal([read], (await State($"&boot=another&since={long.MaxValue}")).Tasks);
    }

    [Fact]
    public async Task Task_of_a_pattern_reads_several_topics_and_keys_offsets_by_topic_and_number()
    {
        foreach (var topic in new[] { "wiki_a", "wiki_b" }) Kafka.CreateTopic(topic);
        Kafka.Produce("wiki_a", 0, Event("a"), Event("b", 1));
        Kafka.Produce("wiki_b", 0, Event("c", 2));
        static PartitionOffsets At(long a, long b) => PartitionOffsets.Of((new("wiki_a", 0), a), (new("wiki_b", 0), b));
        var payload = Payload(start: At(0, 0));
        await Assign(payload with
        {
            IoConfig = payload.IoConfig with { MultiTopic = true, StartSequenceNumbers = StreamSequence.StartOf("wiki_.*", At(0, 0)), EndSequenceNumbers = StreamSequence.EndOf("wiki_.*", PartitionOffsets.All(At(0, 0).Partitions, PartitionOffsets.Unbounded)) },
        });
        await UntilRead(At(2, 1));
        Assert.Equal((200, """{"wiki_a:0":2,"wiki_b:0":1}"""), await Chat(HttpMethod.Post, "pause"));
        Assert.Equal((200, """{"wiki_a:0":2,"wiki_b:0":1}"""), await Chat(HttpMethod.Post, "offsets/end", """{"wiki_a:0":2,"wiki_b:0":1}"""));
        await Until(t => t.Outcome == TaskOutcome.Success);
        var published = Assert.Single(Overlord.Asked<TaskAction.SegmentTransactionalInsert>());
        Assert.Equal((KafkaDataSourceMetadata.StartOf("wiki_.*", At(0, 0)), KafkaDataSourceMetadata.EndOf("wiki_.*", At(2, 1))), (published.StartMetadata, published.EndMetadata));
        Assert.Equal(["a", "b", "c"], Pages(published));
    }

    [Fact]
    public async Task Full_segment_is_checkpointed_at_exactly_the_limit()
    {
        Kafka.Produce("events", 0, Enumerable.Range(0, 50).Select(i => Event($"p{i:00}")));
        await Assign(Payload(tuning: """{"maxRowsPerSegment":20}""", start: PartitionOffsets.Of((0, 0)), end: null));
        await Until(t => t.Phase == TaskPhase.Paused);
        Assert.Equal((200, """{"0":20}"""), await Chat(HttpMethod.Post, "pause"));
        var checkpoint = Assert.Single(Overlord.Asked<TaskAction.CheckPointDataSourceMetadata>());
        Assert.Equal(("wiki", 0, PartitionOffsets.Of((0, 0))), (checkpoint.SupervisorId, checkpoint.TaskGroupId, checkpoint.CheckpointMetadata.Offsets));
        await Chat(HttpMethod.Post, "offsets/end?finish=false", """{"0":20}""");
        await Until(t => t.Checkpoints.Count == 1 && t.Checkpoints.First.Key == 1);
        Assert.Equal(20, Pages(Overlord.Asked<TaskAction.SegmentTransactionalInsert>().Single()).Count);
    }

    [Fact]
    public async Task Rows_of_all_open_segments_together_ask_for_a_checkpoint()
    {
        Kafka.Produce("events", 0, Enumerable.Range(0, 40).Select(i => $$"""{"time":"2015-09-{{10 + i % 4}}T00:00:00Z","page":"p{{i:00}}"}"""));
        await Assign(Payload(tuning: """{"maxRowsPerSegment":1000,"maxTotalRows":30}""", start: PartitionOffsets.Of((0, 0))));
        await Until(t => t.Phase == TaskPhase.Paused);
        Assert.Equal((200, """{"0":30}"""), await Chat(HttpMethod.Post, "pause"));
        Assert.Equal(PartitionOffsets.Of((0, 0)), Assert.Single(Overlord.Asked<TaskAction.CheckPointDataSourceMetadata>()).CheckpointMetadata.Offsets);
        await Chat(HttpMethod.Post, "offsets/end?finish=false", """{"0":30}""");
        await Until(t => t.Checkpoints.Count == 1 && t.Checkpoints.First.Key == 1);
        var published = Assert.Single(Overlord.Asked<TaskAction.SegmentTransactionalInsert>());
        Assert.Equal((4, 30, PartitionOffsets.Of((0, 30))), (published.Segments.Count, Pages(published).Count, published.EndMetadata!.Offsets));
    }

    [Fact]
    public async Task Sequence_that_is_older_than_the_handoff_period_asks_for_a_checkpoint()
    {
        Kafka.Produce("events", 0, Event("a"));
        await Assign(Payload(tuning: """{"intermediateHandoffPeriod":"PT1S"}""", start: PartitionOffsets.Of((0, 0))));
        await Until(t => t.Phase == TaskPhase.Paused);
        await Chat(HttpMethod.Post, "pause");
        Assert.Equal((200, """{"0":1}"""), await Chat(HttpMethod.Post, "offsets/end?finish=false", """{"0":1}"""));
        await Until(t => t.Checkpoints.Count == 1 && t.Checkpoints.First.Key == 1);
        Assert.Equal(["a"], Pages(Assert.Single(Overlord.Asked<TaskAction.SegmentTransactionalInsert>())));
    }

    [Fact]
    public async Task Task_whose_offset_kafka_does_not_have_says_so_and_can_be_paused_and_ended()
    {
        await Assign(Payload(start: PartitionOffsets.Of((0, 50))));
        var waiting = await Until(t => t.ErrorMsg is not null);
        Assert.StartsWith("Kafka does not have offset 50 of partition [0]", waiting.ErrorMsg, StringComparison.Ordinal);
        Assert.Equal((200, """{"0":50}"""), await Chat(HttpMethod.Post, "pause"));
        Assert.Equal((200, "\"PAUSED\""), await Chat(HttpMethod.Get, "status"));
        await Chat(HttpMethod.Post, "offsets/end", """{"0":50}""");
        Assert.Equal(TaskOutcome.Success, (await Until(t => t.Outcome != TaskOutcome.Running)).Outcome);
    }

    [Fact]
    public async Task Only_bad_events_commit_their_offsets_without_a_segment()
    {
        Kafka.Produce("events", 0, "not json", "{}");
        await Assign(Payload(tuning: """{"maxSavedParseExceptions":5}""", end: At(2, 0)));
        var end = await Until(t => t.Outcome != TaskOutcome.Running);
        var insert = Assert.Single(Overlord.Asked<TaskAction.SegmentTransactionalInsert>());
        Assert.Equal((TaskOutcome.Success, 2L, 0, At(2, 0)), (end.Outcome, end.Rows.Unparseable, insert.Segments.Count, insert.EndMetadata!.Offsets));
    }

    [Fact]
    public async Task Task_that_has_nothing_to_read_publishes_nothing()
    {
        await Assign(Payload(end: At(0, 0)));
        Assert.Equal(TaskOutcome.Success, (await Until(t => t.Outcome != TaskOutcome.Running)).Outcome);
        Assert.Empty(Overlord.Actions);
    }

    [Fact]
    public async Task Too_many_bad_events_fail_the_task()
    {
        Kafka.Produce("events", 0, "bad", "worse");
        await Assign(Payload(tuning: """{"maxParseExceptions":1}"""));
        var end = await Until(t => t.Outcome != TaskOutcome.Running);
        Assert.Equal((TaskOutcome.Failed, "Max parse exceptions[1] exceeded: Unable to parse row [worse] (Record: 1)"), (end.Outcome, end.ErrorMsg));
    }

    [Fact]
    public async Task Dead_overlord_holds_the_task_up_and_does_not_kill_it()
    {
        Overlord.Status = 503;
        Kafka.Produce("events", 0, Event("a"));
        await Assign(Payload(end: At(1, 0)));
        var waiting = await Until(t => t.ErrorMsg is not null);
        Assert.Equal(TaskOutcome.Running, waiting.Outcome);
        Assert.StartsWith("no overlord answers: ", waiting.ErrorMsg, StringComparison.Ordinal);
        Assert.Equal((200, """{"0":1,"1":0}"""), await Chat(HttpMethod.Post, "pause"));
        await Chat(HttpMethod.Post, "resume");
        Overlord.Status = null;
        Assert.Equal(TaskOutcome.Success, (await Until(t => t.Outcome != TaskOutcome.Running)).Outcome);
    }

    [Fact]
    public async Task Rows_that_do_not_fit_in_memory_are_spilled_and_none_is_lost()
    {
        var pages = Enumerable.Range(0, 2_000).Select(i => $"p{i:0000}").ToList();
        Kafka.Produce("events", 0, pages.Select(p => Event(p)));
        await Assign(Payload(tuning: """{"maxRowsInMemory":100}""", end: At(2_000, 0)));
        var end = await Until(t => t.Outcome != TaskOutcome.Running);
        Assert.Equal((TaskOutcome.Success, (string?)null), (end.Outcome, end.ErrorMsg));
        Assert.Equal(pages, Pages(Overlord.Asked<TaskAction.SegmentTransactionalInsert>().Single()));
        Assert.Empty(Directory.EnumerateFiles(WorkDirectory, "*.spill", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Task_that_is_stopped_leaves_no_file_behind_and_none_mapped()
    {
        Kafka.Produce("events", 0, Enumerable.Range(0, 500).Select(i => Event($"p{i:000}")));
        await Assign(Payload(tuning: """{"maxRowsInMemory":100}"""));
        await UntilRead(At(500, 0));
        await Chat(HttpMethod.Post, "stop");
        await Until(t => t.Outcome == TaskOutcome.Failed);
        Assert.Empty(Directory.EnumerateFiles(WorkDirectory, "*.spill", SearchOption.AllDirectories));
        if (OperatingSystem.IsLinux()) Assert.DoesNotContain(File.ReadLines("/proc/self/maps"), line => line.Contains(WorkDirectory, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Offset_that_kafka_no_longer_has_is_reported_and_the_task_waits()
    {
        Kafka.Produce("events", 0, Event("a"));
        await Assign(Payload(start: PartitionOffsets.Of((0, 50))));
        var report = await Until(t => t.ErrorMsg is not null);
        Assert.Equal((TaskOutcome.Running, TaskPhase.Reading, PartitionOffsets.Of((0, 50))), (report.Outcome, report.Phase, report.CurrentOffsets));
        Assert.StartsWith("Kafka does not have offset 50 of partition [0]", report.ErrorMsg, StringComparison.Ordinal);
    }
}
