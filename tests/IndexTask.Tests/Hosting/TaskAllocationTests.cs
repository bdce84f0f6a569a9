using System.Text.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Tests.Hosting;

/// <summary>Rows that wait for the segments that they go to.</summary>
public sealed class TaskAllocationTests : WorkerFixture
{
    private static PartitionOffsets At(long first, long second) => PartitionOffsets.Of((0, first), (1, second));

    [Fact]
    public async Task Reading_goes_on_while_segments_are_allocated_and_the_end_waits_for_all_rows()
    {
        var answers = new Dictionary<int, TaskCompletionSource> { [12] = new(), [13] = new() };
        Overlord.Delay = action => action is TaskAction.SegmentAllocate allocate ? answers[allocate.Timestamp.Day].Task : Task.CompletedTask;
        Kafka.Produce("events", 0, Event("a"), """{"time":"2015-09-13T01:00:00Z","page":"b","added":2}""", "not json", Event("c", 1));
        await Assign(Payload());
        await UntilRead(At(4, 0));
        Assert.Equal((200, """{"0":4,"1":0}"""), await Chat(HttpMethod.Post, "pause"));
        await Chat(HttpMethod.Post, "offsets/end", """{"0":4,"1":0}""");
        Assert.Single(Overlord.Asked<TaskAction.SegmentAllocate>());
        answers[12].SetResult();
        await Until(_ => Overlord.Asked<TaskAction.SegmentAllocate>().Count() == 2);
        Assert.Empty(Overlord.Asked<TaskAction.SegmentTransactionalInsert>());
        answers[13].SetResult();
        var end = await Until(t => t.Outcome != TaskOutcome.Running);
        Assert.Equal((TaskOutcome.Success, 3L, 1L), (end.Outcome, end.Rows.Processed, end.Rows.Unparseable));
        Assert.Equal(["a", "c", "b"], Pages(Overlord.Asked<TaskAction.SegmentTransactionalInsert>().Single()));
    }

    [Fact]
    public async Task Checkpoint_comes_while_rows_wait_and_each_sequence_gets_its_own()
    {
        var answers = new Dictionary<string, TaskCompletionSource> { ["base_0"] = new(), ["base_1"] = new() };
        Overlord.Delay = action => action is TaskAction.SegmentAllocate allocate ? answers[allocate.SequenceName].Task : Task.CompletedTask;
        Kafka.Produce("events", 0, Event("a"), Event("b", 1));
        await Assign(Payload());
        await UntilRead(At(2, 0));
        await Chat(HttpMethod.Post, "pause");
        await Chat(HttpMethod.Post, "offsets/end?finish=false", """{"0":2,"1":1}""");
        Kafka.Produce("events", 1, Event("c", 2));
        await UntilRead(At(2, 1));
        Kafka.Produce("events", 0, Event("d", 3)); // of the next sequence, while rows of the first one wait
        await UntilRead(At(3, 1));
        answers["base_0"].SetResult();
        await Until(t => t.Checkpoints.Count == 1 && t.Checkpoints.First.Key == 1); // published, though the next sequence's record still waits
        var first = Assert.Single(Overlord.Asked<TaskAction.SegmentTransactionalInsert>());
        Assert.Equal(["a", "b", "c"], Pages(first).Order());
        Assert.Equal((At(0, 0), At(2, 1)), (first.StartMetadata!.Offsets, first.EndMetadata!.Offsets));
        answers["base_1"].SetResult();
        await Chat(HttpMethod.Post, "pause");
        await Chat(HttpMethod.Post, "offsets/end", """{"0":3,"1":1}""");
        await Until(t => t.Outcome == TaskOutcome.Success);
        Assert.Equal(["d"], Pages(Overlord.Asked<TaskAction.SegmentTransactionalInsert>().Last()));
    }

    [Fact]
    public async Task Rows_that_wait_for_their_segment_count_towards_its_limit()
    {
        var answer = new TaskCompletionSource();
        Overlord.Delay = action => action is TaskAction.SegmentAllocate ? answer.Task : Task.CompletedTask;
        Kafka.Produce("events", 0, Enumerable.Range(0, 50).Select(i => Event($"p{i:00}")));
        await Assign(Payload(tuning: """{"maxRowsPerSegment":20}""", start: PartitionOffsets.Of((0, 0)), end: null));
        await UntilRead(PartitionOffsets.Of((0, 20)));
        answer.SetResult();
        await Until(t => t.Phase == TaskPhase.Paused);
        Assert.Equal((200, """{"0":20}"""), await Chat(HttpMethod.Post, "pause"));
    }

    [Fact]
    public async Task Reading_stops_when_too_much_waits_for_a_segment()
    {
        var answer = new TaskCompletionSource();
        Overlord.Delay = action => action is TaskAction.SegmentAllocate ? answer.Task : Task.CompletedTask;
        var page = new string('x', 500_000);
        foreach (var partition in new[] { 0, 1 }) Kafka.Produce("events", partition, Enumerable.Range(0, 6).Select(i => Event($"{page}{partition}{i}")));
        await Assign(Payload(end: At(6, 6)));
        var read = await Until(t => t.CurrentOffsets.Sum(o => o.Value) >= 10); // one is parsed, nine of 500 kB are more than 4 MiB
        Assert.Equal(10, read.CurrentOffsets.Sum(o => o.Value));
        foreach (var command in new[] { "pause", "resume", "pause", "resume" }) await Chat(HttpMethod.Post, command); // each is served where reading would go on
        Assert.Equal(read.CurrentOffsets, (await Until(_ => true)).CurrentOffsets);
        answer.SetResult();
        await Until(t => t.Outcome == TaskOutcome.Success);
        Assert.Equal(12, Pages(Overlord.Asked<TaskAction.SegmentTransactionalInsert>().Single()).Count);
    }

    [Fact]
    public async Task Task_fails_when_no_segment_can_be_allocated()
    {
        Overlord.Override = action => action is TaskAction.SegmentAllocate ? "null" : null;
        Kafka.Produce("events", 0, Event("a"));
        await Assign(Payload());
        var end = await Until(t => t.Outcome != TaskOutcome.Running);
        Assert.Equal((TaskOutcome.Failed, "Could not allocate segment for row with timestamp[2015-09-12T00:00:00.000Z]"), (end.Outcome, end.ErrorMsg));
    }
}
