using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Support;

namespace Ingestion.EndToEnd.Specs;

/// <summary>A folder of <c>tests/record-druid/specs</c>: a spec as a user posts it, the events of its topic, and what a real Druid was recorded to make of them.</summary>
internal sealed class SpecCase
{
    private static readonly string Root = Path.Combine(Repository.Root, "tests", "record-druid", "specs");
    public static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] Inputs = ["spec.json", "events.txt", "queries.sql"];
    private static readonly Lazy<IReadOnlyList<SpecCase>> Found = new(() => [.. Directory.EnumerateFiles(Root, "spec.json", SearchOption.AllDirectories).Select(p => new SpecCase(Path.GetDirectoryName(p)!)).OrderBy(c => c.Name, StringComparer.Ordinal)]);

    private readonly string folder;

    private SpecCase(string folder)
    {
        (this.folder, Name) = (folder, Path.GetFileName(folder));
        Spec = JsonNode.Parse(Text("spec.json"))!;
        Events = [.. Lines("events.txt").Select(TopicRecord.Parse)];
        Queries = [.. Lines("queries.sql")];
    }

    public static IReadOnlyList<SpecCase> All => Found.Value;

    /// <summary>Also the dataSource's.</summary>
    public string Name { get; }
    public JsonNode Spec { get; }
    public IReadOnlyList<TopicRecord> Events { get; }

    /// <summary>SQL that is asked beside <c>SELECT *</c>.</summary>
    public IReadOnlyList<string> Queries { get; }

    /// <summary>Of all that a recording depends on.</summary>
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', Inputs.Select(Text)))))[..16];

    /// <summary>Null before the first recording.</summary>
    public JsonObject? Recorded => Text("recorded.json") is { Length: > 0 } text ? JsonNode.Parse(text)!.AsObject() : null;

    /// <summary>Differences between Druid and us that are meant, of all cases.</summary>
    public static IReadOnlyList<JsonNode> MeantDifferences() => [.. JsonNode.Parse(File.ReadAllText(Path.Combine(Root, "differences.json")))!.AsArray().Select(d => d!)];

    /// <summary>The spec for a broker and topic, with the pace of a test.</summary>
    public string Posted(string bootstrapServers, string topic)
    {
        var spec = Spec.DeepClone();
        var io = spec["spec"]!["ioConfig"]!;
        io["consumerProperties"]!["bootstrap.servers"] = bootstrapServers;
        (io["topic"], io["taskDuration"], io["startDelay"], io["period"]) = (topic, "PT1H", "PT1S", "PT1S");
        return spec.ToJsonString();
    }

    /// <summary>A line for each element, so that a diff shows rows.</summary>
    public void Record(JsonObject answer)
    {
        var text = new StringBuilder("{\n");
        text.Append($"  \"of\": \"{Hash}\"");
        foreach (var (name, value) in answer)
        {
            text.Append($",\n  \"{name}\": ");
            if (value is JsonArray { Count: > 0 } list) text.Append("[\n    ").AppendJoin(",\n    ", list.Select(Line)).Append("\n  ]");
            else text.Append(Line(value));
        }
        File.WriteAllText(Path.Combine(folder, "recorded.json"), text.Append("\n}\n").ToString());
    }

    public static string Line(JsonNode? node) => node?.ToJsonString(Plain) ?? "null";

    private string Text(string file) => Path.Combine(folder, file) is var path && File.Exists(path) ? File.ReadAllText(path) : "";

    private IEnumerable<string> Lines(string file) => Text(file).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
