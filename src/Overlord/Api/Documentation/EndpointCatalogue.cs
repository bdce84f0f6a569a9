using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Ingestion.Overlord.Api.Documentation;

/// <summary>What is told of each endpoint: the one source of the OpenAPI document and of the chapter on endpoints in <c>docs/kafka-ingestion.md</c>. The examples are real: tests
/// send their requests, in this order, and compare (EndpointExamplesTests, which also says how the answers are recorded anew).</summary>
internal static class EndpointCatalogue
{
    /// <summary>The files, which are also the chapters, with their titles.</summary>
    public static readonly (string File, string Title)[] Chapters = [("supervisors", "Supervisors"), ("tasks", "Tasks"), ("cluster", "The cluster, its workers and segments")];

    /// <summary>Of all chapters, by method and path; read when it is first asked for.</summary>
    private static readonly Lazy<Dictionary<(string Method, string Path), (string Chapter, DocumentedEndpoint Endpoint)>> ByRoute =
        new(() => Chapters.SelectMany(c => Of(c.File).Select(e => (c.Title, e))).ToDictionary(e => (e.e.Method, e.e.Path), e => (e.Title, e.e)));

    public static IReadOnlyList<DocumentedEndpoint> Of(string file)
    {
        using var stream = typeof(EndpointCatalogue).Assembly.GetManifestResourceStream($"endpoints/{file}.json") ?? throw new ArgumentException($"there is no chapter [{file}]", nameof(file));
        return JsonSerializer.Deserialize(stream, EndpointJson.Default.ListDocumentedEndpoint)!;
    }

    public static (string Chapter, DocumentedEndpoint Endpoint)? Find(string method, string path) => ByRoute.Value.TryGetValue((method, path), out var found) ? found : null;
}

/// <param name="Path">The route: <c>/druid/indexer/v1/supervisor/{id}</c>.</param>
/// <param name="Summary">One line.</param>
/// <param name="Description">What else there is to know.</param>
/// <param name="Query">Parameters of the query string, none of which must be given unless it says so.</param>
internal sealed record DocumentedEndpoint(string Method, string Path, string Summary, string? Description, SortedDictionary<string, string>? Query, List<EndpointExample> Examples);

/// <summary>A request and its answer.</summary>
/// <param name="Path">With query string.</param>
/// <param name="Body">Null: none is sent.</param>
/// <param name="Answer">Null where it is empty, or no JSON.</param>
/// <param name="AnswerText">Where it is no JSON.</param>
internal sealed record EndpointExample(string? Note, string Path, JsonNode? Body, int Status, string? ContentType, JsonNode? Answer, string? AnswerText);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(List<DocumentedEndpoint>))]
internal sealed partial class EndpointJson : JsonSerializerContext;
