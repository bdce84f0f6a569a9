using Ingestion.Contracts.Stream;
using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Observing;

/// <summary>What is known of the topic. Kafka never removes a partition, so neither does this.</summary>
public sealed record StreamView
{
    public static readonly StreamView Unseen = new();

    public ValueMap<StreamPartition, PartitionView> Partitions { get; init; } = ValueMap<StreamPartition, PartitionView>.Empty;

    /// <summary>The number of the newest question, and of the newest one that was answered; 0: none yet.</summary>
    public int LastAsk { get; init; }
    public int AnsweredAsk { get; init; }

    /// <summary>When that answer came.</summary>
    public DateTimeOffset? ObservedAt { get; init; }
    public DateTimeOffset NextAskAt { get; init; }
    public int Failures { get; init; }

    public bool IsSeen => ObservedAt is not null;
}

/// <param name="IsLate">It was not there when the topic was seen first: its records begin after the supervisor did, and none may be missed.</param>
public sealed record PartitionView(OffsetRange Range, bool IsLate);
