using System.Collections.Immutable;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Supervisor.Tests;

public sealed class AcquireTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Supervisor_loaded_again_keeps_numbers_that_were_used_and_its_errors_and_nothing_else()
    {
        var acquired = new Notice.Acquired(Specs.Of(), KafkaDataSourceMetadata.EndOf("wiki", PartitionOffsets.Of((0, 10))), [], false);
        var state = WithAllThatCanBe();
        var loaded = SupervisorMachine.Step(state, acquired, Now + TimeSpan.FromMinutes(1)).State;
        var fresh = SupervisorMachine.Step(SupervisorState.Initial("wiki"), acquired, Now + TimeSpan.FromMinutes(1)).State;
        Assert.Equal(fresh with
        {
            LastRound = state.LastRound,
            LastGroupKey = state.LastGroupKey,
            LastAttempt = state.LastAttempt,
            CommittedSinceAsk = state.Stream.LastAsk,
            Stream = fresh.Stream with { LastAsk = state.Stream.LastAsk + 1 },
            Health = fresh.Health with { Errors = state.Health.Errors },
        }, loaded);
    }

    /// <summary>A reading group in a round, its predecessor publishing, a failed task behind it.</summary>
    private static SupervisorState WithAllThatCanBe()
    {
        var state = Step(SupervisorState.Initial("wiki"), new Notice.Acquired(Specs.Of(replicas: 2), KafkaDataSourceMetadata.EndOf("wiki", PartitionOffsets.Of((0, 0))), [], false));
        state = Step(state, new Notice.StreamObserved(ImmutableSortedDictionary<StreamPartition, OffsetRange>.Empty.Add(0, new OffsetRange(0, 100))));
        foreach (var id in state.Reading[0].Replicas.Keys) state = Step(state, Reading(id));
        state = Step(state, new Notice.TaskLost(state.Reading[0].Replicas.Keys[0], "its worker is gone"));
        state = Step(state, new Notice.SpecReplaced(Specs.Of(taskDuration: "PT2H")));
        state = Step(state, Reading(state.Reading[0].Replicas.Keys[0], end: 10));
        state = Step(state, Reading(state.Reading[0].Replicas.Keys[0], start: 10));
        state = Step(state, new Notice.SpecReplaced(Specs.Of()));
        Assert.Equal((true, true, true, 1, 1, 1, true), (state.LastRound > 0, state.LastGroupKey > 0, state.LastAttempt > 0, state.Publishing.Count, state.Backoffs.Count, state.Health.Errors.Count, state.Reading[0].Round is not null));
        return state;
    }

    private static Notice.TaskObserved Reading(string id, long start = 0, long end = PartitionOffsets.Unbounded) => new(new TaskReport
    {
        Id = id, Outcome = TaskOutcome.Running, Phase = TaskPhase.Reading, StartTime = Now, CurrentOffsets = PartitionOffsets.Of((0, start)), EndOffsets = PartitionOffsets.Of((0, end)),
    }, TaskLocation.Unknown);

    private static SupervisorState Step(SupervisorState state, Notice notice) => SupervisorMachine.Step(state, notice, Now).State;
}
