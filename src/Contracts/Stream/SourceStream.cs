namespace Ingestion.Contracts.Stream;

/// <summary>What a supervisor and its tasks read: one topic, whose partitions are keyed by their numbers, or all topics that match a pattern, whose
/// partitions are keyed <c>topic:number</c>. Offsets stored for the one can be those of the other.</summary>
public sealed class SourceStream(string name, bool isPattern) : IEquatable<SourceStream>
{
    private TopicPattern? pattern;

    /// <summary>The topic, or the pattern: Druid's <c>stream</c>.</summary>
    public string Name { get; } = name;
    public bool IsPattern { get; } = isPattern;

    /// <summary>The stream that offsets are of. Without any it is taken for a topic, as Druid takes it.</summary>
    public static SourceStream Of(string name, PartitionOffsets offsets) => new(name, offsets.Partitions.Any(p => p.Topic is not null));

    /// <summary>As <c>ioConfig</c> has it; messages say it so.</summary>
    public override string ToString() => $"{(IsPattern ? "topicPattern" : "topic")} [{Name}]";

    public bool Equals(SourceStream? other) => other is not null && Name == other.Name && IsPattern == other.IsPattern;
    public override bool Equals(object? obj) => Equals(obj as SourceStream);
    public override int GetHashCode() => HashCode.Combine(Name, IsPattern);
    public static bool operator ==(SourceStream? left, SourceStream? right) => left is null ? right is null : left.Equals(right);
    public static bool operator !=(SourceStream? left, SourceStream? right) => !(left == right);

    /// <exception cref="ArgumentException"><see cref="Name"/> is not a pattern.</exception>
    public bool Covers(string topic) => IsPattern ? (pattern ??= new TopicPattern(Name)).Matches(topic) : topic == Name;

    /// <summary>Null when it is a pattern that can be matched, else what is wrong with it.</summary>
    public static string? PatternProblem(string pattern)
    {
        try { _ = new TopicPattern(pattern); }
        catch (ArgumentException e) { return e.Message; }
        return null;
    }

    /// <summary>The key of a topic's partition in this stream's offsets.</summary>
    public StreamPartition Key(string topic, int number) => IsPattern ? new StreamPartition(topic, number) : new StreamPartition(number);

    /// <summary>Whether offsets are keyed as this stream's are.</summary>
    public bool Keys(StreamPartition partition) => partition.Topic is null != IsPattern;

    /// <summary>Those of the stored offsets that are of this stream, by its keys, whatever they were stored for: Druid's rules for a supervisor that changed
    /// from a topic to a pattern that it matches, back, or to another pattern.</summary>
    public PartitionOffsets OffsetsOf(KafkaDataSourceMetadata stored)
    {
        if (!IsPattern && stored.Stream == Name && stored.Offsets.Partitions.All(Keys)) return stored.Offsets;
        return new PartitionOffsets(stored.Offsets.Where(e => Covers(e.Key.Topic ?? stored.Stream)).Select(e => KeyValuePair.Create(Key(e.Key.Topic ?? stored.Stream, e.Key.Number), e.Value)));
    }

    /// <summary>What is to be stored when <paramref name="newer"/>, of this stream, is committed. Offsets of topics that are not of this stream stay beside them,
    /// under a pattern's keys, so that a supervisor which reads them again finds them; Druid stores the older stream's only.</summary>
    /// <param name="stored">Null where nothing is. What is of another stream altogether says nothing of this one and goes.</param>
    public KafkaDataSourceMetadata Plus(KafkaDataSourceMetadata? stored, PartitionOffsets newer)
    {
        var ours = stored is null ? PartitionOffsets.Empty : OffsetsOf(stored);
        if (stored is null || ours.Count == 0 || ours.Count == stored.Offsets.Count) return KafkaDataSourceMetadata.EndOf(Name, ours.Plus(newer));
        var others = stored.Offsets.Where(e => !Covers(e.Key.Topic ?? stored.Stream)).Select(e => KeyValuePair.Create(new StreamPartition(e.Key.Topic ?? stored.Stream, e.Key.Number), e.Value));
        var all = ours.Plus(newer).Select(e => KeyValuePair.Create(new StreamPartition(e.Key.Topic ?? Name, e.Key.Number), e.Value)).Concat(others);
        return KafkaDataSourceMetadata.EndOf(IsPattern ? Name : stored.Stream, new PartitionOffsets(all));
    }
}
