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
        let response = exchange.GetProperty("response")
        select new Exchange(exchange.GetProperty("note").GetString()!, request.GetProperty("method").GetString()!, request.GetProperty("path").GetString()!, Text(request.GetProperty("body")),
            response.GetProperty("status").GetInt32(), response.GetProperty("contentType").GetString(), Text(response.GetProperty("body")) ?? "");

    /// <summary>By <c>request</c>: the status that ours has, null where it is the same, and why.</summary>
    public static IReadOnlyDictionary<string, Difference> Differences(string recording) => Document("differences.json").EnumerateArray().Where(d => d.GetProperty("recording").GetString() == recording).ToDictionary(
        d => d.GetProperty("request").GetString()!, d => new Difference(d.TryGetProperty("status", out var status) ? status.GetInt32() : null, d.GetProperty("reason").GetString()!));

    /// <summary>JSON with its members in order and without formatting, times and all that <paramref name="same"/> names made equal; other texts as they are.</summary>
    public static string Normal(string body, params (string Ours, string Druids)[] same)
    {
        foreach (var (ours, druids) in same) body = body.Replace(ours, druids, StringComparison.Ordinal);
        body = Time().Replace(body, "TIME");
        try { return Sorted(JsonNode.Parse(body))?.ToJsonString() ?? "null"; }
        catch (JsonException) { return body; }
    }

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

    internal sealed record Difference(int? Status, string Reason);
}
