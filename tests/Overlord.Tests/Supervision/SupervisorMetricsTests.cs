using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Supervision;
using Ingestion.Supervisor;

namespace Ingestion.Overlord.Tests.Supervision;

public sealed class SupervisorMetricsTests : IDisposable
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly SupervisorMetrics metrics = new();
    private readonly MeterListener listener = new();
    private readonly List<string> heard = [];
    private SupervisorState state = SupervisorState.Initial("wiki-id");
    private DateTimeOffset now = Begin;

    public SupervisorMetricsTests()
    {
        listener.InstrumentPublished = (instrument, l) => { if (instrument.Meter.Name == SupervisorMetrics.MeterName && ReferenceEquals(instrument.Meter, metrics.Meter)) l.EnableMeasurementEvents(instrument); };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Hear(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Hear(instrument, Math.Round(value, 3), tags));
        listener.Start();
    }

    public void Dispose()
    {
        listener.Dispose();
        metrics.Dispose();
    }

    [Fact]
    public void Lag_of_a_running_supervisor_is_told_with_druids_names_and_dimensions()
    {
        Run(Spec());
        Assert.Equal(
        [
            "ingest/kafka/avgLag 75 dataSource=wiki,stream=events,supervisorId=wiki-id",
            "ingest/kafka/lag 150 dataSource=wiki,stream=events,supervisorId=wiki-id",
            "ingest/kafka/maxLag 100 dataSource=wiki,stream=events,supervisorId=wiki-id",
            "ingest/kafka/partitionLag 100 dataSource=wiki,partition=0,stream=events,supervisorId=wiki-id",
            "ingest/kafka/partitionLag 50 dataSource=wiki,partition=1,stream=events,supervisorId=wiki-id",
            "ingest/notices/queueSize 3 dataSource=wiki,supervisorId=wiki-id",
            "supervisor/count 1 dataSource=wiki,detailedState=RUNNING,state=RUNNING,stream=events,supervisorId=wiki-id,type=kafka",
        ], Observed(queued: 3));
    }

    [Fact]
    public void No_lag_is_told_while_a_supervisor_is_suspended_has_not_seen_its_stream_or_cannot_be_loaded()
    {
        string[] Bare(string state, string detailed) => ["ingest/notices/queueSize 0 dataSource=wiki,supervisorId=wiki-id", $"supervisor/count 1 dataSource=wiki,detailedState={detailed},state={state},stream=events,supervisorId=wiki-id,type=kafka"];
        Take(new Notice.Acquired(Spec(), null, [], Terminated: false));
        Assert.Equal(Bare("RUNNING", "CONNECTING_TO_STREAM"), Observed());
        Run(Spec());
        Assert.Equal(Bare("UNHEALTHY_SUPERVISOR", "UNHEALTHY_SUPERVISOR"), Observed(trouble: "no database"));
        Take(new Notice.SuspendRequested());
        Assert.Equal(Bare("SUSPENDED", "SUSPENDED"), Observed());
    }

    [Fact]
    public void Divergence_of_replicas_is_told_by_group()
    {
        Run(Spec(replicas: 2));
        var (first, second) = (state.Reading[0].Replicas.Keys[0], state.Reading[0].Replicas.Keys[1]);
        Take(Reading(first, PartitionOffsets.Of((0, 50), (1, 0))));
        Take(Reading(second, PartitionOffsets.Of((0, 8), (1, 3))));
        Assert.Contains("ingest/kafka/replicaDivergence 42 dataSource=wiki,groupId=0,stream=events,supervisorId=wiki-id", Observed());
    }

    [Fact]
    public void Time_of_a_notice_is_told_by_its_type()
    {
        Take(new Notice.Acquired(Spec(), null, [], Terminated: false));
        Take(new Notice.Tick());
        Take(new Notice.ResetRequested(null));
        Take(new Notice.TaskLost("x", "gone"));
        Assert.Equal(
        [
            "ingest/notices/time 1.5 dataSource=wiki,noticeType=acquired_notice,supervisorId=wiki-id",
            "ingest/notices/time 1.5 dataSource=wiki,noticeType=run_notice,supervisorId=wiki-id",
            "ingest/notices/time 1.5 dataSource=wiki,noticeType=reset_notice,supervisorId=wiki-id",
            "ingest/notices/time 1.5 dataSource=wiki,noticeType=task_lost_notice,supervisorId=wiki-id",
        ], heard);
    }

    [Fact]
    public void Auto_scaler_tells_what_it_asks_for_why_it_may_not_and_how_long_a_change_took()
    {
        Run(Spec("""
            ,"autoScalerConfig":{"enableTaskAutoScaler":true,"taskCountMin":1,"taskCountMax":2,"scaleActionStartDelayMillis":0,"lagCollectionIntervalMillis":1000,"lagCollectionRangeMillis":1000,"scaleActionPeriodMillis":1000,"scaleOutThreshold":100,"scaleInThreshold":10}
            """));
        var id = state.Reading[0].Replicas.Keys[0];
        Take(Reading(id, PartitionOffsets.Of((0, 0), (1, 0))));
        heard.Clear();
        now += TimeSpan.FromSeconds(1);
        Take(new Notice.Tick());
        now += TimeSpan.FromMilliseconds(40);
        Take(new Notice.TaskPaused(id, 1, PartitionOffsets.Of((0, 1), (1, 1))));
        Take(new Notice.EndOffsetsSet(id, 1));
        now += TimeSpan.FromSeconds(1);
        Take(new Notice.Tick());
        const string who = "stream=events,supervisorId=wiki-id";
        Assert.Equal(
        [
            $"task/autoScaler/requiredCount 3 dataSource=wiki,{who}",
            $"task/autoScaler/updatedCount 2 dataSource=wiki,{who}",
            $"task/autoScaler/scaleActionTime 40 dataSource=wiki,{who}",
            $"task/autoScaler/requiredCount 4 dataSource=wiki,scalingSkipReason=Already at max task count,{who}",
        ], heard.Where(h => !h.StartsWith("ingest", StringComparison.Ordinal)));
    }

    [Fact]
    public void Cost_based_scaler_tells_its_costs_or_that_it_has_no_figures_to_go_by()
    {
        Run(Spec(""" ,"autoScalerConfig":{"enableTaskAutoScaler":true,"autoScalerStrategy":"costBased","taskCountMin":1,"taskCountMax":1,"scaleActionPeriodMillis":1000} """));
        var id = state.Reading[0].Replicas.Keys[0];
        heard.Clear();
        now += TimeSpan.FromSeconds(1);
        Take(new Notice.Tick());
        Take(Reading(id, PartitionOffsets.Of((0, 100), (1, 50))) is var report ? report with { Report = report.Report with { ProcessedRate = 2000, PollIdleRatio = 0.25 } } : report);
        now += TimeSpan.FromSeconds(1);
        Take(new Notice.Tick());
        const string who = "stream=events,supervisorId=wiki-id";
        Assert.Equal(
        [
            $"task/autoScaler/requiredCount 0 dataSource=wiki,scalingSkipReason=Auto-scaler failed to compute a task count,{who}",
            $"task/autoScaler/costBased/invalidMetrics 1 dataSource=wiki,description=no task has told its processing rate yet,{who}",
            $"task/autoScaler/costBased/optimalTaskCount 1 dataSource=wiki,{who}",
            $"task/autoScaler/costBased/lagCost 0 dataSource=wiki,{who}",
            $"task/autoScaler/costBased/idleCost 0.15 dataSource=wiki,{who}",
        ], heard.Where(h => !h.StartsWith("ingest", StringComparison.Ordinal)));
    }

    [Fact]
    public void Supervisor_is_counted_with_its_state_until_it_is_terminated()
    {
        string[] Counted(bool terminated = false, SupervisorState? loaded = null)
        {
            metrics.Supervisors = () => [(new SupervisorView(Spec(), loaded, terminated, Trouble: null), 0)];
            heard.Clear();
            listener.RecordObservableInstruments();
            return [.. heard.Where(h => h.StartsWith("supervisor/count", StringComparison.Ordinal))];
        }
        Assert.Equal(["supervisor/count 1 dataSource=wiki,detailedState=PENDING,state=PENDING,stream=events,supervisorId=wiki-id,type=kafka"], Counted());
        Run(Spec());
        Assert.Equal(["supervisor/count 1 dataSource=wiki,detailedState=RUNNING,state=RUNNING,stream=events,supervisorId=wiki-id,type=kafka"], Counted(loaded: state));
        Take(new Notice.TerminateRequested());
        Assert.Equal([], Counted(terminated: true, state));
        metrics.Supervisors = () => [];
        heard.Clear();
        listener.RecordObservableInstruments();
        Assert.Equal([], heard);
    }

    [Fact]
    public void Group_that_is_held_back_is_evaluated_when_it_becomes_due_and_not_at_each_step()
    {
        Run(Spec(""" ,"taskCount":2,"stopTaskCount":1,"taskDuration":"PT1M","autoScalerConfig":{"enableTaskAutoScaler":true,"autoScalerStrategy":"costBased","taskCountMin":2,"taskCountMax":2,"scaleActionPeriodMillis":600000,"scaleDownDuringTaskRolloverOnly":true} """));
        for (var group = 0; group < 2; group++)
        {
            var report = Reading(state.Reading[group].Replicas.Keys[0], PartitionOffsets.Of((group, 10)));
            Take(report with { Report = report.Report with { StartTime = Begin.AddSeconds(group), ProcessedRate = 2000, PollIdleRatio = 0.25 } });
        }
        heard.Clear();
        var evaluations = new List<int>();
        for (var second = 59; second < 64; second++)
        {
            now = Begin.AddSeconds(second);
            for (var step = 0; step < 3; step++) Take(new Notice.Tick());
            evaluations.Add(heard.Count(h => h.StartsWith("task/autoScaler/costBased/optimalTaskCount", StringComparison.Ordinal)));
        }
        // One group ends at once; the other one, a second later, finds that it has to wait.
        Assert.Equal([0, 1, 2, 2, 2], evaluations);
        Assert.Equal([true, false], state.Reading.Values.Select(g => g.EndReason is not null));
    }

    private void Run(SupervisorSpec spec)
    {
        Take(new Notice.Acquired(spec, null, [], Terminated: false));
        Take(new Notice.StreamObserved(ImmutableSortedDictionary<StreamPartition, OffsetRange>.Empty.Add(0, new OffsetRange(0, 100)).Add(1, new OffsetRange(0, 50))));
    }

    private void Take(Notice notice)
    {
        var before = state;
        state = SupervisorMachine.Step(state, notice, now).State;
        metrics.Handled(notice, before, state, TimeSpan.FromMilliseconds(1.5));
    }

    private IEnumerable<string> Observed(int queued = 0, string? trouble = null)
    {
        metrics.Supervisors = () => [(new SupervisorView(state.Spec!, state, Terminated: false, trouble), queued)];
        heard.Clear();
        listener.RecordObservableInstruments();
        return heard.Order(StringComparer.Ordinal);
    }

    private void Hear<T>(Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        heard.Add(FormattableString.Invariant($"{instrument.Name} {value} {string.Join(',', tags.ToArray().OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => $"{t.Key}={t.Value}"))}"));

    private static Notice.TaskObserved Reading(string id, PartitionOffsets at) =>
        new(new TaskReport { Id = id, Outcome = TaskOutcome.Running, Phase = TaskPhase.Reading, StartTime = Begin, CurrentOffsets = at, EndOffsets = PartitionOffsets.All(at.Partitions, PartitionOffsets.Unbounded) }, TaskLocation.Unknown);

    private static SupervisorSpec Spec(string extra = "", int replicas = 1) => SupervisorSpec.Read($$$"""
        {"type":"kafka","id":"wiki-id","spec":{
          "dataSchema":{"dataSource":"wiki","timestampSpec":{"column":"time","format":"iso"},"dimensionsSpec":{"dimensions":["page"]},"granularitySpec":{}},
          "ioConfig":{"topic":"events","inputFormat":{"type":"json"},"consumerProperties":{"bootstrap.servers":"k:9092"},"useEarliestOffset":true,"replicas":{{{replicas}}}{{{extra}}}},
          "tuningConfig":{"type":"kafka"} } }
        """).Spec!;
}
