using System.Text.Json.Serialization;

namespace Ingestion.Contracts.Stream;

/// <summary>Offsets of a stream as Druid writes them in task payloads, checkpoints and dataSource metadata
/// (<c>SeekableStreamStart/EndSequenceNumbers</c>). The aliases <c>topic</c> and <c>partitionOffsetMap</c> are written beside the newer
/// names; either is read.</summary>
public sealed record StreamSequence
{
    public const string Start = "start";
    public const string End = "end";

    [JsonPropertyOrder(0)] public string Type { get; set; } = End;
    [JsonPropertyOrder(1)] public string? Stream { get; init; }
    [JsonPropertyOrder(2)] public PartitionOffsets? PartitionSequenceNumberMap { get; init; }

    /// <summary>Start sequences only; Kafka offsets are never exclusive, so always empty.</summary>
    [JsonPropertyOrder(3), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public IReadOnlyList<int>? ExclusivePartitions { get; init; }
    [JsonPropertyOrder(4)] public string? Topic { get; init; }
    [JsonPropertyOrder(5)] public PartitionOffsets? PartitionOffsetMap { get; init; }

    [JsonIgnore] public string Name => Stream ?? Topic ?? "";
    [JsonIgnore] public PartitionOffsets Offsets => PartitionSequenceNumberMap ?? PartitionOffsetMap ?? PartitionOffsets.Empty;

    public static StreamSequence StartOf(string stream, PartitionOffsets offsets) => Of(Start, stream, offsets) with { ExclusivePartitions = [] };
    public static StreamSequence EndOf(string stream, PartitionOffsets offsets) => Of(End, stream, offsets);

    private static StreamSequence Of(string type, string stream, PartitionOffsets offsets) =>
        new() { Type = type, Stream = stream, Topic = stream, PartitionSequenceNumberMap = offsets, PartitionOffsetMap = offsets };

    public bool Equals(StreamSequence? other) => other is not null && Type == other.Type && Name == other.Name && Offsets == other.Offsets;
    public override int GetHashCode() => HashCode.Combine(Type, Name, Offsets);
}

/// <summary>Druid's dataSource metadata of Kafka: the committed offsets (<c>type: end</c>), or an offset range's bound in an action.</summary>
public sealed record KafkaDataSourceMetadata
{
    [JsonPropertyOrder(0)] public string Type { get; set; } = "kafka";
    [JsonPropertyOrder(1)] public StreamSequence? Partitions { get; init; }

    [JsonIgnore] public string Stream => Partitions?.Name ?? "";
    [JsonIgnore] public PartitionOffsets Offsets => Partitions?.Offsets ?? PartitionOffsets.Empty;

    public static KafkaDataSourceMetadata StartOf(string stream, PartitionOffsets offsets) => new() { Partitions = StreamSequence.StartOf(stream, offsets) };
    public static KafkaDataSourceMetadata EndOf(string stream, PartitionOffsets offsets) => new() { Partitions = StreamSequence.EndOf(stream, offsets) };
}
