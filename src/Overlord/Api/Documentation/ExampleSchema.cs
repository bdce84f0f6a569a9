using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.OpenApi;

namespace Ingestion.Overlord.Api.Documentation;

/// <summary>The schema that an example shows: kinds of members and elements. Since tests compare the examples with answers, it is as true as they are.</summary>
internal static partial class ExampleSchema
{
    public static IOpenApiSchema Of(JsonNode? example) => example switch
    {
        JsonObject { Count: > 0 } members when members.All(m => IsData(m.Key)) => new OpenApiSchema { Type = JsonSchemaType.Object, AdditionalProperties = Of(members.First().Value) },
        JsonObject members => new OpenApiSchema { Type = JsonSchemaType.Object, Properties = members.ToDictionary(m => m.Key, m => Of(m.Value)) },
        JsonArray items => new OpenApiSchema { Type = JsonSchemaType.Array, Items = items.Count > 0 ? Of(items[0]) : new OpenApiSchema() },
        JsonValue value => value.GetValueKind() switch
        {
            JsonValueKind.String => new OpenApiSchema { Type = JsonSchemaType.String },
            JsonValueKind.Number => new OpenApiSchema { Type = value.TryGetValue<long>(out _) ? JsonSchemaType.Integer : JsonSchemaType.Number },
            _ => new OpenApiSchema { Type = JsonSchemaType.Boolean },
        },
        _ => new OpenApiSchema(), // null: the example does not say
    };

    /// <summary>The same for examples of the same schema.</summary>
    public static string ShapeOf(JsonNode? example) => example switch
    {
        JsonObject members when members.Count > 0 && members.All(m => IsData(m.Key)) => $"<{ShapeOf(members.First().Value)}>",
        JsonObject members => $"{{{string.Join(',', members.Select(m => $"{m.Key}:{ShapeOf(m.Value)}"))}}}",
        JsonArray items => $"[{(items.Count > 0 ? ShapeOf(items[0]) : "")}]",
        null => "",
        _ => $"{example.GetValueKind()}",
    };

    /// <summary>Names that are values: partitions, task groups, and the ids and dataSource of the examples.</summary>
    private static bool IsData(string name) => Data().IsMatch(name);

    [GeneratedRegex(@"^(\d+|wikipedia|index_kafka_wikipedia.*)$")]
    private static partial Regex Data();
}
