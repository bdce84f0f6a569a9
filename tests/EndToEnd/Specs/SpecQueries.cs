using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Support;
using Npgsql;

namespace Ingestion.EndToEnd.Specs;

/// <summary>What a Druid answers about a case's dataSource once it serves all of it: segments with their columns, and rows.</summary>
internal sealed class SpecQueries(Pipeline pipeline, Druid druid) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly string[] ColumnFacts = ["typeSignature", "hasMultipleValues", "hasNulls", "cardinality", "minValue", "maxValue", "errorMessage"];
    private readonly NpgsqlDataSource database = NpgsqlDataSource.Create(pipeline.ConnectionString);

    /// <param name="c">The case.</param>
    /// <param name="answer">Gets <c>segments</c>, <c>rows</c> and <c>queries</c>.</param>
    public async Task AskAsync(SpecCase c, JsonObject answer)
    {
        var published = await PublishedAsync(c);
        JsonArray segments = [];
        answer["segments"] = segments;
        answer["rows"] = new JsonArray();
        if (published == 0) return;
        await UntilAsync(c, $"Druid serves {published} segments", async () => (segments = await SegmentsAsync(c)).Count == published);
        answer["segments"] = segments;
        // The broker's SQL learns the columns of segments a moment after it knows these.
        var columns = segments.SelectMany(s => s!["columns"]!.AsArray()).Select(column => column!["name"]!.GetValue<string>()).Distinct(StringComparer.Ordinal).Count();
        await UntilAsync(c, $"SQL knows {columns} columns", async () =>
            await druid.SqlAsync($"SELECT COUNT(*) AS n FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = '{c.Name}'") is [var row] && row.GetProperty("n").GetInt32() == columns);
        answer["rows"] = Sorted(await druid.SqlAsync($"SELECT * FROM \"{c.Name}\""));
        if (c.Queries.Count == 0) return;
        var queries = new JsonArray();
        foreach (var query in c.Queries) queries.Add(new JsonObject { ["query"] = query, ["rows"] = Sorted(await druid.SqlAsync(query)) });
        answer["queries"] = queries;
    }

    public void Dispose() => database.Dispose();

    private async Task<long> PublishedAsync(SpecCase c)
    {
        await using var command = database.CreateCommand("SELECT count(*) FROM druid_segments WHERE datasource = $1 AND used");
        command.Parameters.AddWithValue(c.Name);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task<JsonArray> SegmentsAsync(SpecCase c)
    {
        var query = new JsonObject
        {
            ["queryType"] = "segmentMetadata", ["dataSource"] = c.Name, ["merge"] = false, ["usingDefaultInterval"] = false, ["intervals"] = new JsonArray("-146136543-09-08T08:23:32.096Z/146140482-04-24T15:36:27.903Z"),
            ["analysisTypes"] = new JsonArray("cardinality", "minmax", "interval", "aggregators", "queryGranularity", "rollup"),
        };
        return await druid.QueryAsync(query) is { } segments ? [.. segments.Select(Segment).OrderBy(SpecCase.Line, StringComparer.Ordinal)] : [];
    }

    private static JsonNode Segment(JsonElement segment)
    {
        var facts = JsonNode.Parse(segment.GetRawText())!;
        var columns = facts["columns"]!.AsObject().Select(column => new JsonObject([KeyValuePair.Create("name", (JsonNode?)column.Key), .. ColumnFacts.Where(f => column.Value![f] is not null).Select(f => KeyValuePair.Create(f, column.Value![f]?.DeepClone()))]));
        return new JsonObject
        {
            ["interval"] = facts["intervals"]?[0]?.DeepClone(), ["rows"] = facts["numRows"]?.DeepClone(), ["rollup"] = facts["rollup"]?.DeepClone(), ["queryGranularity"] = facts["queryGranularity"]?.DeepClone(),
            ["columns"] = new JsonArray([.. columns]), ["aggregators"] = facts["aggregators"]?.DeepClone(),
        };
    }

    /// <summary>Rows in the order of their text, the members of each by name: Druid's order depends on which segment answers first.</summary>
    private static JsonArray? Sorted(IReadOnlyList<JsonElement>? rows) => rows is null ? null : [.. rows
        .Select(r => new JsonObject(r.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal).Select(m => KeyValuePair.Create(m.Name, JsonNode.Parse(m.Value.GetRawText()))))).OrderBy(SpecCase.Line, StringComparer.Ordinal)];

    private static async Task UntilAsync(SpecCase c, string what, Func<Task<bool>> condition)
    {
        if (!await Waiting.UntilAsync(condition, Patience, Pause)) Assert.Fail($"{c.Name}: not within {Patience.TotalSeconds} s: {what}");
    }
}
