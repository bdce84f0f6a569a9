using System.Collections.Immutable;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Supervisor.Tests;

/// <summary>Workers' clocks differ from the leader's.</summary>
public sealed class ClockSkewTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Task_of_a_worker_whose_clock_is_hours_behind_reads_for_taskDuration_all_the_same()
    {
        var state = Step(SupervisorState.Initial("wiki"), new Notice.Acquired(Specs.Of(), null, [], false), Now).State;
        state = Step(state, new Notice.StreamObserved(ImmutableSortedDictionary<StreamPartition, OffsetRange>.Empty.Add(0, new OffsetRange(0, 100))), Now).State;
        var report = new TaskReport { Id = state.Reading[0].Replicas.Keys[0], Outcome = TaskOutcome.Running, Phase = TaskPhase.Reading, StartTime = Now - TimeSpan.FromHours(3) };

        var seen = Step(state, new Notice.TaskObserved(report, TaskLocation.Unknown), Now + TimeSpan.FromSeconds(1));
        Assert.Empty(seen.Effects.OfType<Effect.PauseTask>());
        Assert.Single(Step(seen.State, new Notice.Tick(), Now + TimeSpan.FromHours(1)).Effects.OfType<Effect.PauseTask>());
    }

    private static Transition Step(SupervisorState state, Notice notice, DateTimeOffset now) => SupervisorMachine.Step(state, notice, now);
}
