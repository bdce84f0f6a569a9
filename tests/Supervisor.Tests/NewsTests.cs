using System.Collections.Immutable;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Supervisor.Tests;

/// <summary>What a supervisor need not be told again.</summary>
public sealed class NewsTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Report_is_news_once_and_again_when_anything_of_it_changes()
    {
        var state = Started();
        var report = Report(state);
        Assert.True(SupervisorMachine.IsNews(state, Observed(report)));
        state = SupervisorMachine.Step(state, Observed(report), Now).State;
        Assert.False(SupervisorMachine.IsNews(state, Observed(report)));
        Assert.True(SupervisorMachine.IsNews(state, Observed(report with { CurrentOffsets = PartitionOffsets.Of((0, 8)) })));
        Assert.True(SupervisorMachine.IsNews(state, new Notice.TaskObserved(report, new TaskLocation { Host = "elsewhere", Port = 1 })));
        Assert.True(SupervisorMachine.IsNews(state, new Notice.Tick()));
    }

    [Fact]
    public void Step_for_what_is_no_news_would_change_nothing()
    {
        var state = Started();
        var report = Report(state);
        state = SupervisorMachine.Step(state, Observed(report), Now).State;
        var again = SupervisorMachine.Step(state, Observed(report), Now);
        Assert.Equal((state, 0, 0), (again.State, again.Records.Length, again.Effects.Length));
    }

    [Fact]
    public void Report_of_a_task_that_is_not_ours_is_always_news() =>
        Assert.True(SupervisorMachine.IsNews(Started(), Observed(Report(Started()) with { Id = "another" })));

    private static SupervisorState Started()
    {
        var acquired = SupervisorMachine.Step(SupervisorState.Initial("wiki"), new Notice.Acquired(Specs.Of(), null, [], false), Now).State;
        return SupervisorMachine.Step(acquired, new Notice.StreamObserved(ImmutableSortedDictionary<StreamPartition, OffsetRange>.Empty.Add(0, new OffsetRange(0, 100))), Now).State;
    }

    private static Notice.TaskObserved Observed(TaskReport report) => new(report, TaskLocation.Unknown);

    private static TaskReport Report(SupervisorState state) => new()
    {
        Id = state.Reading.Values[0].Replicas.Values[0].Id, Outcome = TaskOutcome.Running, Phase = TaskPhase.Reading, StartTime = Now,
        CurrentOffsets = PartitionOffsets.Of((0, 7)), EndOffsets = PartitionOffsets.Of((0, PartitionOffsets.Unbounded)), Checkpoints = Checkpoints.None.With(0, PartitionOffsets.Of((0, 0))),
    };
}
