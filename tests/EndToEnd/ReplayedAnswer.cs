using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ingestion.Overlord.Tests.Api;

namespace Ingestion.EndToEnd;

/// <summary>Answers of a Druid and of ours, made comparable: ids of tasks, times, ports and what is measured are made equal, members and lists without an order are sorted, and what only we tell is left out.</summary>
internal static partial class ReplayedAnswer
{
    /// <summary>Ours alone; but for the last, which Druid fills with the timestamp's column while it reads, for itself.</summary>
    private static readonly HashSet<string> LeftOut = ["committedOffsets", "waitingFor", "trouble", "warnings", "replicaDivergence", "stopReason", "problems", "autoscalerMetrics", "dimensionExclusions"];

    /// <summary>Measured: how long, how fast, where.</summary>
    private static readonly HashSet<string> Measured = ["remainingSeconds", "duration", "port", "timeOfExceptionMillis", "segmentAvailabilityWaitTimeMs", "1m", "5m", "15m"];

    public static IEnumerable<string> TaskIds(string text) => TaskId().Matches(text).Select(m => m.Value).Distinct();

    public static string Normal(string supervisor, string body)
    {
        body = body.Replace("""{"type":"NoopSupervisorSpec",""", "{", StringComparison.Ordinal); // a tombstone has two members of that name; the recording has kept the last
        body = Address().Replace(body, "localhost:8091").Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        try { return Recording.Normal((Comparable(supervisor, JsonNode.Parse(body)) ?? "null").ToJsonString()); }
        catch (JsonException) { return Instant().Replace(body, "TIME"); }
    }

    /// <summary>Where two normal answers differ, and in what: a whole answer is long.</summary>
    public static IEnumerable<string> Differences(string druids, string ours)
    {
        try { return Differences("$", JsonNode.Parse(druids), JsonNode.Parse(ours)); }
        catch (JsonException) { return [$"{druids} <> {ours}"]; }
    }

    private static IEnumerable<string> Differences(string path, JsonNode? druids, JsonNode? ours) => (druids, ours) switch
    {
        (JsonObject theirs, JsonObject own) => theirs.Concat(own).Select(m => m.Key).Distinct().SelectMany(key => theirs.ContainsKey(key) && own.ContainsKey(key) ? Differences($"{path}.{key}", theirs[key], own[key])
            : [$"{path}.{key} {(own.ContainsKey(key) ? $"is ours alone: {own[key]?.ToJsonString()}" : $"is Druid's alone: {theirs[key]?.ToJsonString()}")}"]),
        (JsonArray theirs, JsonArray own) when theirs.Count == own.Count => Enumerable.Range(0, own.Count).SelectMany(i => Differences($"{path}[{i}]", theirs[i], own[i])),
        _ => JsonNode.DeepEquals(druids, ours) ? [] : [$"{path} {druids?.ToJsonString()} <> {ours?.ToJsonString()}"],
    };

    /// <summary>Names of members and kinds of values.</summary>
    public static string Shape(string supervisor, string body) => Recording.Shape(JsonNode.Parse(Normal(supervisor, body)), LeftOut);

    private static JsonNode? Comparable(string supervisor, JsonNode? node) => node switch
    {
        JsonObject { Count: > 0 } members when members.All(m => TaskId().IsMatch(m.Key)) => Sorted(members.Select(m => Comparable(supervisor, m.Value))),
        JsonObject members => new JsonObject(members.Where(m => !LeftOut.Contains(m.Key) && !IsAnothers(supervisor, m.Key, m.Value)).OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => KeyValuePair.Create(m.Key, Measured.Contains(m.Key) ? Zeroed(m.Value) : Comparable(supervisor, m.Value)))),
        JsonArray items => Sorted(items.Where(i => !IsAnothers(supervisor, "", i)).Select(i => Comparable(supervisor, i))),
        JsonValue value when value.TryGetValue<string>(out var text) => Text(supervisor, text),
        _ => node?.DeepClone(),
    };

    /// <summary>The recorded Druid had other supervisors and tasks before.</summary>
    private static bool IsAnothers(string supervisor, string name, JsonNode? node) =>
        node is JsonArray versions && name.Length > 0 && name != supervisor && versions is [JsonObject first, ..] && first.ContainsKey("version") || node is JsonObject item && item.TryGetPropertyValue("dataSource", out var dataSource) && item.ContainsKey("groupId") && (string?)dataSource != supervisor;

    private static JsonNode? Zeroed(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members.Select(m => KeyValuePair.Create(m.Key, Zeroed(m.Value)))),
        JsonValue value when value.GetValueKind() == JsonValueKind.Number && value.ToJsonString() != "-1" => JsonValue.Create(0),
        _ => node?.DeepClone(),
    };

    private static JsonNode Text(string supervisor, string text)
    {
        if (text.StartsWith('{') && text.EndsWith('}'))
        {
            try { return Comparable(supervisor, JsonNode.Parse(text))!; }
            catch (JsonException) { return JsonValue.Create(text); } // an event that is no JSON
        }
        return JsonValue.Create(GroupId().Replace(TaskId().Replace(Instant().Replace(text, "TIME"), "TASK"), "GROUP"));
    }

    private static JsonArray Sorted(IEnumerable<JsonNode?> items) => [.. items.OrderBy(i => i?.ToJsonString() ?? "", StringComparer.Ordinal)];

    [GeneratedRegex(@"index_kafka_\w+?_[0-9a-f]{15}_[a-p]{8}")]
    private static partial Regex TaskId();

    [GeneratedRegex(@"index_kafka_\w+?_[0-9a-f]{15}")]
    private static partial Regex GroupId();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
    private static partial Regex Instant();

    [GeneratedRegex(@"(127\.0\.0\.1|localhost):\d{4,5}(?=[""])")]
    private static partial Regex Address();
}
