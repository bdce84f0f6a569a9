using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using Ingestion.Contracts.Specs;
using Ingestion.Supervisor;
using Ingestion.Supervisor.Autoscaling;
using Ingestion.Supervisor.Status;

namespace Ingestion.Overlord.Supervision;

/// <summary>What supervisors do in figures: Druid's metrics of streaming supervisors, by their names and with their dimensions as tags, and ours beside them. Whoever wants them listens to
/// the meter; while nobody does they cost nothing. Lag and the like are read when the listener asks, the rest is told as it happens.</summary>
internal sealed class SupervisorMetrics : IDisposable
{
    public const string MeterName = "Ingestion.Overlord";

    private readonly Meter meter = new(MeterName);
    private readonly Histogram<double> noticeTime, scaleActionTime;
    private readonly Gauge<long> requiredCount, updatedCount, optimalCount;
    private readonly Gauge<double> lagCost, idleCost;
    private readonly Counter<long> invalidMetrics;
    private readonly ConcurrentDictionary<Type, string> noticeTypes = new();

    public SupervisorMetrics()
    {
        meter.CreateObservableGauge("supervisor/count", Count, "supervisors", "1 of each supervisor, with its state");
        meter.CreateObservableGauge("ingest/kafka/lag", () => OfLag(lag => lag.Sum(p => p.Value)), "records", "Records behind, over all partitions");
        meter.CreateObservableGauge("ingest/kafka/maxLag", () => OfLag(lag => lag.Max(p => p.Value)), "records", "Records behind of the partition that is most");
        meter.CreateObservableGauge("ingest/kafka/avgLag", () => OfLag(lag => lag.Sum(p => p.Value) / lag.Count), "records", "Records behind of the average partition");
        meter.CreateObservableGauge("ingest/kafka/partitionLag", PartitionLag, "records", "Records behind, by partition");
        meter.CreateObservableGauge("ingest/kafka/replicaDivergence", Divergence, "records", "By how much one replica of a group is ahead of another on a partition");
        meter.CreateObservableGauge("ingest/notices/queueSize", QueueSize, "notices", "Notices that wait in a supervisor's mailbox");
        noticeTime = meter.CreateHistogram<double>("ingest/notices/time", "ms", "Time that a notice took, its commit included");
        requiredCount = meter.CreateGauge<long>("task/autoScaler/requiredCount", "tasks", "What the auto-scaler asks for, before bounds");
        updatedCount = meter.CreateGauge<long>("task/autoScaler/updatedCount", "tasks", "taskCount as the auto-scaler has changed it");
        scaleActionTime = meter.CreateHistogram<double>("task/autoScaler/scaleActionTime", "ms", "Time from a change of taskCount until the groups that it ends have their end offsets");
        optimalCount = meter.CreateGauge<long>("task/autoScaler/costBased/optimalTaskCount", "tasks");
        lagCost = meter.CreateGauge<double>("task/autoScaler/costBased/lagCost");
        idleCost = meter.CreateGauge<double>("task/autoScaler/costBased/idleCost");
        invalidMetrics = meter.CreateCounter<long>("task/autoScaler/costBased/invalidMetrics");
    }

    public Meter Meter => meter;

    /// <summary>Of all supervisors, since this process started.</summary>
    public StepTimes Steps { get; } = new();

    /// <summary>The supervisors of now, with the lengths of their queues.</summary>
    public Func<IEnumerable<(SupervisorView View, int Queued)>> Supervisors { get; set; } = () => [];

    /// <summary>A supervisor has taken a notice.</summary>
    /// <param name="before">Its state until then; null: it had none.</param>
    public void Handled(Notice notice, SupervisorState? before, SupervisorState? after, TimeSpan time)
    {
        Steps.Add(time);
        if (after is not { Spec: { } spec }) return;
        if (noticeTime.Enabled) noticeTime.Record(time.TotalMilliseconds, Tags(spec, ("noticeType", noticeTypes.GetOrAdd(notice.GetType(), TypeOf))));
        if (after.Scaling.LastDecision is { } decision && decision != before?.Scaling.LastDecision) Decided(spec, decision);
        if (after.Scaling.LastAction is not { } action || action == before?.Scaling.LastAction) return;
        if (action.At != before?.Scaling.LastAction?.At) updatedCount.Record(action.To, StreamTags(spec));
        if (action.DoneAt is { } done) scaleActionTime.Record((done - action.At).TotalMilliseconds, StreamTags(spec));
    }

