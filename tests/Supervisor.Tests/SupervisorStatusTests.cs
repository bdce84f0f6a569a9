using System.Collections.Immutable;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Supervisor.Health;
using Ingestion.Supervisor.Status;
using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Tests;

public sealed class SupervisorStatusTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Status_of_a_reading_supervisor_has_lag_and_remaining_time()
    {
        var state = Step(SupervisorState.Initial("wiki"), new Notice.Acquired(Specs.Of(), null, [], false));
        state = Step(state, new Notice.StreamObserved(ImmutableSortedDictionary<StreamPartition, OffsetRange>.Empty.Add(0, new OffsetRange(0, 100))));
        var id = state.Reading[0].Replicas.Keys[0];
        state = Step(state, new Notice.TaskObserved(new TaskReport { Id = id, Outcome = TaskOutcome.Running, Phase = TaskPhase.Reading, StartTime = Now, CurrentOffsets = PartitionOffsets.Of((0, 40)) }, TaskLocation.Unknown));

        Assert.Equal(new StatusReport
        {
            Id = "wiki", DataSource = "wiki", Stream = "wiki", Partitions = 1, Replicas = 1, DurationSeconds = 3600,
            ActiveTasks = new ValueList<TaskLine>([new TaskLine
            {
                Id = id, GroupId = 0, StartingOffsets = PartitionOffsets.Of((0, 0)), StartTime = Now, RemainingSeconds = 3540, Type = "ACTIVE",
                CurrentOffsets = PartitionOffsets.Of((0, 40)), Lag = PartitionOffsets.Of((0, 60)),
            }]),
            PublishingTasks = ValueList<TaskLine>.Empty,
            LatestOffsets = PartitionOffsets.Of((0, 100)), MinimumLag = PartitionOffsets.Of((0, 60)), AggregateLag = 60, OffsetsLastUpdated = Now,
            Suspended = false, Healthy = true, State = "RUNNING", DetailedState = "RUNNING", RecentErrors = ValueList<ErrorEvent>.Empty, CommittedOffsets = PartitionOffsets.Empty,
        }, SupervisorStatus.Of(state, Now + TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void Status_says_how_far_replicas_are_apart_and_what_the_auto_scaler_does()
    {
        const string scaler = """ ,"autoScalerConfig":{"enableTaskAutoScaler":true,"taskCountMin":1,"taskCountMax":4} """;
        var state = Step(SupervisorState.Initial("wiki"), new Notice.Acquired(Specs.Of(replicas: 2, extra: scaler), null, [], false));
        state = Step(state, new Notice.StreamObserved(ImmutableSortedDictionary<StreamPartition, OffsetRange>.Empty.Add(0, new OffsetRange(0, 100)).Add(1, new OffsetRange(0, 50))));
        var (first, second) = (state.Reading[0].Replicas.Keys[0], state.Reading[0].Replicas.Keys[1]);
        state = Step(state, Reading(first, PartitionOffsets.Of((0, 30), (1, 9))));
        Assert.Equal(ValueMap<int, long>.Empty, SupervisorStatus.Of(state, Now).ReplicaDivergence);
        state = Step(state, Reading(second, PartitionOffsets.Of((0, 10), (1, 40))));
        var status = SupervisorStatus.Of(state, Now);
        Assert.Equal([KeyValuePair.Create(0, 31L)], status.ReplicaDivergence);
        Assert.Equal(new ScalerStatus("lagBased", 1, 1, 4, Now + TimeSpan.FromMinutes(15), null, null, "It waits for tasks to settle, and measures lag from 00:05:00 on"), status.AutoScaler);
        Assert.Equal(status.AutoScaler!.Now, Explaining.Of(state, PlacementView.Unknown, Now).AutoScaler);
        Assert.Equal(
            ["The auto-scaler's taskCountMax is 4, but the topic has 2 partitions: no more tasks than that read it", "Scaling to taskCountMax (4) would need up to 2 more slots; free: 1 of 3. Partitions wait for slots while it does"],
            Foresight.Warnings(state, new PlacementView(_ => null, _ => null, 2, 3, 1), Now).Take(2));
    }

    [Fact]
    public void Status_lists_each_task_with_its_own_offsets_and_lag_and_publishing_ones_without_lag()
    {
        var state = Step(SupervisorState.Initial("wiki"), new Notice.Acquired(Specs.Of(taskCount: 2), KafkaDataSourceMetadata.EndOf("wiki", PartitionOffsets.Of((0, 5), (1, 6))), [], false));
        state = Step(state, new Notice.StreamObserved(ImmutableSortedDictionary<StreamPartition, OffsetRange>.Empty.Add(0, new OffsetRange(0, 100)).Add(1, new OffsetRange(0, 50))));
        var (first, second) = (state.Reading[0].Replicas.Keys[0], state.Reading[1].Replicas.Keys[0]);
        state = Step(state, Reading(first, PartitionOffsets.Of((0, 30))) with { Report = Reading(first, PartitionOffsets.Of((0, 30))).Report with { EndOffsets = PartitionOffsets.Of((0, 40)) } });
        var successor = state.Reading[0].Replicas.Keys[0];
        state = Step(state, Reading(successor, PartitionOffsets.Of((0, 44))));
        state = Step(state, Reading(second, PartitionOffsets.Of((1, 60)))); // further than the stream was seen: what was observed is older, and no lag is negative

        var status = SupervisorStatus.Of(state, Now + TimeSpan.FromMinutes(1));

        Assert.Equal(
            [
                (successor, "ACTIVE", PartitionOffsets.Of((0, 40)), PartitionOffsets.Of((0, 44)), PartitionOffsets.Of((0, 56)), 3540L),
                (second, "ACTIVE", PartitionOffsets.Of((1, 6)), PartitionOffsets.Of((1, 60)), PartitionOffsets.Of((1, 0)), 3540L),
            ],
            status.ActiveTasks.Select(t => (t.Id, t.Type, t.StartingOffsets, t.CurrentOffsets, t.Lag!, t.RemainingSeconds!.Value)));
        Assert.Equal([(first, "PUBLISHING", PartitionOffsets.Of((0, 5)), PartitionOffsets.Of((0, 30)), (PartitionOffsets?)null, 1740L)],
            status.PublishingTasks.Select(t => (t.Id, t.Type, t.StartingOffsets, t.CurrentOffsets, t.Lag, t.RemainingSeconds!.Value)));
        Assert.Equal((PartitionOffsets.Of((0, 56), (1, 0)), 56L, 2), (status.MinimumLag, status.AggregateLag, status.Partitions));
    }

    [Fact]
    public void Status_says_what_a_task_without_a_worker_waits_for()
    {
        var state = Step(SupervisorState.Initial("wiki"), new Notice.Acquired(Specs.Of(), null, [], false));
        state = Step(state, new Notice.StreamObserved(ImmutableSortedDictionary<StreamPartition, OffsetRange>.Empty.Add(0, new OffsetRange(0, 100))));
        state = Step(state, new Notice.TaskNotPlaced(state.Reading[0].Replicas.Keys[0], "no worker has a free slot"));
        Assert.Equal("no worker has a free slot", Assert.Single(SupervisorStatus.Of(state, Now).ActiveTasks).WaitingFor);
    }

    [Fact]
    public void Status_has_the_trouble_that_a_running_task_reports()
    {
        var state = Step(SupervisorState.Initial("wiki"), new Notice.Acquired(Specs.Of(), null, [], false));
        state = Step(state, new Notice.StreamObserved(ImmutableSortedDictionary<StreamPartition, OffsetRange>.Empty.Add(0, new OffsetRange(0, 100))));
        var report = new TaskReport { Id = state.Reading[0].Replicas.Keys[0], Outcome = TaskOutcome.Running, Phase = TaskPhase.Reading, StartTime = Now, ErrorMsg = "Kafka cannot be reached" };
        state = Step(state, new Notice.TaskObserved(report, TaskLocation.Unknown));
        Assert.Equal("Kafka cannot be reached", Assert.Single(SupervisorStatus.Of(state, Now).ActiveTasks).WaitingFor);
    }

    [Fact]
    public void Three_failed_runs_make_unhealthy_and_three_good_ones_healthy_again()
    {
        var bad = Enumerable.Range(0, 3).Aggregate(SupervisorHealth.Fresh, (health, _) => health.WithError(Now, "X", "x").RunFinished());
        Assert.Equal((true, false), (bad.Runs.IsUnhealthy, Enumerable.Range(0, 3).Aggregate(bad, (health, _) => health.RunFinished()).Runs.IsUnhealthy));
        Assert.False(Enumerable.Range(0, 2).Aggregate(SupervisorHealth.Fresh, (health, _) => health.WithError(Now, "X", "x").RunFinished()).Runs.IsUnhealthy);
        Assert.True(bad.RunFinished().RunFinished().Runs.IsUnhealthy);
    }

    private static Notice.TaskObserved Reading(string id, PartitionOffsets at) =>
        new(new TaskReport { Id = id, Outcome = TaskOutcome.Running, Phase = TaskPhase.Reading, StartTime = Now, CurrentOffsets = at }, TaskLocation.Unknown);

    private static SupervisorState Step(SupervisorState state, Notice notice) => SupervisorMachine.Step(state, notice, Now).State;
}
