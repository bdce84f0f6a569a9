using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Overlord.Api.Documentation;

namespace Ingestion.Overlord.Tests.Documentation;

/// <summary>The chapter on endpoints of docs/kafka-ingestion.md, from the catalogue.</summary>
internal static class EndpointChapter
{
    /// <summary>Characters up to which JSON stands on one line.</summary>
    private const int OneLine = 150;
    private const int MostLines = 40;
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }, Indented = new(Compact) { WriteIndented = true };

    public static string Text()
    {
        var text = new StringBuilder();
        foreach (var (file, title) in EndpointCatalogue.Chapters)
        {
            text.Append($"\n### {title}\n");
            foreach (var endpoint in EndpointCatalogue.Of(file)) Append(text, endpoint);
        }
        return text.ToString();
    }

    private static void Append(StringBuilder text, DocumentedEndpoint endpoint)
    {
        text.Append($"\n#### `{endpoint.Method} {endpoint.Path}`\n\n{endpoint.Summary}.{(endpoint.Description is { } more ? $" {more}" : "")}\n");
        if (endpoint.Query is { Count: > 0 } query) text.Append($"\n| query | meaning |\n| --- | --- |\n{string.Concat(query.Select(q => $"| `{q.Key}` | {q.Value} |\n"))}");
        foreach (var example in endpoint.Examples)
        {
            text.Append(example.Note is { } note ? $"\n{note}\n" : "").Append($"\n```http\n{endpoint.Method} {example.Path}\n");
            if (example.Body is { } body) text.Append($"Content-Type: application/json\n\n{Shown(body)}\n");
            text.Append($"\nHTTP/1.1 {example.Status}\n");
            if (example.ContentType is { } type) text.Append($"Content-Type: {type}\n\n{(example.Answer is { } answer ? Shown(answer) : example.AnswerText!.TrimEnd('\n'))}\n");
            text.Append("```\n");
        }
    }

    private static string Shown(JsonNode json)
    {
        if (json.ToJsonString(Compact) is { Length: <= OneLine } line) return line;
        var lines = json.ToJsonString(Indented).Split('\n');
        return lines.Length <= MostLines ? string.Join('\n', lines) : $"{string.Join('\n', lines.Take(MostLines))}\n... and {lines.Length - MostLines} more lines, see /openapi/v1.json";
    }
}
