using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ingestion.EndToEnd;

/// <summary>An unmodified Druid reads what we write.</summary>
public sealed class DruidTests(Servers servers)
{
    private static readonly string[] Dimensions =
    [
        "channel", "cityName", "comment", "countryIsoCode", "countryName", "isAnonymous", "isMinor", "isNew", "isRobot", "isUnpatrolled", "metroCode", "namespace", "page", "regionIsoCode", "regionName",
        "user", "delta", "added", "deleted",
    ];

    [Fact]
    public async Task Druid_loads_the_segments_and_its_sql_agrees_with_the_input()
    {
        Assert.SkipUnless(Servers.DruidScript is { Length: > 0 }, "needs a real Druid: DRUID_START names no script");
        await using var pipeline = await servers.PipelineAsync();
        await pipeline.Stack.StartOverlordAsync();
        var worker = await pipeline.Stack.StartWorkerAsync(capacity: 8);
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s => s["spec"]!["ioConfig"]!["taskCount"] = 2).ToJsonString());
        var rollup = RollupSpec(pipeline);
        await pipeline.Stack.Client.PostSpecAsync(rollup.ToJsonString());
        pipeline.Produce(Events.Sample);
        await pipeline.UntilPublishedAsync(Events.Sample.Count);
        await pipeline.UntilPublishedAsync(Events.Sample.Count, $"{pipeline.Name}_rollup");
        await pipeline.Stack.Overlord!.StopAsync(); // first, or it would replace the worker's tasks
        await worker.StopAsync();
        await using var druid = await Druid.StartAsync(pipeline, "zk", "coordinator", "historical", "broker");
        await pipeline.UntilAsync("Druid serves all rows", async () => await CountAsync(druid, pipeline.Name) == Events.Sample.Count && await SumAsync(druid, $"{pipeline.Name}_rollup") == Events.Sample.Count);

        var events = Events.Sample.Select(e => JsonDocument.Parse(e).RootElement).ToList();
        await CompareSumsAsync(druid, pipeline.Name, events);
        foreach (var dimension in Dimensions) await CompareDimensionAsync(druid, pipeline.Name, dimension, events);
        await CompareRollupAsync(druid, $"{pipeline.Name}_rollup", events);
    }

    [Fact]
    public async Task Druids_overlord_reads_every_row_that_we_wrote()
    {
        Assert.SkipUnless(Servers.DruidScript is { Length: > 0 }, "needs a real Druid: DRUID_START names no script");
        await using var pipeline = await servers.PipelineAsync();
        await pipeline.Stack.StartOverlordAsync();
        var worker = await pipeline.Stack.StartWorkerAsync(capacity: 8);
        var client = pipeline.Stack.Client;
        await client.PostSpecAsync(pipeline.Spec().ToJsonString());
        var gone = pipeline.Spec(s => { s["id"] = "gone"; s["spec"]!["dataSchema"]!["dataSource"] = "gone"; });
        await client.PostSpecAsync(gone.ToJsonString());
        pipeline.Produce(Events.Sample.Take(5_000));
        await pipeline.UntilPublishedAsync(5_000);
        Assert.Equal(200, (await client.SendAsync(HttpMethod.Post, $"/druid/indexer/v1/supervisor/{pipeline.Name}/suspend")).Status);
        Assert.Equal(200, (await client.SendAsync(HttpMethod.Post, "/druid/indexer/v1/supervisor/gone/terminate")).Status);
        await pipeline.UntilAsync("the suspended and the terminated supervisor's tasks have ended", async () => await pipeline.ScalarAsync<long>("SELECT count(*) FROM druid_tasks WHERE active") == 0);
        // A reading task and its lock, left as a crash leaves them.
        await client.PostSpecAsync(pipeline.Spec(s => { s["id"] = "left"; s["spec"]!["dataSchema"]!["dataSource"] = "left"; s["spec"]!["ioConfig"]!["taskDuration"] = "PT1H"; }).ToJsonString());
        await pipeline.UntilAsync("a lock is held", async () => await pipeline.ScalarAsync<long>("SELECT count(*) FROM druid_tasklocks") > 0);
        await pipeline.Stack.Overlord!.KillAsync();
        await worker.KillAsync();
        var ourTasks = await pipeline.ScalarAsync<long>("SELECT count(*) FROM druid_tasks");

        await using var druid = await Druid.StartAsync(pipeline, "zk", "coordinator", "overlord");
        await pipeline.UntilAsync("Druid's overlord leads", druid.LeadsAsync);
        await pipeline.UntilAsync("Druid has taken over the supervisors", async () => (await StatesAsync(druid)).GetValueOrDefault(pipeline.Name) == "SUSPENDED");
        Assert.Equal(["left", pipeline.Name], (await StatesAsync(druid)).Keys.Order(StringComparer.Ordinal));
        var history = await druid.GetAsync("overlord", "/druid/indexer/v1/supervisor/gone/history");
        Assert.Equal(["NoopSupervisorSpec", "kafka"], history.EnumerateArray().Select(v => v.GetProperty("spec").GetProperty("type").GetString() is "noop" ? "NoopSupervisorSpec" : v.GetProperty("spec").GetProperty("type").GetString()!));
        var tasks = await druid.GetAsync("overlord", "/druid/indexer/v1/tasks");
        Assert.True(tasks.GetArrayLength() >= ourTasks, $"Druid lists {tasks.GetArrayLength()} tasks, we wrote {ourTasks}");
        foreach (var task in tasks.EnumerateArray().Take(20))
        {
            var payload = await druid.GetAsync("overlord", $"/druid/indexer/v1/task/{task.GetProperty("id").GetString()}");
            Assert.Equal("index_kafka", payload.GetProperty("payload").GetProperty("type").GetString());
        }
        var segments = await druid.GetAsync("coordinator", $"/druid/coordinator/v1/metadata/datasources/{pipeline.Name}/segments");
        Assert.True(segments.GetArrayLength() > 0);
        var log = druid.Log("overlord");
        Assert.DoesNotContain("could not be deserialized", log, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("JsonMappingException", log, StringComparison.Ordinal);
        Assert.DoesNotContain("InvalidTypeIdException", log, StringComparison.Ordinal);
        Assert.DoesNotContain("ValueInstantiationException", log, StringComparison.Ordinal);
    }

    /// <summary>Supervisors by id with their states, PENDING until Druid has run one for the first time.</summary>
    private static async Task<Dictionary<string, string>> StatesAsync(Druid druid) => (await druid.GetAsync("overlord", "/druid/indexer/v1/supervisor?state=true")).EnumerateArray()
        .ToDictionary(s => s.GetProperty("id").GetString()!, s => s.GetProperty("state").GetString()!);

    private static JsonNode RollupSpec(Pipeline pipeline) => pipeline.Spec(s =>
    {
        s["spec"]!["dataSchema"] = JsonNode.Parse($$"""
            {"dataSource":"{{pipeline.Name}}_rollup","timestampSpec":{"column":"time","format":"iso"},
             "dimensionsSpec":{"dimensions":["channel","countryName",{"type":"long","name":"metroCode"},{"type":"double","name":"delta"},{"type":"float","name":"deleted"}] },
             "metricsSpec":[{"type":"count","name":"count"},{"type":"longSum","name":"sum_added","fieldName":"added"},{"type":"doubleMax","name":"max_added","fieldName":"added"},{"type":"longMin","name":"min_added","fieldName":"added"}],
             "granularitySpec":{"segmentGranularity":"HOUR","queryGranularity":"MINUTE","rollup":true} }
            """);
    });

    private static async Task<long> CountAsync(Druid druid, string dataSource) =>
        await druid.SqlAsync($"SELECT COUNT(*) AS n FROM \"{dataSource}\"") is [var row] ? row.GetProperty("n").GetInt64() : 0;

    private static async Task<long> SumAsync(Druid druid, string dataSource) =>
        await druid.SqlAsync($"SELECT SUM(\"count\") AS n FROM \"{dataSource}\"") is [var row] && row.GetProperty("n").ValueKind == JsonValueKind.Number ? row.GetProperty("n").GetInt64() : 0;

    private static async Task CompareSumsAsync(Druid druid, string dataSource, List<JsonElement> events)
    {
        var row = (await druid.SqlAsync($"SELECT SUM(\"added\") AS a, SUM(\"deleted\") AS d, SUM(\"delta\") AS s, MIN(__time) AS t0, MAX(__time) AS t1 FROM \"{dataSource}\""))!.Single();
        Assert.Equal((Sum("added"), Sum("deleted"), Sum("delta")), (row.GetProperty("a").GetInt64(), row.GetProperty("d").GetInt64(), row.GetProperty("s").GetInt64()));
        Assert.Equal(events.Min(e => e.GetProperty("time").GetString()), row.GetProperty("t0").GetString());
        Assert.Equal(events.Max(e => e.GetProperty("time").GetString()), row.GetProperty("t1").GetString());

        long Sum(string field) => events.Sum(e => e.GetProperty(field).GetInt64());
    }

    /// <summary>Group by every value, and a filter (by the column's bitmap) on the commonest and on null.</summary>
    private static async Task CompareDimensionAsync(Druid druid, string dataSource, string dimension, List<JsonElement> events)
    {
        var expected = events.GroupBy(e => Text(e.GetProperty(dimension))).ToDictionary(g => g.Key ?? "(null)", g => (long)g.Count());
        var rows = (await druid.SqlAsync($"SELECT \"{dimension}\" AS v, COUNT(*) AS n FROM \"{dataSource}\" GROUP BY 1"))!;
        Assert.Equal(expected.OrderBy(e => e.Key, StringComparer.Ordinal), rows.ToDictionary(r => Text(r.GetProperty("v")) ?? "(null)", r => r.GetProperty("n").GetInt64()).OrderBy(e => e.Key, StringComparer.Ordinal));
        var (common, count) = expected.Where(e => e.Key != "(null)").MaxBy(e => e.Value);
        var literal = events[0].GetProperty(dimension).ValueKind == JsonValueKind.Number ? common : $"'{common.Replace("'", "''", StringComparison.Ordinal)}'";
        Assert.Equal(count, (await druid.SqlAsync($"SELECT COUNT(*) AS n FROM \"{dataSource}\" WHERE \"{dimension}\" = {literal}"))!.Single().GetProperty("n").GetInt64());
        Assert.Equal(expected.GetValueOrDefault("(null)"), (await druid.SqlAsync($"SELECT COUNT(*) AS n FROM \"{dataSource}\" WHERE \"{dimension}\" IS NULL"))!.Single().GetProperty("n").GetInt64());
    }

    private static async Task CompareRollupAsync(Druid druid, string dataSource, List<JsonElement> events)
    {
        var rows = (await druid.SqlAsync($"SELECT \"channel\" AS c, SUM(\"count\") AS n, SUM(\"sum_added\") AS a, MAX(\"max_added\") AS x, MIN(\"min_added\") AS m FROM \"{dataSource}\" GROUP BY 1"))!;
        var expected = events.GroupBy(e => e.GetProperty("channel").GetString()!).Select(g =>
            $"{g.Key} {g.Count()} {g.Sum(e => e.GetProperty("added").GetInt64())} {g.Max(e => e.GetProperty("added").GetInt64())} {g.Min(e => e.GetProperty("added").GetInt64())}");
        var actual = rows.Select(r => string.Create(CultureInfo.InvariantCulture,
            $"{r.GetProperty("c").GetString()} {r.GetProperty("n").GetInt64()} {r.GetProperty("a").GetInt64()} {r.GetProperty("x").GetDouble()} {r.GetProperty("m").GetInt64()}"));
        Assert.Equal(expected.Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal));
    }

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => value.ToString(),
    };
}
