using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Supervisor.Groups;
using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Status;

/// <summary>What operators see of a supervisor, derived from its state.</summary>
public static class SupervisorStatus
{
    /// <exception cref="InvalidOperationException">The supervisor was not acquired yet.</exception>
    public static StatusReport Of(SupervisorState state, DateTimeOffset now)
    {
        var spec = state.Spec ?? throw new InvalidOperationException("the supervisor was not acquired");
        var latest = state.Stream.IsSeen ? state.Stream.Latest : null;
        var lag = LagOf(state);
        var detailed = DetailedState(state);
        return new StatusReport
        {
            Id = state.SupervisorId,
            DataSource = spec.DataSource,
            Stream = spec.IoConfig.Stream.Name,
            Partitions = state.Stream.Present.Count(),
            Replicas = spec.IoConfig.Replicas,
            DurationSeconds = (long)spec.IoConfig.TaskDuration.TotalSeconds,
            ActiveTasks = new ValueList<TaskLine>(state.Reading.Values.SelectMany(g => g.Replicas.Values.Select(r => Active(g, r, spec.IoConfig.TaskDuration, latest, now)))),
            PublishingTasks = new ValueList<TaskLine>(state.Publishing.SelectMany(g => g.Replicas.Values.Select(r => Publishing(g, r, now)))),
            LatestOffsets = latest,
            MinimumLag = lag,
            AggregateLag = lag?.Sum(e => e.Value),
            OffsetsLastUpdated = state.Stream.ObservedAt,
            Suspended = spec.Suspended,
            Healthy = IsHealthy(detailed),
            State = BasicState(detailed),
            DetailedState = detailed,
            RecentErrors = state.Health.Errors,
            CommittedOffsets = state.Committed,
            WaitingFor = WaitingFor(state, now),
            ReplicaDivergence = ReplicaDivergence(state),
            AutoScaler = ScalerStatus.Of(state),
        };
    }

    /// <summary>Druid's rules: stopping wins, then an unhealthy supervisor, then unhealthy tasks, then what it is doing.</summary>
    public static string DetailedState(SupervisorState state)
    {
        if (state.Spec is null) return "PENDING";
        if (state.IsTerminated) return "STOPPING";
        var lastIsStream = state.Health.Errors.Count > 0 && state.Health.Errors[^1].IsStream;
        if (state.Health.Runs.IsUnhealthy) return !lastIsStream ? "UNHEALTHY_SUPERVISOR" : state.Health.HadGoodRun ? "LOST_CONTACT_WITH_STREAM" : "UNABLE_TO_CONNECT_TO_STREAM";
        if (state.Health.Tasks.IsUnhealthy) return "UNHEALTHY_TASKS";
        if (!state.Stream.IsSeen) return "CONNECTING_TO_STREAM";
        if (state.Adoptees.Count > 0 && state.Reading.Count == 0) return "DISCOVERING_INITIAL_TASKS";
        return state.Spec.Suspended ? "SUSPENDED" : state.IsIdle ? "IDLE" : "RUNNING";
    }

    public static string BasicState(string detailedState) => detailedState switch
    {
        "CONNECTING_TO_STREAM" or "DISCOVERING_INITIAL_TASKS" or "CREATING_TASKS" => "RUNNING",
        "UNABLE_TO_CONNECT_TO_STREAM" or "LOST_CONTACT_WITH_STREAM" => "UNHEALTHY_SUPERVISOR",
        _ => detailedState,
    };

    public static bool IsHealthy(string detailedState) =>
        detailedState is not ("UNHEALTHY_SUPERVISOR" or "UNHEALTHY_TASKS" or "LOST_CONTACT_WITH_STREAM" or "UNABLE_TO_CONNECT_TO_STREAM");

    /// <summary>Records that no replica has read yet, by partition; null until the stream was seen.</summary>
    public static PartitionOffsets? LagOf(SupervisorState state) =>
        state.Stream.IsSeen ? Lag(state.Stream.Latest, state.Furthest) : null;

