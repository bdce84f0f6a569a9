using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Overlord.Api;

/// <summary>As <see cref="ContractsJson"/>, but null is refused where a value must be: callers err, and what we wrote ourselves does not.</summary>
internal static class StrictJson
{
    private static readonly JsonSerializerOptions Options = new(ContractsJson.Default.Options) { RespectNullableAnnotations = true };

    public static JsonTypeInfo<TaskActionRequest> TaskActionRequest { get; } = (JsonTypeInfo<TaskActionRequest>)Options.GetTypeInfo(typeof(TaskActionRequest));
    public static JsonTypeInfo<KafkaDataSourceMetadata> KafkaDataSourceMetadata { get; } = (JsonTypeInfo<KafkaDataSourceMetadata>)Options.GetTypeInfo(typeof(KafkaDataSourceMetadata));
}
