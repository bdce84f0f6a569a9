using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Overlord.Api.Documentation;

namespace Ingestion.Overlord.Tests.Documentation;

/// <summary>The chapter on endpoints of docs/kafka-ingestion.md, from the catalogue and the routes.</summary>
internal static class EndpointChapter
{
    private const int Width = 150, MostLines = 60;
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Text()
    {
        var text = new StringBuilder();
        AppendAccess(text);
        foreach (var (file, title) in EndpointCatalogue.Chapters)
        {
            text.Append($"\n### {title}\n");
            foreach (var endpoint in EndpointCatalogue.Of(file)) Append(text, endpoint);
        }
        return text.ToString();
    }

    private static void AppendAccess(StringBuilder text)
    {
        text.Append("""

            ### Who may call

            An overlord without users (`--users`, see [README](../README.md)) asks nobody. One that has some answers others like this; what each endpoint needs stands in italics below its name. Write does not include read.

            """);
        foreach (var answer in AccessAnswer.All)
        {
            text.Append($"\n{answer.Description}:\n");
            foreach (var body in answer.Bodies)
                text.Append($"\n```http\nHTTP/1.1 {answer.Status}\n{string.Concat(answer.Header?.Values.Select(v => $"{answer.Header.Name}: {v}\n") ?? [])}Content-Type: application/json\n\n{Shown(body)}\n```\n");
        }
    }

    private static void Append(StringBuilder text, DocumentedEndpoint endpoint)
    {
        text.Append($"\n#### `{endpoint.Method} {endpoint.Path}`\n\n{endpoint.Summary}.{(endpoint.Description is { } more ? $" {more}" : "")}\n");
        var access = EndpointAccess.Of(ProgramRoutes.All[(endpoint.Method, endpoint.Path)]);
        text.Append($"\n*{access.Words}*\n");
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

    /// <summary>What fits stands on one line; what is very long is cut.</summary>
    private static string Shown(JsonNode json)
    {
        var lines = Lines(json, "", "").ToList();
        return lines.Count <= MostLines ? string.Join('\n', lines) : $"{string.Join('\n', lines.Take(MostLines))}\n... the rest is in /openapi/v1.json";
    }

    /// <param name="before">What stands before it on its first line.</param>
    private static IEnumerable<string> Lines(JsonNode? json, string indent, string before)
    {
        var line = $"{indent}{before}{json?.ToJsonString(Compact) ?? "null"}";
        if (line.Length <= Width || json is not (JsonObject { Count: > 0 } or JsonArray { Count: > 0 })) return [line];
        var (open, close) = json is JsonObject ? ("{", "}") : ("[", "]");
        IReadOnlyList<(string Before, JsonNode? Json)> parts = json is JsonObject members ? [.. members.Select(m => ($"\"{m.Key}\": ", m.Value))] : [.. json.AsArray().Select(item => ("", item))];
        var inner = parts.SkipLast(1).SelectMany(p => Ended(Lines(p.Json, indent + "  ", p.Before))).Concat(Lines(parts[^1].Json, indent + "  ", parts[^1].Before));
        return [$"{indent}{before}{open}", .. inner, $"{indent}{close}"];
    }

    /// <summary>With a comma behind the last line.</summary>
    private static IEnumerable<string> Ended(IEnumerable<string> lines) => lines.SkipLast(1).Append($"{lines.Last()},");
}
