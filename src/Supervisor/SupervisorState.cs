using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Supervisor.Autoscaling;
using Ingestion.Supervisor.Groups;
using Ingestion.Supervisor.Health;
using Ingestion.Supervisor.Observing;
using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor;

/// <summary>All that a supervisor knows. Nothing of it is stored: it is rebuilt from Druid's tables and from what the tasks report.</summary>
public sealed record SupervisorState
{
    public required string SupervisorId { get; init; }

    /// <summary>Null until <see cref="Notice.Acquired"/>.</summary>
    public SupervisorSpec? Spec { get; init; }

    /// <summary>What still runs is published, nothing is started.</summary>
    public bool IsTerminated { get; init; }

    /// <summary>Committed offsets of the spec's topic.</summary>
    public PartitionOffsets Committed { get; init; } = PartitionOffsets.Empty;

    /// <summary>The last question to the stream before they changed: its answer, or an earlier one's, may be older than they are, and proves nothing against them. A
    /// number and no time, since a clock that is set back would take an old answer for a new one.</summary>
    public int CommittedSinceAsk { get; init; }

    /// <summary>The last one before an operator had them forgotten: what was known of the stream before does not say where to begin.</summary>
    public int ResetSinceAsk { get; init; }

    public StreamView Stream { get; init; } = StreamView.Unseen;

    /// <summary>When an answer last showed that something had arrived or was still to be read; null before any did.</summary>
    public DateTimeOffset? ActiveAt { get; init; }

    /// <summary>Where partitions began that have nothing committed: a group that is made again begins there again, whatever "latest" is by then.</summary>
    public PartitionOffsets FirstOffsets { get; init; } = PartitionOffsets.Empty;

    /// <summary>By group id.</summary>
    public ValueMap<int, TaskGroup> Reading { get; init; } = ValueMap<int, TaskGroup>.Empty;

    /// <summary>Of groups of the same partitions, those that publish first come first.</summary>
    public ValueList<TaskGroup> Publishing { get; init; } = ValueList<TaskGroup>.Empty;

    /// <summary>By task id.</summary>
    public ValueMap<string, Adoptee> Adoptees { get; init; } = ValueMap<string, Adoptee>.Empty;

    /// <summary>Failures in a row, by group id.</summary>
    public ValueMap<int, Backoff> Backoffs { get; init; } = ValueMap<int, Backoff>.Empty;

    public ScalingState Scaling { get; init; } = ScalingState.Off;
    public SupervisorHealth Health { get; init; } = SupervisorHealth.Fresh;
    public int LastRound { get; init; }
    public int LastGroupKey { get; init; }

    /// <summary>The newest attempt number that a task id was derived from.</summary>
    public long LastAttempt { get; init; }

    /// <summary>When the next <see cref="Notice.Tick"/> is due at the latest.</summary>
    public DateTimeOffset WakeAt { get; init; }

    /// <summary>Terminated, and nothing is left to publish.</summary>
    public bool IsDone => IsTerminated && Reading.Count == 0 && Publishing.Count == 0 && Adoptees.Count == 0;

    public bool MayStartTasks => Spec is { Suspended: false } && !IsTerminated;

    /// <summary>All is read and nothing arrives, for longer than the spec bears (<c>idleConfig</c>): no task is started until something does.</summary>
    public bool IsIdle => MayStartTasks && Spec!.IoConfig.IdleAfter is { } after && Stream.ObservedAt is { } seen && (ActiveAt is null || seen - ActiveAt > after) && KnowsWhereToBegin;

    /// <summary>Without a task row to tell it, a leader to come would begin at what is latest by then where nothing is committed, and miss what came meanwhile.</summary>
    private bool KnowsWhereToBegin => Spec!.IoConfig.UseEarliestOffset || Stream.Present.All(p => Committed.Contains(p.Key));

    /// <summary>Per partition the furthest that any replica has read, else where the next group will begin, as far as that is known.</summary>
    public PartitionOffsets Furthest =>
        Reading.Values.Aggregate(Publishing.Aggregate(FirstOffsets.Plus(Committed), (all, g) => all.Max(g.End!)), (all, g) => all.Plus(g.Furthest));

    /// <summary>Publishing groups in order, then reading ones.</summary>
    public IEnumerable<TaskGroup> Groups => Publishing.Concat(Reading.Values);

    public TaskGroup? GroupOf(string taskId)
    {
        foreach (var group in Publishing)
            if (group.Replicas.Contains(taskId)) return group;
        foreach (var group in Reading.Values)
            if (group.Replicas.Contains(taskId)) return group;
        return null;
    }

    /// <summary>With numbers that come after those of another state, which was not adopted but whose records may be in the database.</summary>
    public SupervisorState WithNumbersOf(SupervisorState other) => this with { LastRound = other.LastRound, LastGroupKey = other.LastGroupKey, LastAttempt = other.LastAttempt };

    public static SupervisorState Initial(string supervisorId) => new() { SupervisorId = supervisorId, WakeAt = DateTimeOffset.MaxValue };
}

/// <param name="NotBefore">No task is started for the group before.</param>
public sealed record Backoff(int Failures, DateTimeOffset NotBefore);
