using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Embedded;
using Ingestion.Support;
using Npgsql;

namespace Ingestion.EndToEnd.Specs;

/// <summary>Has an overlord, ours or Druid's, ingest the cases: each is posted, read to its topic's end, and suspended so that it publishes.</summary>
/// <param name="pipeline">Whose broker is used.</param>
/// <param name="overlord">Anyone who speaks Druid's HTTP API over the pipeline's database.</param>
/// <param name="atOnce">Cases whose tasks may run at the same time.</param>
internal sealed class SpecIngestion(Pipeline pipeline, OverlordClient overlord, int atOnce) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private readonly NpgsqlDataSource database = NpgsqlDataSource.Create(pipeline.ConnectionString);
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(20) };
    private readonly SemaphoreSlim slots = new(atOnce);

    public async Task ProduceAsync(IReadOnlyList<SpecCase> cases)
    {
        // Records may have times of years ago, and must not be deleted for that.
        foreach (var c in cases) await pipeline.Kafka.CreateTopicAsync(Topic(c), 1, new() { ["retention.ms"] = "-1" });
        TopicRecord.Send(pipeline.Kafka.BootstrapServers, cases.SelectMany(c => c.Events.Select(e => (Topic(c), e))));
    }

    /// <summary>How its task ended, what it counted, and which events it could not read.</summary>
    public async Task<JsonObject> IngestAsync(SpecCase c)
    {
        await slots.WaitAsync();
        try
        {
            await overlord.PostSpecAsync(c.Posted(pipeline.Kafka.BootstrapServers, Topic(c)));
            await UntilAsync(c, "everything is read, or its task has failed", async () => await ReadAsync(c) == c.Events.Count || (await EndsAsync(c)).Count > 0);
            if ((await EndsAsync(c)) is [var failed, ..])
            {
                await SendAsync(c, "terminate");
                return new JsonObject { ["task"] = failed };
            }
            var answer = new JsonObject { ["task"] = null, ["counts"] = await CountsAsync(c), ["parseErrors"] = await ParseErrorsAsync(c) };
            await SendAsync(c, "suspend");
            await UntilAsync(c, "its task has ended", async () => (await EndsAsync(c)).Count > 0 && await TextsAsync(c, "SELECT id FROM druid_tasks WHERE datasource = $1 AND active") is []);
            answer["task"] = (await EndsAsync(c))[0];
            await SendAsync(c, "terminate");
            return answer;
        }
        finally { slots.Release(); }
    }

    public void Dispose()
    {
        database.Dispose();
        http.Dispose();
        slots.Dispose();
    }

    private string Topic(SpecCase c) => $"{pipeline.Name}-{c.Name}";

    /// <summary>Offset that the running task has reached; null: there is none that tells.</summary>
    private async Task<long?> ReadAsync(SpecCase c)
    {
        if (await TextsAsync(c, "SELECT id FROM druid_tasks WHERE datasource = $1 AND active") is not [var task]) return null;
        var (status, body) = await overlord.SendAsync(HttpMethod.Get, $"/druid/indexer/v1/task/{task}/status");
        if (status != 200 || JsonNode.Parse(body)?["status"]?["location"] is not JsonObject location || location["port"]?.GetValue<int>() is not > 0 and var port) return null;
        try
        {
            var offsets = await http.GetStringAsync(new Uri($"http://{location["host"]}:{port}/druid/worker/v1/chat/{task}/offsets/current"));
            return JsonNode.Parse(offsets)!.AsObject().Sum(o => o.Value!.GetValue<long>());
        }
        catch (HttpRequestException) { return null; } // it does not answer yet, or has ended meanwhile
    }

    private async Task<List<JsonNode>> EndsAsync(SpecCase c) =>
        [.. (await TextsAsync(c, "SELECT convert_from(status_payload, 'UTF8') FROM druid_tasks WHERE datasource = $1 AND NOT active ORDER BY created_date")).Select(s => JsonNode.Parse(s)!)
            .Select(s => new JsonObject { ["status"] = s["status"]!.DeepClone(), ["errorMsg"] = s["errorMsg"]?.DeepClone() })];

    private async Task<JsonNode?> CountsAsync(SpecCase c)
    {
        var stats = JsonNode.Parse((await overlord.GetAsync($"/druid/indexer/v1/supervisor/{c.Name}/stats")).GetRawText())!.AsObject();
        return stats.Single().Value!.AsObject().Single().Value!["totals"]!["buildSegments"]!.DeepClone();
    }

    private async Task<JsonArray> ParseErrorsAsync(SpecCase c)
    {
        var errors = (await overlord.GetAsync($"/druid/indexer/v1/supervisor/{c.Name}/parseErrors")).EnumerateArray()
            .Select(e => new JsonObject { ["type"] = Text(e, "errorType"), ["input"] = Text(e, "input"), ["details"] = JsonNode.Parse(e.GetProperty("details").GetRawText()) });
        return [.. errors.OrderBy(SpecCase.Line, StringComparer.Ordinal)];

        static string? Text(JsonElement error, string name) => error.GetProperty(name).GetString();
    }

    private async Task SendAsync(SpecCase c, string what)
    {
        var (status, body) = await overlord.SendAsync(HttpMethod.Post, $"/druid/indexer/v1/supervisor/{c.Name}/{what}");
        Assert.True(status == 200, $"{c.Name}: {what} was answered with {status}: {body}");
    }

    private async Task<List<string>> TextsAsync(SpecCase c, string sql)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.AddWithValue(c.Name);
        await using var reader = await command.ExecuteReaderAsync();
        var texts = new List<string>();
        while (await reader.ReadAsync()) texts.Add(reader.GetString(0));
        return texts;
    }

    private async Task UntilAsync(SpecCase c, string what, Func<Task<bool>> condition)
    {
        if (await Waiting.UntilAsync(condition, Patience, Pause)) return;
        var (_, status) = await overlord.SendAsync(HttpMethod.Get, $"/druid/indexer/v1/supervisor/{c.Name}/status");
        Assert.Fail($"{c.Name}: not within {Patience.TotalSeconds} s: {what}. It has read {await ReadAsync(c)} of {c.Events.Count}; {status}");
    }
}
