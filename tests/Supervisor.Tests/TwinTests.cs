using System.Collections.Immutable;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Supervisor.Tests;

/// <summary>Tasks of a group are twins, be they made together or one in place of another: nothing but the id differs.</summary>
public sealed class TwinTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Replicas_differ_in_nothing_but_their_ids()
    {
        var tasks = Tasks(Start(Spec));
        Assert.Equal(2, tasks.Select(t => t.Id).Distinct().Count());
        Assert.Single(tasks.Select(WithoutId).Distinct());
        Assert.Equal((Now - TimeSpan.FromHours(1), Now + TimeSpan.FromHours(3)), (tasks[0].IoConfig.MinimumMessageTime!.Value, tasks[0].IoConfig.MaximumMessageTime!.Value));
    }

    [Fact]
    public void First_task_of_a_new_supervisor_reads_from_the_earliest_offsets_to_no_end_with_the_specs_consumer_properties()
    {
        var io = Assert.Single(Tasks(Start(Specs.Of()))).IoConfig;
        Assert.Equal((StreamSequence.StartOf("wiki", PartitionOffsets.Of((0, 0))), StreamSequence.EndOf("wiki", PartitionOffsets.Of((0, PartitionOffsets.Unbounded)))), (io.StartSequenceNumbers, io.EndSequenceNumbers));
        Assert.Equal((true, (DateTimeOffset?)null, (DateTimeOffset?)null), (io.UseTransaction, io.MinimumMessageTime, io.MaximumMessageTime));
        Assert.Equal([KeyValuePair.Create("bootstrap.servers", "localhost:9092")], io.ConsumerProperties);
    }

    [Fact]
    public void Failed_task_is_replaced_with_the_same_parameters()
    {
        var state = Start(Spec).State;
        var failed = state.Reading[0].Replicas.Values[0].Payload;
        var after = Step(state, Report(failed.Id) with { Outcome = TaskOutcome.Failed, ErrorMsg = "boom" }, Now + TimeSpan.FromMinutes(7));
        var twin = Assert.Single(Tasks(after));
        Assert.NotEqual(failed.Id, twin.Id);
        Assert.Equal(WithoutId(failed), WithoutId(twin));
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(6, true)]
    public void Replacement_of_a_second_failure_waits_unless_the_first_one_has_read_for_five_seconds(int seconds, bool isReplacedAtOnce)
    {
        var state = Start(Spec).State;
        var first = Step(state, Report(state.Reading[0].Replicas.Keys.First()) with { Outcome = TaskOutcome.Failed, ErrorMsg = "boom" }, Now);
        var second = Assert.Single(Tasks(first)).Id;
        var reading = Report(second) with { StartTime = Now };

        var later = Step(first.State, reading with { CurrentOffsets = PartitionOffsets.Of((0, 5)) }, Now + TimeSpan.FromSeconds(seconds)).State;
        var lost = SupervisorMachine.Step(later, new Notice.TaskLost(second, "its worker is lost"), Now + TimeSpan.FromSeconds(seconds));

        Assert.Equal(isReplacedAtOnce ? 1 : 0, lost.Effects.OfType<Effect.StartTask>().Count());
    }

    [Fact]
    public void Failed_task_that_an_earlier_leader_made_is_replaced_with_the_same_parameters()
    {
        var adopted = Tasks(Start(Spec))[0];
        var later = Now + TimeSpan.FromMinutes(20);
        var state = SupervisorMachine.Step(SupervisorState.Initial("wiki"), new Notice.Acquired(Spec, null, [adopted], false), later).State;
        state = SupervisorMachine.Step(state, Stream, later).State;
        var reported = Step(state, Report(adopted.Id), later);
        var replica = Assert.Single(Tasks(reported));
        var failed = Step(reported.State, Report(adopted.Id) with { Outcome = TaskOutcome.Failed, ErrorMsg = "boom" }, later);
        Assert.Equal([WithoutId(adopted), WithoutId(adopted)], [WithoutId(replica), WithoutId(Assert.Single(Tasks(failed)))]);
    }

    [Fact]
    public void Status_of_a_task_that_is_not_needed_any_more_says_who_stopped_it_and_why()
    {
        var state = Start(Spec).State;
        string[] ids = [.. state.Reading[0].Replicas.Keys];
        foreach (var id in ids) state = Step(state, Report(id), Now).State;
        var published = Step(state, Report(ids[0]) with { Outcome = TaskOutcome.Success, Duration = 4, CurrentOffsets = PartitionOffsets.Of((0, 9)), EndOffsets = PartitionOffsets.Of((0, 9)) }, Now + TimeSpan.FromSeconds(5));
        Assert.Equal(
            [
                IndexTaskStatus.Success(ids[0], 4, TaskLocation.Unknown),
                IndexTaskStatus.Success(ids[1], 5000, TaskLocation.Unknown, $"stopped by supervisor [wiki]: its replica [{ids[0]}] has published"),
            ],
            published.Records.OfType<Record.FinishTask>().Select(r => r.Status));
        Assert.Equal([new Effect.StopTask(ids[1], $"its replica [{ids[0]}] has published")], published.Effects.OfType<Effect.StopTask>());
        Assert.False(published.State.Health.Tasks.Bad > 0);
    }

    [Fact]
    public void Checkpoint_that_a_task_of_no_group_asks_for_is_not_granted_and_changes_nothing()
    {
        var state = Start(Spec).State;
        var answer = SupervisorMachine.Step(state, new Notice.CheckpointRequested("stranger", 0, PartitionOffsets.Of((0, 0))), Now);
        Assert.Equal((new Reply.Checkpoint(false), 0, 0, state), (answer.Reply, answer.Records.Length, answer.Effects.Length, answer.State));
    }

    private static SupervisorSpec Spec => Specs.Of(replicas: 2, extra: ",\"lateMessageRejectionPeriod\":\"PT1H\",\"earlyMessageRejectionPeriod\":\"PT2H\"", context: """{"useConcurrentLocks":true}""");

    private static Notice.StreamObserved Stream => new(ImmutableSortedDictionary<StreamPartition, OffsetRange>.Empty.Add(0, new OffsetRange(0, 100)));

    private static Transition Start(SupervisorSpec spec)
    {
        var acquired = SupervisorMachine.Step(SupervisorState.Initial("wiki"), new Notice.Acquired(spec, null, [], false), Now);
        return SupervisorMachine.Step(acquired.State, Stream, Now);
    }

    private static Transition Step(SupervisorState state, TaskReport report, DateTimeOffset now) => SupervisorMachine.Step(state, new Notice.TaskObserved(report, TaskLocation.Unknown), now);

    private static TaskReport Report(string id) => new()
    {
        Id = id, Outcome = TaskOutcome.Running, Phase = TaskPhase.Reading, StartTime = Now, CurrentOffsets = PartitionOffsets.Of((0, 0)), EndOffsets = PartitionOffsets.Of((0, PartitionOffsets.Unbounded)),
        Checkpoints = Checkpoints.StartingAt(PartitionOffsets.Of((0, 0))),
    };

    private static List<IndexTaskPayload> Tasks(Transition transition) => [.. transition.Records.OfType<Record.InsertTask>().Select(r => r.Payload)];

    private static string WithoutId(IndexTaskPayload payload) => (payload with { Id = "" }).ToJson();
}
