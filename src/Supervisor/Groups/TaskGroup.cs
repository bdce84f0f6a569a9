using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Groups;

/// <summary>Replicas that read the same partitions from the same start offsets. Reading until its end offsets are decided, publishing from then on.</summary>
public sealed record TaskGroup
{
    /// <summary>Tells groups apart, whatever they read; never reused.</summary>
    public required int Key { get; init; }

    /// <summary>Partition modulo taskCount.</summary>
    public required int Id { get; init; }
    public required string BaseSequenceName { get; init; }

    /// <summary>Inclusive.</summary>
    public required PartitionOffsets Start { get; init; }

    /// <summary>Exclusive; null while reading.</summary>
    public PartitionOffsets? End { get; init; }
    public DateTimeOffset? MinimumMessageTime { get; init; }
    public DateTimeOffset? MaximumMessageTime { get; init; }

    /// <summary>Start offsets of every sequence that is known, published ones included.</summary>
    public required Checkpoints Checkpoints { get; init; }

    /// <summary>The first sequence that is not committed; one more than the last when all is.</summary>
    public required int FirstUnpublished { get; init; }

    /// <summary>Where the group continues an earlier one on partitions of which nothing was committed then. A publish accepts any start while
    /// nothing is committed, so this group must take no boundary, and cannot go on alone, before something is.</summary>
    public PartitionOffsets Continues { get; init; } = PartitionOffsets.Empty;

    /// <summary>The last question to the stream before the group was known: the answers to later ones hold where it begins.</summary>
    public int SinceAsk { get; init; }
    public required ValueMap<string, Replica> Replicas { get; init; }
    public Round? Round { get; init; }

    /// <summary>Rounds that failed since the last decision, and when the next may begin.</summary>
    public int RoundAttempts { get; init; }
    public DateTimeOffset NextRoundAt { get; init; }
    public bool CheckpointWanted { get; init; }

    /// <summary>Why the group ends; null while it shall go on.</summary>
    public string? EndReason { get; init; }

    /// <summary>When publishing must have succeeded; publishing groups only.</summary>
    public DateTimeOffset CompletionDeadline { get; init; }

    /// <summary>When a replica reported success; its commit may still be on its way here.</summary>
    public DateTimeOffset? SucceededAt { get; init; }

    public bool IsPublishing => End is not null;

    /// <summary>All that the group has read is committed.</summary>
    public bool IsPublished => IsPublishing && FirstUnpublished > Checkpoints.Last.Key;

    /// <summary>Where what is not committed begins.</summary>
    public PartitionOffsets UnpublishedStart => IsPublished ? End! : Checkpoints[FirstUnpublished];
    public bool CanHaveReplicas => !IsPublishing && EndReason is null;
    public bool WantsRound => !IsPublishing && (EndReason is not null || CheckpointWanted);
    public bool HasStarted => Replicas.Values.Any(static r => r.HasStarted);

    /// <summary>Per partition the furthest that any replica has read.</summary>
    public PartitionOffsets Furthest => Replicas.Values.Aggregate(Start, (max, r) => max.Max(r.CurrentOffsets));

    /// <summary>By how many records, at most, one reading replica is ahead of another on a partition; null with fewer than two.</summary>
    public long? Divergence
    {
        get
        {
            var reading = Replicas.Values.Where(r => r.IsReading).ToList();
            return reading.Count < 2 ? null : reading.Max(ahead => reading.Max(behind => ahead.AheadOf(behind)));
        }
    }

    public DateTimeOffset? EarliestStartTime
    {
        get
        {
            DateTimeOffset? earliest = null;
            foreach (var replica in Replicas.Values)
                if (replica.HasStarted && replica.ReadingSince is { } since && !(earliest <= since)) earliest = since;
            return earliest;
        }
    }

    public bool IsOf(IndexTaskPayload payload) => BaseSequenceName == payload.IoConfig.BaseSequenceName && Start == payload.IoConfig.StartSequenceNumbers.Offsets;
    public bool Overlaps(PartitionOffsets other) => Start.Overlaps(other);
    public TaskGroup With(Replica replica) => this with { Replicas = Replicas.With(replica.Id, replica) };

    /// <summary>It lacks a boundary that the group has decided.</summary>
    public bool IsBehind(Replica replica) => replica.LastSequence < Checkpoints.Last.Key || (IsPublishing && !replica.HasEnd);
}
