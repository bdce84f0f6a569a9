using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Ingestion.Overlord.Tests.Api;

/// <summary>Requests and what a real Druid 33 answered, and in which answers ours differs on purpose (Recorded/differences.json, each with its reason).</summary>
internal static partial class Recording
{
    public static IEnumerable<Exchange> Read(string name) =>
        from exchange in Document(name).EnumerateArray()
        let request = exchange.GetProperty("request")
        where exchange.TryGetProperty("response", out _) // nobody answered: a task that is over, in a process of its own
        let response = exchange.GetProperty("response")
        select new Exchange(exchange.GetProperty("note").GetString()!, request.GetProperty("method").GetString()!, request.GetProperty("path").GetString()!, Text(request.GetProperty("body")),
            response.GetProperty("status").GetInt32(), response.GetProperty("contentType").GetString(), Text(response.GetProperty("body")) ?? "");

    public static Differences DifferencesOf(string recording) => new([.. Document("differences.json").EnumerateArray().Where(d => d.GetProperty("recording").GetString() == recording).Select(d => new Difference(
        d.GetProperty("request").GetString()!, d.TryGetProperty("status", out var status) ? status.GetInt32() : null, d.TryGetProperty("compared", out var compared) ? compared.GetString()! : d.TryGetProperty("except", out _) || d.TryGetProperty("answer", out _) ? "all" : "status",
        d.TryGetProperty("except", out var except) ? [.. except.EnumerateArray().Select(e => e.GetString()!)] : [],
        d.TryGetProperty("answer", out var answer) ? answer.GetRawText() : null, d.GetProperty("reason").GetString()!))]);

    /// <summary>JSON with its members in order and without formatting, times and all that <paramref name="same"/> names made equal; other texts as they are.</summary>
    public static string Normal(string body, params (string Ours, string Druids)[] same)
    {
        foreach (var (ours, druids) in same) body = body.Replace(ours, druids, StringComparison.Ordinal);
        body = Time().Replace(body, "TIME");
        try { return Sorted(JsonNode.Parse(body))?.ToJsonString() ?? "null"; }
        catch (JsonException) { return body; }
    }

    /// <summary>The names of all members, in their order, and the kinds of all values; arrays by their first element, text that is JSON by what it says.</summary>
    public static string Shape(JsonNode? node, IReadOnlySet<string> different) => node switch
    {
        JsonObject members => "{" + string.Join(",", members.Where(m => !different.Contains(m.Key)).Select(m => $"{m.Key}:{(m.Key == "recentErrors" ? "[]" : Shape(m.Value, different))}")) + "}",
        JsonArray { Count: 0 } => "[]",
        JsonArray items => $"[{Shape(items[0], different)}]",
        null => "null",
        { } value when value.GetValueKind() == JsonValueKind.String => value.ToString().StartsWith('{') ? $"text of {Shape(JsonNode.Parse(value.ToString()), different)}" : "text",
        { } value => value.GetValueKind() is JsonValueKind.True or JsonValueKind.False ? "flag" : "number",
    };

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => KeyValuePair.Create(m.Key, Sorted(m.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Sorted)]),
        _ => node?.DeepClone(),
    };

    private static JsonElement Document(string name) => JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Recorded", name))).RootElement;

    private static string? Text(JsonElement body) => body.ValueKind switch { JsonValueKind.Null => null, JsonValueKind.String => body.GetString(), _ => body.GetRawText() };

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z(?=["",])")]
    private static partial Regex Time();

    internal sealed record Exchange(string Note, string Method, string Path, string? Body, int Status, string? ContentType, string Answer);

    /// <param name="Request">Method and path, or the note of the recording; with a star at its end all that begin so.</param>
    /// <param name="Status">The one that ours has; null where it is the same.</param>
    /// <param name="Compared"><c>status</c> alone, <c>shape</c> (status, content type, members and kinds of values) <c>nothing</c> (it is not asked), or <c>all</c> but for what follows.</param>
    /// <param name="Except">JSON paths of what is not compared.</param>
    /// <param name="Answer">Ours, which is compared instead; null: Druid's is.</param>
    internal sealed record Difference(string Request, int? Status, string Compared, IReadOnlyList<string> Except, string? Answer, string Reason);

    internal sealed class Differences(IReadOnlyList<Difference> all)
    {
        /// <summary>Null where the whole answer is to be the same.</summary>
        public Difference? Find(string request) => all.FirstOrDefault(d => d.Request == request || d.Request.EndsWith('*') && request.StartsWith(d.Request[..^1], StringComparison.Ordinal));
    }
}
