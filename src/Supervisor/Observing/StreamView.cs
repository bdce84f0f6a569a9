using Ingestion.Contracts.Stream;
using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Observing;

/// <summary>What is known of the stream. Kafka never removes a topic's partition, so neither does this; but a topic may go, and a pattern's other topics stay.</summary>
public sealed record StreamView
{
    public static readonly StreamView Unseen = new();

    public ValueMap<StreamPartition, PartitionView> Partitions { get; init; } = ValueMap<StreamPartition, PartitionView>.Empty;

    /// <summary>The number of the newest question, and of the newest one that was answered; 0: none yet.</summary>
    public int LastAsk { get; init; }
    public int AnsweredAsk { get; init; }

    /// <summary><see cref="Notice.StreamObserved.AsOf"/> of that answer.</summary>
    public long? AsOf { get; init; }

    /// <summary>When it came.</summary>
    public DateTimeOffset? ObservedAt { get; init; }
    public DateTimeOffset NextAskAt { get; init; }
    public int Failures { get; init; }

    /// <summary>Those that there are.</summary>
    public IEnumerable<KeyValuePair<StreamPartition, PartitionView>> Present => Partitions.Where(p => !p.Value.IsGone);

    /// <summary>Of those the oldest records, and the next ones to be written.</summary>
    public PartitionOffsets Earliest => new(Present.Select(p => KeyValuePair.Create(p.Key, p.Value.Range.Earliest)));
    public PartitionOffsets Latest => new(Present.Select(p => KeyValuePair.Create(p.Key, p.Value.Range.Latest)));

    public bool IsSeen => ObservedAt is not null;
}

/// <param name="IsLate">It was not there when the topic was seen first: its records begin after the supervisor did, and none may be missed.</param>
/// <param name="Missing">Answers in a row that did not name it, only counted where the stream is a pattern.</param>
public sealed record PartitionView(OffsetRange Range, bool IsLate, int Missing = 0)
{
    /// <summary>Its topic was deleted. One answer may be incomplete, while brokers tell each other of their topics; so the second one counts.</summary>
    public bool IsGone => Missing >= 2;
}
