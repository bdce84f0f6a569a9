using System.Text.Json;
using System.Text.Json.Serialization;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Contracts.Json;

/// <summary>Source-generated JSON of everything on the wire and in payload columns: Druid's camelCase, nulls written, times in ISO 8601
/// with milliseconds, unknown members ignored, the discriminator <c>type</c> in any position. Members with a default have <c>set</c>, not
/// <c>init</c>: the generator passes init-only members as if they were required, and a missing one would lose its default.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, AllowOutOfOrderMetadataProperties = true, NumberHandling = JsonNumberHandling.AllowReadingFromString,
    Converters = [typeof(IsoTimeConverter)])]
[JsonSerializable(typeof(IndexTaskPayload))]
[JsonSerializable(typeof(IndexTaskStatus))]
[JsonSerializable(typeof(Checkpoints))]
[JsonSerializable(typeof(PartitionOffsets))]
[JsonSerializable(typeof(KafkaDataSourceMetadata))]
[JsonSerializable(typeof(WorkerState))]
[JsonSerializable(typeof(TaskActionRequest))]
[JsonSerializable(typeof(TaskActionAnswer))]
[JsonSerializable(typeof(SegmentPublishResult))]
[JsonSerializable(typeof(SegmentIdWithShardSpec))]
[JsonSerializable(typeof(IReadOnlyList<DataSegment>))]
[JsonSerializable(typeof(IReadOnlyList<TaskLock>))]
[JsonSerializable(typeof(TaskLock))]
[JsonSerializable(typeof(DataSegment))]
[JsonSerializable(typeof(RowTotals))]
[JsonSerializable(typeof(Announcement))]
[JsonSerializable(typeof(ServiceListing))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(TaskPhase))]
[JsonSerializable(typeof(LifeState))]
[JsonSerializable(typeof(ProcessStatus))]
public sealed partial class ContractsJson : JsonSerializerContext;

/// <summary><see cref="IsoTime"/> in JSON.</summary>
public sealed class IsoTimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var millis) ? DateTimeOffset.FromUnixTimeMilliseconds(millis)
        : IsoTime.TryRead(reader.GetString(), out var instant) ? instant
        : throw new JsonException($"[{reader.GetString()}] is not an ISO 8601 time");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(IsoTime.Write(value));
}