    /// <summary>Druid says nothing where nothing is to be done.</summary>
    private void Decided(SupervisorSpec spec, ScaleDecision decision)
    {
        if (decision.SkipReason is { } reason) requiredCount.Record(decision.Required, StreamTags(spec, ("scalingSkipReason", reason)));
        else if (decision.Required != decision.Current) requiredCount.Record(decision.Required, StreamTags(spec));
        if (spec.IoConfig.AutoScaler is not AutoScalerConfig.CostBased) return;
        if (decision.Cost is not { } cost)
        {
            invalidMetrics.Add(1, StreamTags(spec, ("description", decision.Why)));
            return;
        }
        optimalCount.Record(decision.Required, StreamTags(spec));
        lagCost.Record(cost.Lag, StreamTags(spec));
        idleCost.Record(cost.Idle, StreamTags(spec));
    }

    /// <summary>As in Druid, of supervisors that run and are well: of one that is suspended, or has lost the stream, what is known of lag is no lag.</summary>
    private IEnumerable<(SupervisorSpec Spec, SupervisorState State)> Running() =>
        from supervisor in Supervisors()
        where supervisor.View is { State.Spec: not null, Trouble: null } view && SupervisorStatus.DetailedState(view.State) == "RUNNING"
        select (supervisor.View.State!.Spec!, supervisor.View.State!);

    private IEnumerable<Measurement<long>> OfLag(Func<Contracts.Stream.PartitionOffsets, long> figure) =>
        from supervisor in Running()
        let lag = SupervisorStatus.LagOf(supervisor.State)
        where lag is { Count: > 0 }
        select new Measurement<long>(figure(lag), StreamTags(supervisor.Spec));

    private IEnumerable<Measurement<long>> PartitionLag() =>
        from supervisor in Running()
        from partition in SupervisorStatus.LagOf(supervisor.State) ?? Contracts.Stream.PartitionOffsets.Empty
        select new Measurement<long>(partition.Value, StreamTags(supervisor.Spec, ("partition", partition.Key.ToString())));

    private IEnumerable<Measurement<long>> Divergence() =>
        from supervisor in Running()
        from pair in SupervisorStatus.ReplicaDivergence(supervisor.State)
        select new Measurement<long>(pair.Value, StreamTags(supervisor.Spec, ("groupId", $"{pair.Key}")));

    private IEnumerable<Measurement<long>> QueueSize() => Supervisors().Select(s => new Measurement<long>(s.Queued, Tags(s.View.Spec)));

    /// <summary>As in Druid, one that is terminated no longer counts, whatever it still publishes.</summary>
    private IEnumerable<Measurement<long>> Count() =>
        from supervisor in Supervisors()
        where !supervisor.View.Terminated
        let report = supervisor.View.Report(DateTimeOffset.UtcNow)
        select new Measurement<long>(1, StreamTags(supervisor.View.Spec, ("type", "kafka"), ("state", report.State), ("detailedState", report.DetailedState)));

    private static TagList Tags(SupervisorSpec spec, params ReadOnlySpan<(string Name, string Value)> more)
    {
        var tags = new TagList { { "supervisorId", spec.Id }, { "dataSource", spec.DataSource } };
        foreach (var (name, value) in more) tags.Add(name, value);
        return tags;
    }

    private static TagList StreamTags(SupervisorSpec spec, params ReadOnlySpan<(string Name, string Value)> more)
    {
        var tags = Tags(spec, more);
        tags.Add("stream", spec.IoConfig.Stream.Name);
        return tags;
    }

    /// <summary>Druid's names where it has such a notice; others are named alike.</summary>
    private static string TypeOf(Type notice) => notice.Name switch
    {
        nameof(Notice.Tick) or nameof(Notice.StreamObserved) => "run_notice",
        nameof(Notice.CheckpointRequested) => "checkpoint_notice",
        nameof(Notice.ResetRequested) => "reset_notice",
        nameof(Notice.OffsetsResetRequested) => "reset_offsets_notice",
        nameof(Notice.HandoffRequested) => "handoff_task_group_notice",
        nameof(Notice.TerminateRequested) => "graceful_shutdown_notice",
        var name => name.Aggregate(new StringBuilder(), (text, c) => (char.IsUpper(c) && text.Length > 0 ? text.Append('_') : text).Append(char.ToLowerInvariant(c))).Append("_notice").ToString(),
    };

    public void Dispose() => meter.Dispose();
}
