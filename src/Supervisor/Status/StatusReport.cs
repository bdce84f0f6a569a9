using Ingestion.Contracts.Stream;
using Ingestion.Supervisor.Health;
using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Status;

/// <summary>The payload of Druid's <c>GET /druid/indexer/v1/supervisor/{id}/status</c>, and a little more.</summary>
public sealed record StatusReport
{
    public required string Id { get; init; }
    public required string DataSource { get; init; }
    public required string Stream { get; init; }
    public required int Partitions { get; init; }
    public required int Replicas { get; init; }
    public required long DurationSeconds { get; init; }
    public required ValueList<TaskLine> ActiveTasks { get; init; }
    public required ValueList<TaskLine> PublishingTasks { get; init; }

    /// <summary>Null until the stream was seen.</summary>
    public PartitionOffsets? LatestOffsets { get; init; }
    public PartitionOffsets? MinimumLag { get; init; }
    public long? AggregateLag { get; init; }
    public DateTimeOffset? OffsetsLastUpdated { get; init; }
    public required bool Suspended { get; init; }
    public required bool Healthy { get; init; }

    /// <summary>Druid's basic state: <c>RUNNING</c>, <c>UNHEALTHY_SUPERVISOR</c>.</summary>
    public required string State { get; init; }

    /// <summary>Druid's state with stream specifics: <c>CREATING_TASKS</c>, <c>LOST_CONTACT_WITH_STREAM</c>.</summary>
    public required string DetailedState { get; init; }

    /// <summary>Oldest first.</summary>
    public required ValueList<ErrorEvent> RecentErrors { get; init; }

    /// <summary>Ours: committed offsets of the topic.</summary>
    public required PartitionOffsets CommittedOffsets { get; init; }

    /// <summary>Ours: what the supervisor waits for before it can read all partitions, in words; null when it reads them.</summary>
    public string? WaitingFor { get; init; }

    /// <summary>Ours: by reading group, by how many records one replica is ahead of another on a partition; groups with fewer than two reading replicas are left out.</summary>
    public ValueMap<int, long> ReplicaDivergence { get; init; } = ValueMap<int, long>.Empty;

    /// <summary>Ours; null without an auto-scaler.</summary>
    public ScalerStatus? AutoScaler { get; init; }
}

/// <summary>A task of <c>activeTasks</c> or <c>publishingTasks</c>.</summary>
public sealed record TaskLine
{
    public required string Id { get; init; }

    /// <summary>Ours: the task group's id.</summary>
    public required int GroupId { get; init; }
    public required PartitionOffsets StartingOffsets { get; init; }
    public DateTimeOffset? StartTime { get; init; }

    /// <summary>Active: of taskDuration; null before the start. Publishing: until completionTimeout. Never negative.</summary>
    public long? RemainingSeconds { get; init; }

    /// <summary><c>ACTIVE</c> or <c>PUBLISHING</c>.</summary>
    public required string Type { get; init; }
    public required PartitionOffsets CurrentOffsets { get; init; }

    /// <summary>Records; active tasks only, null until the stream was seen.</summary>
    public PartitionOffsets? Lag { get; init; }

    /// <summary>Ours: what the task waits for, in words; null when it reads.</summary>
    public string? WaitingFor { get; init; }
}
