using System.Collections.Immutable;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Supervisor.Status;

namespace Ingestion.Supervisor.Tests;

public sealed class ExplainingTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Replica_that_no_worker_can_take_names_its_availability_group_and_the_workers()
    {
        var state = Running(replicas: 2);
        var (first, second) = (state.Reading[0].Replicas.Keys[0], state.Reading[0].Replicas.Keys[1]);
        state = Read(state, first, (0, 40));
        var placement = new PlacementView(id => id == first ? "w1" : null, id => id == second ? "worker [w1] at http://w1/: runs a task of the same availability group" : null, Workers: 1, Slots: 5, FreeSlots: 4);
        var explained = Explaining.Of(state, placement, Now);

        Assert.Equal(("All 1 partitions are read", "READING", null), (explained.Summary, explained.Groups[0].Doing, explained.Groups[0].WaitingFor));
        Assert.Equal(new ExplainedTask(first, "w1", "READING", PartitionOffsets.Of((0, 40)), null), explained.Groups[0].Replicas.Single(r => r.Id == first));
        Assert.Equal(new ExplainedTask(second, null, null, PartitionOffsets.Empty, "its availability group needs 2 workers; workers: 1 (worker [w1] at http://w1/: runs a task of the same availability group)"),
            explained.Groups[0].Replicas.Single(r => r.Id == second));
        Assert.Equal([new ExplainedPartition(0, 0, null, 40, 0, 100, null)], explained.Partitions);
        Assert.Equal(["Each group has 2 replicas, which need 2 workers; workers: 1"], explained.Warnings);
    }

    [Fact]
    public void Round_says_who_has_answered_what()
    {
        var state = Running(replicas: 2);
        foreach (var id in state.Reading[0].Replicas.Keys) state = Read(state, id, (0, 40));
        state = Step(state, new Notice.SuspendRequested());
        var (first, second) = (state.Reading[0].Replicas.Keys[0], state.Reading[0].Replicas.Keys[1]);
        state = Step(state, new Notice.TaskPaused(first, 1, PartitionOffsets.Of((0, 45))));
        var group = Explaining.Of(state, PlacementView.Unknown, Now).Groups.Single();
        Assert.Equal(("ENDING", $"its replicas to agree where it ends (the supervisor was suspended): round 1, [{first}] stands at {{0:45}}, [{second}] has not paused yet"), (group.Doing, group.WaitingFor));

        state = Step(state, new Notice.TaskPaused(second, 1, PartitionOffsets.Of((0, 50))));
        state = Step(state, new Notice.EndOffsetsSet(second, 1));
        group = Explaining.Of(state, PlacementView.Unknown, Now).Groups.Single();
        Assert.Equal(("PUBLISHING", PartitionOffsets.Of((0, 50)), "a replica to publish up to {0:50}, for 1800 s more"), (group.Doing, group.End, group.WaitingFor));
        var explained = Explaining.Of(state, PlacementView.Unknown, Now);
        Assert.Equal(("It is suspended: 1 groups still publish", "the supervisor to be resumed"), (explained.Summary, explained.Partitions.Single().WaitingFor));
    }

    [Fact]
    public void Partition_whose_offset_is_gone_says_so_and_one_of_the_same_group_waits_for_it()
    {
        var state = Step(SupervisorState.Initial("wiki"), new Notice.Acquired(Specs.Of(), KafkaDataSourceMetadata.EndOf("wiki", PartitionOffsets.Of((0, 10), (1, 10))), [], false));
        state = Step(state, Stream((0, 20, 100), (1, 0, 100)));
        var partitions = Explaining.Of(state, PlacementView.Unknown, Now).Partitions;
        Assert.All(partitions, p => Assert.Contains("Previous sequenceNumber [10] is no longer available for partition [0]", p.WaitingFor!, StringComparison.Ordinal));
        Assert.Equal((IEnumerable<(long?, long)>)[(null, 10L), (10L, 10L)], partitions.Select(p => (p.Position, p.Committed!.Value)));
    }

    [Fact]
    public void Publishing_that_outlasts_task_duration_and_slots_that_will_run_out_are_foretold()
    {
        var state = Read(Running(replicas: 1), null, (0, 40));
        var task = state.Reading[0].Replicas.Keys[0];
        state = Step(state, new Notice.SpecReplaced(Specs.Of(taskDuration: "PT10M")));
        state = Step(state, new Notice.TaskPaused(task, 1, PartitionOffsets.Of((0, 40))));
        state = Step(state, new Notice.EndOffsetsSet(task, 1));
        var placement = PlacementView.Unknown with { Workers = 1, Slots = 2, FreeSlots = 0 };
        Assert.Equal(
        [
            "Group [0] has been publishing up to {0:40} for 660 s, longer than taskDuration (600 s): groups pile up, each with slots of its own",
            "The next rollover needs up to 1 free slots; free: 0 of 2. Until others are free, partitions will not be read",
        ], Explaining.Of(state, placement, Now + TimeSpan.FromMinutes(11)).Warnings);
    }

    [Fact]
    public void Topic_of_a_pattern_that_was_deleted_is_not_counted_and_says_what_becomes_of_it()
    {
        var state = Step(SupervisorState.Initial("wiki"), new Notice.Acquired(Specs.Of(topicPattern: "wiki.*"), null, [], false));
        Assert.Equal("It waits for Kafka to tell the partitions of topicPattern [wiki.*]", Explaining.Of(state, PlacementView.Unknown, Now).Summary);
        var (a, b) = (new StreamPartition("wiki_a", 0), new StreamPartition("wiki_b", 0));
        var both = ImmutableSortedDictionary<StreamPartition, OffsetRange>.Empty.Add(a, new OffsetRange(0, 10)).Add(b, new OffsetRange(0, 20));
        foreach (var seen in new[] { both, both.Remove(b), both.Remove(b) }) state = Step(state, new Notice.StreamObserved(seen));

        var explained = Explaining.Of(state, PlacementView.Unknown, Now);
        Assert.Equal("0 of 1 partitions are read; the topics of 1 more were deleted", explained.Summary);
        Assert.Equal((IEnumerable<(StreamPartition, string?)>)[(a, "a replica of its group to start"), (b, "a topic of this name: its own was deleted. It is read on from what is committed when there is one")], explained.Partitions.Select(p => (p.Partition, p.WaitingFor)));
        var status = SupervisorStatus.Of(state, Now);
        Assert.Equal(("wiki.*", 1, PartitionOffsets.Of((a, 10))), (status.Stream, status.Partitions, status.LatestOffsets));
    }

    private static SupervisorState Running(int replicas) => Step(Step(SupervisorState.Initial("wiki"), new Notice.Acquired(Specs.Of(replicas: replicas), null, [], false)), Stream((0, 0, 100)));

    private static Notice.StreamObserved Stream(params (int Partition, long Earliest, long Latest)[] ranges) =>
        new(ranges.ToImmutableSortedDictionary(r => new StreamPartition(r.Partition), r => new OffsetRange(r.Earliest, r.Latest)));

    private static SupervisorState Read(SupervisorState state, string? taskId, params ReadOnlySpan<(StreamPartition, long)> at) =>
        Step(state, new Notice.TaskObserved(new TaskReport { Id = taskId ?? state.Reading[0].Replicas.Keys[0], Outcome = TaskOutcome.Running, Phase = TaskPhase.Reading, StartTime = Now, CurrentOffsets = PartitionOffsets.Of(at) }, TaskLocation.Unknown));

    private static SupervisorState Step(SupervisorState state, Notice notice) => SupervisorMachine.Step(state, notice, Now).State;
}
