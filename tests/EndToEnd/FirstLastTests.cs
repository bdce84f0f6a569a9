using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ingestion.EndToEnd;

/// <summary>An unmodified Druid answers from first and last columns, and from string columns without bitmaps.</summary>
public sealed class FirstLastTests(Servers servers)
{
    private const int Count = 2_000;
    private const long Start = 1714521600000; // 2024-05-01

    private static readonly string[] Kinds = ["long", "double", "float", "string"];

    /// <summary>No two have the same time, and they are not in its order.</summary>
    private static readonly IReadOnlyList<(long Time, long When, string Channel, string Tag, long? Value, string? Text)> Input = [.. Enumerable.Range(0, Count).Select(i =>
        (Start + (i * 7919L % Count * 40_000), i * 3571L % Count, $"c{i % 3}", $"t{i % 4}", i % 7 == 0 ? null : (long?)(i * 31 % 1000), i % 5 == 0 ? null : $"text {i}"))];

    [Fact]
    public async Task Druid_answers_earliest_and_latest_from_our_columns()
    {
        Assert.SkipUnless(Servers.DruidScript is { Length: > 0 }, "needs a real Druid: DRUID_START names no script");
        await using var pipeline = await servers.PipelineAsync();
        await pipeline.Stack.StartOverlordAsync();
        var worker = await pipeline.Stack.StartWorkerAsync(capacity: 4);
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s =>
        {
            s["spec"]!["dataSchema"] = Schema(pipeline.Name);
            s["spec"]!["tuningConfig"]!["maxRowsInMemory"] = 50; // so that there are spills to be merged
        }).ToJsonString());
        pipeline.Produce(Input.Select(e => JsonSerializer.SerializeToUtf8Bytes(new { time = e.Time, when = e.When, channel = e.Channel, tag = e.Tag, v = e.Value, s = e.Text })));
        await pipeline.UntilPublishedAsync(Count);
        await pipeline.Stack.Overlord!.StopAsync();
        await worker.StopAsync();
        await using var druid = await Druid.StartAsync(pipeline, "zk", "coordinator", "historical", "broker");
        await pipeline.UntilAsync("Druid serves all rows", async () => await druid.SqlAsync($"SELECT SUM(\"n\") AS n FROM \"{pipeline.Name}\"") is [var row] && row.GetProperty("n").ToString() == $"{Count}");

        await CompareAsync(druid, pipeline.Name, "", e => e.Time);
        await CompareAsync(druid, pipeline.Name, "_when", e => e.When);
        foreach (var tag in (string[])["t1", "nothing"])
            Assert.Equal(Input.Count(e => e.Tag == tag), (await druid.SqlAsync($"SELECT COALESCE(SUM(\"n\"), 0) AS n FROM \"{pipeline.Name}\" WHERE \"tag\" = '{tag}'"))!.Single().GetProperty("n").GetInt32());
    }

    private static async Task CompareAsync(Druid druid, string dataSource, string suffix, Func<(long Time, long When, string Channel, string Tag, long? Value, string? Text), long> time)
    {
        var columns = Kinds.Select(kind => kind == "string"
            ? $"EARLIEST(\"first_{kind}{suffix}\", 100) AS first_{kind}, LATEST(\"last_{kind}{suffix}\", 100) AS last_{kind}"
            : $"EARLIEST(\"first_{kind}{suffix}\") AS first_{kind}, LATEST(\"last_{kind}{suffix}\") AS last_{kind}");
        var query = $"SELECT \"channel\", {string.Join(", ", columns)} FROM \"{dataSource}\" GROUP BY 1 ORDER BY 1";
        var rows = await druid.SqlAsync(query);
        Assert.True(rows is not null, $"{query}\n{druid.Log("broker")[^2000..]}");
        var expected = Input.GroupBy(e => e.Channel).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g =>
        {
            var (numbers, texts) = (g.OrderBy(time).ToList(), g.Where(e => e.Text is not null).OrderBy(time).ToList());
            return string.Join('|', Kinds.Select(kind => kind == "string" ? $"{texts[0].Text},{texts[^1].Text}" : string.Create(CultureInfo.InvariantCulture, $"{numbers[0].Value},{numbers[^1].Value}")).Prepend(g.Key));
        });
        Assert.Equal(expected, rows.Select(row => string.Join('|', Kinds.Select(kind => $"{Text(row, $"first_{kind}")},{Text(row, $"last_{kind}")}").Prepend(row.GetProperty("channel").GetString()))));
    }

    private static string Text(JsonElement row, string name) => row.GetProperty(name) switch
    {
        { ValueKind: JsonValueKind.Null } => "",
        { ValueKind: JsonValueKind.Number } number => number.GetDouble().ToString(CultureInfo.InvariantCulture),
        var text => text.GetString()!,
    };

    private static JsonNode Schema(string dataSource)
    {
        var metrics = new JsonArray(JsonNode.Parse("""{"type":"count","name":"n"}"""));
        foreach (var (suffix, timeColumn) in ((string, string)[])[("", "__time"), ("_when", "when")])
        {
            foreach (var kind in Kinds)
            {
                foreach (var end in (string[])["First", "Last"])
                {
                    var name = $"{end.ToLowerInvariant()}_{kind}{suffix}";
                    metrics.Add(new JsonObject { ["type"] = kind + end, ["name"] = name, ["fieldName"] = kind == "string" ? "s" : "v", ["timeColumn"] = timeColumn });
                }
            }
        }

        var schema = JsonNode.Parse("""
            {"timestampSpec":{"column":"time","format":"millis"},"dimensionsSpec":{"dimensions":["channel",{"type":"string","name":"tag","createBitmapIndex":false}] },
             "granularitySpec":{"segmentGranularity":"DAY","queryGranularity":"HOUR","rollup":true} }
            """)!;
        schema["dataSource"] = dataSource;
        schema["metricsSpec"] = metrics;
        return schema;
    }
}