    /// <summary>As in <see cref="StatusReport.ReplicaDivergence"/>.</summary>
    public static ValueMap<int, long> ReplicaDivergence(SupervisorState state) =>
        ValueMap<int, long>.Of(state.Reading.Values.Select(g => (g.Id, g.Divergence)).Where(g => g.Divergence is not null).Select(g => KeyValuePair.Create(g.Id, g.Divergence!.Value)));

    private static TaskLine Active(TaskGroup group, Replica replica, TimeSpan taskDuration, PartitionOffsets? latest, DateTimeOffset now) => new()
    {
        Id = replica.Id,
        GroupId = group.Id,
        StartingOffsets = group.Start,
        StartTime = replica.StartTime,
        RemainingSeconds = replica.StartTime is { } start ? Seconds(start + taskDuration - now) : null,
        Type = "ACTIVE",
        CurrentOffsets = replica.CurrentOffsets,
        Lag = latest is null ? null : Lag(latest.Only(replica.CurrentOffsets.Partitions), replica.CurrentOffsets),
        WaitingFor = WithTrouble(WaitingFor(group, replica), replica),
    };

    private static TaskLine Publishing(TaskGroup group, Replica replica, DateTimeOffset now) => new()
    {
        Id = replica.Id,
        GroupId = group.Id,
        StartingOffsets = group.Start,
        StartTime = replica.StartTime,
        RemainingSeconds = Seconds(group.CompletionDeadline - now),
        Type = "PUBLISHING",
        CurrentOffsets = replica.CurrentOffsets,
        WaitingFor = WithTrouble(group.IsBehind(replica) ? "to be told its end offsets" : replica.Report?.Phase == TaskPhase.Publishing ? "its segments to be published" : "the records up to its end offsets", replica),
    };

    private static string? WaitingFor(TaskGroup group, Replica replica) => replica switch
    {
        { Report: null, NotPlaced: { } reason } => reason,
        { Report: null } => "a worker to report it",
        { Report.Phase: TaskPhase.NotStarted or TaskPhase.Starting } => "its start on the worker",
        _ when group.EndReason is { } reason => $"its replicas to agree on end offsets: {reason}",
        _ when group.Round is not null => "its replicas to agree on a checkpoint",
        _ => null,
    };

    /// <summary>What a running task says of its trouble (Kafka, deep storage or the overlord cannot be reached) belongs to what it waits for.</summary>
    private static string? WithTrouble(string? waitingFor, Replica replica) => replica.Report switch
    {
        { Outcome: TaskOutcome.Running, ErrorMsg: { Length: > 0 } trouble } => waitingFor is null ? trouble : $"{waitingFor}: {trouble}",
        _ => waitingFor,
    };

    private static string? WaitingFor(SupervisorState state, DateTimeOffset now)
    {
        if (!state.MayStartTasks) return null;
        if (!state.Stream.IsSeen) return "the stream's partitions";
        if (state.Adoptees.Count > 0) return $"workers to report {state.Adoptees.Count} tasks that were running before: {string.Join(", ", state.Adoptees.Keys.Take(3))}";
        if (state.IsIdle) return $"new records: {Explaining.NothingArrives(state)}";
        var unread = state.Stream.Present.Select(p => p.Key).Where(p => !state.Reading.Values.Any(g => g.Start.Contains(p))).ToList();
        if (unread.Count > 0) return $"partitions {string.Join(", ", unread.Take(10))} are not read: see recentErrors";
        var held = state.Reading.Values.Where(g => g.Replicas.Count == 0 && state.Backoffs.TryGet(g.Id, out var backoff) && backoff.NotBefore > now).Select(g => g.Id).ToList();
        return held.Count > 0 ? $"groups {string.Join(", ", held)} pause after repeated failures" : null;
    }

    private static PartitionOffsets Lag(PartitionOffsets latest, PartitionOffsets current) =>
        new(latest.Select(e => KeyValuePair.Create(e.Key, current.TryGet(e.Key, out var at) ? Math.Max(0, e.Value - at) : e.Value)));

    private static long Seconds(TimeSpan time) => Math.Max(0, (long)time.TotalSeconds);
}
