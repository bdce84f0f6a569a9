using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Embedded;

namespace Ingestion.Bench;

/// <summary>What is ingested in a run: an input, and a dataSchema over it.</summary>
internal sealed record Workload(string Name, string Input, JsonNode DataSchema)
{
    private const string RawDimensions = """
        ["channel","cityName","comment","countryIsoCode","countryName","isAnonymous","isMinor","isNew","isRobot","isUnpatrolled","metroCode","namespace","page","regionIsoCode","regionName","user",
        {"type":"long","name":"delta"},{"type":"long","name":"added"},{"type":"long","name":"deleted"}]
        """;

    /// <summary>19 dimensions (16 string, 3 long), no rollup, DAY segments.</summary>
    public static Workload Raw(string input) => new("raw", input, JsonNode.Parse($$"""
        {"dataSource":"raw","timestampSpec":{"column":"time","format":"iso"},"dimensionsSpec":{"dimensions":{{RawDimensions}} },"metricsSpec":[],
         "granularitySpec":{"segmentGranularity":"DAY","queryGranularity":"NONE","rollup":false} }
        """)!);

    /// <summary>4 dimensions, minute, count and 3 longSum.</summary>
    public static Workload Rollup(string input) => new("rollup", input, JsonNode.Parse("""
        {"dataSource":"rollup","timestampSpec":{"column":"time","format":"iso"},"dimensionsSpec":{"dimensions":["channel","page","user","namespace"]},
         "metricsSpec":[{"type":"count","name":"count"},{"type":"longSum","name":"added","fieldName":"added"},{"type":"longSum","name":"deleted","fieldName":"deleted"},{"type":"longSum","name":"delta","fieldName":"delta"}],
         "granularitySpec":{"segmentGranularity":"DAY","queryGranularity":"MINUTE","rollup":true}}
        """)!);

    public bool IsRollup => DataSchema["granularitySpec"]!["rollup"]!.GetValue<bool>();

    public JsonNode Spec(string dataSource, string topic, string bootstrapServers)
    {
        var schema = DataSchema.DeepClone();
        schema["dataSource"] = dataSource;
        return new JsonObject
        {
            ["type"] = "kafka",
            ["spec"] = new JsonObject
            {
                ["dataSchema"] = schema,
                ["ioConfig"] = JsonNode.Parse($$"""
                    {"topic":"{{topic}}","inputFormat":{"type":"json"},"consumerProperties":{"bootstrap.servers":"{{bootstrapServers}}" },"taskCount":1,"replicas":1,
                     "taskDuration":"PT1H","startDelay":"PT0S","period":"PT1S","useEarliestOffset":true,"completionTimeout":"PT10M"}
                    """),
                ["tuningConfig"] = JsonNode.Parse("""{"type":"kafka","maxRowsPerSegment":5000000}"""),
            },
        };
    }
}

/// <summary>The inputs: each a sequence of events, the same every time.</summary>
internal static class Inputs
{
    public const string Wikipedia = "wikipedia";
    public const string Generated = "generated";
    public const int Events = Sample.Events * Copies;
    private const int Copies = 25;

    public static IEnumerable<byte[]> Of(string name) => name == Wikipedia ? Enumerable.Repeat(Sample.Read(Sample.Find()).ToList(), Copies).SelectMany(e => e) : Generate(seed: 20150912, Events);

    /// <summary>What an input must come to: rows before rollup, and sums.</summary>
    public static (long Rows, long Added, long Deleted, long Delta) Totals(string name)
    {
        long rows = 0, added = 0, deleted = 0, delta = 0;
        foreach (var e in name == Wikipedia ? Sample.Read(Sample.Find()) : Of(name))
        {
            using var json = JsonDocument.Parse(e);
            rows++;
            added += Value(json, "added");
            deleted += Value(json, "deleted");
            delta += Value(json, "delta");
        }
        var copies = name == Wikipedia ? Copies : 1;
        return (rows * copies, added * copies, deleted * copies, delta * copies);
    }

    private static long Value(JsonDocument json, string field) => json.RootElement.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64() : 0;

    /// <summary>Events that never repeat: unique pages and comments, keys in another order in 1%, escapes, nulls, missing fields.</summary>
    private static IEnumerable<byte[]> Generate(int seed, int count)
    {
        var random = new Random(seed);
        var start = new DateTime(2015, 9, 12, 0, 0, 0, DateTimeKind.Utc);
        string[] channels = [.. Enumerable.Range(0, 50).Select(i => $"#{(char)('a' + i / 10)}{(char)('a' + i % 10)}.wikipedia")];
        string[] countries = ["United States", "Deutschland", "日本", "Brasil", "Россия", "France"];
        var fields = new List<string>();
        for (var i = 0; i < count; i++)
        {
            fields.Clear();
            var (added, deleted) = (random.Next(0, 5_000), random.Next(0, 500));
            fields.Add($"\"time\":\"{start.AddMilliseconds(i * 86L):yyyy-MM-ddTHH:mm:ss.fffZ}\"");
            fields.Add($"\"channel\":\"{channels[random.Next(channels.Length)]}\"");
            Maybe("cityName", random.Next(4) == 0 ? $"\"City {random.Next(2_000)}\"" : "null");
            fields.Add($"\"comment\":\"{(random.Next(10) == 0 ? "say \\\"hi\\\" \\u00e9\\n" : "")}edit {i} of {random.Next()}\"");
            Maybe("countryIsoCode", random.Next(3) == 0 ? "\"XX\"" : "null");
            Maybe("countryName", random.Next(3) == 0 ? $"\"{countries[random.Next(countries.Length)]}\"" : "null");
            foreach (var flag in (ReadOnlySpan<string>)["isAnonymous", "isMinor", "isNew", "isRobot", "isUnpatrolled"]) fields.Add($"\"{flag}\":{(random.Next(2) == 0 ? "true" : "false")}");
            Maybe("metroCode", random.Next(20) == 0 ? $"{random.Next(900)}" : "null");
            fields.Add($"\"namespace\":\"{(random.Next(3) == 0 ? "Talk" : "Main")}\"");
            fields.Add($"\"page\":\"Page {i * 7L % 1_000_003}\"");
            Maybe("regionIsoCode", "null");
            Maybe("regionName", "null");
            fields.Add($"\"user\":\"User{random.Next(200_000)}\"");
            fields.Add($"\"delta\":{added - deleted}");
            fields.Add($"\"added\":{added}");
            fields.Add($"\"deleted\":{deleted}");
            if (random.Next(100) == 0) random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(fields));
            yield return Encoding.UTF8.GetBytes("{" + string.Join(',', fields) + "}");

            void Maybe(string name, string value)
            {
                if (random.Next(50) != 0) fields.Add($"\"{name}\":{value}");
            }
        }
    }
}
