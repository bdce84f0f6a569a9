using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ingestion.IndexTask.Publish.S3;

/// <summary>Druid's load spec of a zip in S3, as its <c>S3DataSegmentPusher</c> writes it.</summary>
internal sealed partial record S3LoadSpec
{
    public const string S3Zip = "s3_zip";

    [JsonPropertyName("type"), JsonPropertyOrder(0)] public string Type { get; init; } = S3Zip;
    [JsonPropertyName("bucket"), JsonPropertyOrder(1)] public required string Bucket { get; init; }
    [JsonPropertyName("key"), JsonPropertyOrder(2)] public required string Key { get; init; }
    [JsonPropertyName("S3Schema"), JsonPropertyOrder(3)] public string? Schema { get; init; }

    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, Json.Default.S3LoadSpec);

    /// <returns>Null: the segment is elsewhere.</returns>
    public static S3LoadSpec? Of(JsonElement? loadSpec) =>
        loadSpec is { ValueKind: JsonValueKind.Object } spec && spec.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals(S3Zip) ? spec.Deserialize(Json.Default.S3LoadSpec) : null;

    [JsonSerializable(typeof(S3LoadSpec))]
    private sealed partial class Json : JsonSerializerContext;
}
