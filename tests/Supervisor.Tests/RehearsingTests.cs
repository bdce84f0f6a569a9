using System.Collections.Immutable;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Supervisor.Status;
using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Tests;

public sealed class RehearsingTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Change_of_task_count_ends_every_group_and_starts_the_new_ones_where_they_stand()
    {
        var state = Running(taskCount: 2, partitions: 4);
        var (first, second) = (state.Reading[0].Replicas.Keys[0], state.Reading[1].Replicas.Keys[0]);
        state = Read(Read(state, first, (0, 40), (2, 50)), second, (1, 10), (3, 20));
        var before = state;

        Assert.Equal(new Rehearsal
        {
            Modified = true,
            Ending = Groups(new RehearsedGroup(0, PartitionOffsets.Of((0, 0), (2, 0)), PartitionOffsets.Of((0, 40), (2, 50)), Ids(first), 0), new RehearsedGroup(1, PartitionOffsets.Of((1, 0), (3, 0)), PartitionOffsets.Of((1, 10), (3, 20)), Ids(second), 0)),
            Starting = Groups(new RehearsedGroup(0, PartitionOffsets.Of((0, 40), (1, 10), (2, 50), (3, 20)), null, Ids(), 1)),
        }, Rehearsing.Of(state, new Notice.SpecReplaced(Specs.Of(taskCount: 1)), Observed(4), Now));
        Assert.Equal(before, state);
    }

    [Fact]
    public void Unmodified_spec_keeps_every_task_where_that_is_asked_for()
    {
        var state = Running(taskCount: 1, partitions: 1);
        var task = state.Reading[0].Replicas.Keys[0];
        state = Read(state, task, (0, 40));
        Assert.Equal(new Rehearsal { Kept = Groups(new RehearsedGroup(0, PartitionOffsets.Of((0, 0)), null, Ids(task), 0)) },
            Rehearsing.Of(state, new Notice.SpecReplaced(Specs.Of(taskCount: 1), SkipIfUnmodified: true), null, Now));
    }

    [Fact]
    public void Task_that_has_not_begun_is_stopped()
    {
        var state = Running(taskCount: 1, partitions: 1);
        var rehearsal = Rehearsing.Of(state, new Notice.SpecReplaced(Specs.Of(replicas: 2)), null, Now);
        Assert.Equal(new ValueList<StoppedTask>([new StoppedTask(state.Reading[0].Replicas.Keys[0], "stopped by supervisor [wiki]: its group ends before it began: the spec was replaced")]), rehearsal.Stopped);
        Assert.Equal(Groups(new RehearsedGroup(0, PartitionOffsets.Of((0, 0)), null, Ids(), 2)), rehearsal.Starting);
    }

    [Fact]
    public void Suspended_spec_leaves_the_partitions_unread()
    {
        var state = Read(Running(taskCount: 1, partitions: 1), null, (0, 40));
        var rehearsal = Rehearsing.Of(state, new Notice.SpecReplaced(Specs.Of(suspended: true)), null, Now);
        Assert.Equal((1, 0, "the supervisor to be resumed"), (rehearsal.Ending.Count, rehearsal.Starting.Count, Assert.Single(rehearsal.Waiting).WaitingFor));
    }

    [Fact]
    public void Refusal_is_the_posts() =>
        Assert.StartsWith("Update of the input source stream from [wiki] to [other]", Rehearsing.Of(Running(1, 1), new Notice.SpecReplaced(Specs.Of(topic: "other")), null, Now).Refused!, StringComparison.Ordinal);

    [Fact]
    public void New_supervisor_goes_on_where_one_of_its_id_has_left_off_and_else_where_its_spec_says() => Assert.Equal(
        new Rehearsal { Modified = true, Starting = Groups(new RehearsedGroup(0, PartitionOffsets.Of((0, 30), (1, 100)), null, Ids(), 1)) },
        Rehearsing.OfNew(Specs.Of(useEarliestOffset: false), KafkaDataSourceMetadata.EndOf("wiki", PartitionOffsets.Of((0, 30))), Observed(2), Now));

    private static SupervisorState Running(int taskCount, int partitions) =>
        Step(Step(SupervisorState.Initial("wiki"), new Notice.Acquired(Specs.Of(taskCount: taskCount), null, [], false)), new Notice.StreamObserved(Observed(partitions)));

    private static ImmutableSortedDictionary<StreamPartition, OffsetRange> Observed(int partitions) =>
        Enumerable.Range(0, partitions).ToImmutableSortedDictionary(p => new StreamPartition(p), _ => new OffsetRange(0, 100));

    private static ValueList<RehearsedGroup> Groups(params RehearsedGroup[] groups) => new(groups);
    private static ValueList<string> Ids(params string[] ids) => new(ids);

    private static SupervisorState Read(SupervisorState state, string? taskId, params ReadOnlySpan<(StreamPartition, long)> at) =>
        Step(state, new Notice.TaskObserved(new TaskReport { Id = taskId ?? state.Reading[0].Replicas.Keys[0], Outcome = TaskOutcome.Running, Phase = TaskPhase.Reading, StartTime = Now, CurrentOffsets = PartitionOffsets.Of(at) }, TaskLocation.Unknown));

    private static SupervisorState Step(SupervisorState state, Notice notice) => SupervisorMachine.Step(state, notice, Now).State;
}
