using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Overlord.Api.Documentation;
using Ingestion.Support;

namespace Ingestion.Overlord.Tests.Documentation;

/// <summary>Sends every documented request to a real cluster. With <c>RECORD_EXAMPLES=1</c> the answers are written to the catalogue instead (src/Overlord/Api/Documentation), to be read as a diff.</summary>
public sealed class EndpointExamplesTests(PostgresFixture postgres)
{
    private static readonly JsonSerializerOptions Written = new(EndpointJson.Default.Options) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Theory]
    [InlineData("supervisors")]
    [InlineData("tasks")]
    [InlineData("cluster")]
    public async Task Every_documented_request_is_answered_as_it_is_documented(string chapter)
    {
        await using var cluster = await DocumentedCluster.StartAsync(postgres);
        var records = Environment.GetEnvironmentVariable("RECORD_EXAMPLES") == "1";
        var recorded = new List<DocumentedEndpoint>();
        foreach (var endpoint in EndpointCatalogue.Of(chapter))
        {
            var examples = new List<EndpointExample>();
            foreach (var example in endpoint.Examples)
            {
                var (status, contentType, answer) = await cluster.SendAsync(endpoint.Method, example.Path, example.Body?.ToJsonString());
                if (endpoint.Method != "GET") await cluster.SettleAsync();
                examples.Add(Recorded(example, status, contentType, answer));
                if (!records) Assert.Equal(($"{endpoint.Method} {example.Path}", Text(example)), ($"{endpoint.Method} {example.Path}", Text(examples[^1])));
            }
            recorded.Add(endpoint with { Examples = examples });
        }
        if (records) await File.WriteAllTextAsync(Path.Combine(Repository.Root, "src", "Overlord", "Api", "Documentation", $"{chapter}.json"), JsonSerializer.Serialize(recorded, Written) + "\n");
    }

    private static EndpointExample Recorded(EndpointExample example, int status, string? contentType, string answer)
    {
        var json = Parsed(answer);
        return example with { Status = status, ContentType = answer.Length == 0 ? null : contentType, Answer = json, AnswerText = json is null && answer.Length > 0 ? answer : null };
    }

    private static JsonNode? Parsed(string answer)
    {
        try { return JsonNode.Parse(answer); }
        catch (JsonException) { return null; }
    }

    private static string Text(EndpointExample example) => JsonSerializer.Serialize(example, Written);
}
