using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Stream;

namespace Ingestion.Contracts.Tasks;

/// <summary>An index task as Druid stores and ships it (<c>type: index_kafka</c>): the payload of a row in the tasks table and the body of an
/// assignment to a worker. What only the data plane understands stays JSON.</summary>
public sealed record IndexTaskPayload
{
    public const string KafkaType = "index_kafka";

    [JsonPropertyOrder(0)] public string Type { get; set; } = KafkaType;
    [JsonPropertyOrder(1)] public required string Id { get; init; }

    /// <summary>Null in tasks of Druid releases that had one supervisor per dataSource.</summary>
    [JsonPropertyOrder(2)] public string? SupervisorId { get; init; }
    [JsonPropertyOrder(3)] public required TaskResource Resource { get; init; }
    [JsonPropertyOrder(4)] public JsonElement DataSchema { get; init; }
    [JsonPropertyOrder(5)] public JsonElement TuningConfig { get; init; }
    [JsonPropertyOrder(6)] public required IndexTaskIoConfig IoConfig { get; init; }

    /// <summary>An object or null. Its member <c>checkpoints</c> is a JSON string of sequence id to start offsets.</summary>
    [JsonPropertyOrder(7)] public JsonElement? Context { get; init; }
    [JsonPropertyOrder(8)] public required string GroupId { get; init; }
    [JsonPropertyOrder(9)] public required string DataSource { get; init; }

    [JsonIgnore] public string Supervisor => SupervisorId ?? DataSource;

    public string ToJson() => JsonSerializer.Serialize(this, ContractsJson.Default.IndexTaskPayload);

    /// <exception cref="JsonException">The text is not an index task.</exception>
    public static IndexTaskPayload FromJson(ReadOnlySpan<byte> utf8) =>
        JsonSerializer.Deserialize(utf8, ContractsJson.Default.IndexTaskPayload) ?? throw new JsonException("null is not an index task");

    /// <exception cref="JsonException">The text is not an index task.</exception>
    public static IndexTaskPayload FromJson(string json) =>
        JsonSerializer.Deserialize(json, ContractsJson.Default.IndexTaskPayload) ?? throw new JsonException("null is not an index task");

    /// <summary>The sequences that the task begins with: those of the context's <c>checkpoints</c>, else one from its start offsets.</summary>
    public Checkpoints StartCheckpoints()
    {
        if (Context is { ValueKind: JsonValueKind.Object } context && context.TryGetProperty("checkpoints", out var text) && text.ValueKind == JsonValueKind.String
            && JsonSerializer.Deserialize(text.GetString()!, ContractsJson.Default.Checkpoints) is { Count: > 0 } checkpoints) return checkpoints;
        return Checkpoints.StartingAt(IoConfig.StartSequenceNumbers.Offsets);
    }
}

/// <summary>No two tasks of one <see cref="AvailabilityGroup"/> run on the same worker.</summary>
public sealed record TaskResource
{
    [JsonPropertyOrder(0)] public required string AvailabilityGroup { get; init; }
    [JsonPropertyOrder(1)] public int RequiredCapacity { get; set; } = 1;
}

public sealed record IndexTaskIoConfig
{
    [JsonPropertyOrder(0)] public string Type { get; set; } = "kafka";
    [JsonPropertyOrder(1)] public required int TaskGroupId { get; init; }
    [JsonPropertyOrder(2)] public required string BaseSequenceName { get; init; }
    [JsonPropertyOrder(3)] public required StreamSequence StartSequenceNumbers { get; init; }
    [JsonPropertyOrder(4)] public required StreamSequence EndSequenceNumbers { get; init; }
    [JsonPropertyOrder(5), JsonConverter(typeof(ConsumerPropertiesConverter))] public ImmutableSortedDictionary<string, string> ConsumerProperties { get; set; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Milliseconds.</summary>
    [JsonPropertyOrder(6)] public long PollTimeout { get; set; } = 100;
    [JsonPropertyOrder(7)] public bool UseTransaction { get; set; } = true;
    [JsonPropertyOrder(8), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public DateTimeOffset? MinimumMessageTime { get; init; }
    [JsonPropertyOrder(9), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public DateTimeOffset? MaximumMessageTime { get; init; }
    [JsonPropertyOrder(10)] public JsonElement InputFormat { get; init; }
    [JsonPropertyOrder(11)] public bool MultiTopic { get; init; }
    [JsonPropertyOrder(12)] public long? RefreshRejectionPeriodsInMinutes { get; init; }
}
