using System.Collections.Concurrent;
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
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(400);
    private readonly NpgsqlDataSource database = NpgsqlDataSource.Create(pipeline.ConnectionString);
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(20) };
    private readonly ConcurrentDictionary<string, Uri> chats = new(StringComparer.Ordinal);
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
            await UntilAsync(c, "everything is read, or its task has failed", async () => await TasksAsync(c) is var tasks && (Ended(tasks) is not null || (tasks is [var task] && await ReadAsync(task.Id) == c.Events.Count)));
            // A position may be ahead of the rows: they wait for their segments.
            var bytes = c.Events.Sum(e => e.Value?.Length ?? 0);
            await Waiting.UntilAsync(async () => Ended(await TasksAsync(c)) is not null || (long?)(await CountsAsync(c))?["processedBytes"] == bytes, Settling, Pause);
            var (counts, errors) = (await CountsAsync(c), await ParseErrorsAsync(c));
            if (Ended(await TasksAsync(c)) is null) await SendAsync(c, "suspend");
            await UntilAsync(c, "its task has ended", async () => Ended(await TasksAsync(c)) is not null);
            await SendAsync(c, "terminate");
            var ended = Ended(await TasksAsync(c))!;
            // What a failed task counted is not to be had while it is being replaced.
            return (string?)ended["status"] == "SUCCESS" ? new JsonObject { ["task"] = ended, ["counts"] = counts, ["parseErrors"] = errors } : new JsonObject { ["task"] = ended };
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

    /// <summary>Of the metadata database, which both overlords keep in the same way.</summary>
    private async Task<List<(string Id, bool IsActive, JsonNode Status)>> TasksAsync(SpecCase c)
    {
        await using var command = database.CreateCommand("SELECT id, active, convert_from(status_payload, 'UTF8') FROM druid_tasks WHERE datasource = $1 ORDER BY created_date");
        command.Parameters.AddWithValue(c.Name);
        await using var reader = await command.ExecuteReaderAsync();
        var tasks = new List<(string, bool, JsonNode)>();
        while (await reader.ReadAsync()) tasks.Add((reader.GetString(0), reader.GetBoolean(1), JsonNode.Parse(reader.GetString(2))!));
        return tasks;
    }

    /// <summary>How the first task that has ended did.</summary>
    private static JsonObject? Ended(IEnumerable<(string Id, bool IsActive, JsonNode Status)> tasks) =>
        tasks.Where(t => !t.IsActive).Select(t => new JsonObject { ["status"] = t.Status["status"]?.DeepClone(), ["errorMsg"] = ((string?)t.Status["errorMsg"])?.Split('\n')[0] }).FirstOrDefault();

    /// <summary>Offset that a task has reached; null: it does not tell.</summary>
    private async Task<long?> ReadAsync(string task)
    {
        if (await ChatAsync(task) is not { } chat) return null;
        try { return JsonNode.Parse(await http.GetStringAsync(new Uri(chat, "offsets/current")))!.AsObject().Sum(o => o.Value!.GetValue<long>()); }
        catch (HttpRequestException) { return null; } // it does not answer yet, or has ended meanwhile
    }

    private async Task<Uri?> ChatAsync(string task)
    {
        if (chats.TryGetValue(task, out var known)) return known;
        var (status, body) = await overlord.SendAsync(HttpMethod.Get, $"/druid/indexer/v1/task/{task}/status");
        if (status != 200 || JsonNode.Parse(body)?["status"]?["location"] is not JsonObject location || location["port"]?.GetValue<int>() is not (> 0 and var port)) return null;
        return chats[task] = new Uri($"http://{location["host"]}:{port}/druid/worker/v1/chat/{task}/");
    }

    private async Task<JsonNode?> CountsAsync(SpecCase c)
    {
        var stats = JsonNode.Parse((await overlord.GetAsync($"/druid/indexer/v1/supervisor/{c.Name}/stats")).GetRawText())!.AsObject();
        return stats.FirstOrDefault().Value?.AsObject().FirstOrDefault().Value?["totals"]?["buildSegments"]?.DeepClone();
    }

    private async Task<JsonArray> ParseErrorsAsync(SpecCase c)
    {
        var errors = (await overlord.GetAsync($"/druid/indexer/v1/supervisor/{c.Name}/parseErrors")).EnumerateArray()
            .Select(e => new JsonObject { ["type"] = Text(e, "errorType"), ["input"] = Text(e, "input"), ["details"] = JsonNode.Parse(e.GetProperty("details").GetRawText()) });
        // Equal ones of one millisecond are told once.
        return [.. errors.DistinctBy(SpecCase.Line, StringComparer.Ordinal).OrderBy(SpecCase.Line, StringComparer.Ordinal)];

        static string? Text(JsonElement error, string name) => error.GetProperty(name).GetString();
    }

    private async Task SendAsync(SpecCase c, string what)
    {
        var (status, body) = await overlord.SendAsync(HttpMethod.Post, $"/druid/indexer/v1/supervisor/{c.Name}/{what}");
        Assert.True(status == 200, $"{c.Name}: {what} was answered with {status}: {body}");
    }

    private async Task UntilAsync(SpecCase c, string what, Func<Task<bool>> condition)
    {
        if (await Waiting.UntilAsync(condition, Patience, Pause)) return;
        var (_, status) = await overlord.SendAsync(HttpMethod.Get, $"/druid/indexer/v1/supervisor/{c.Name}/status");
        Assert.Fail($"{c.Name}: not within {Patience.TotalSeconds} s: {what}. {c.Events.Count} events; tasks {string.Join(", ", (await TasksAsync(c)).Select(t => t.Status.ToJsonString()))}; {status}");
    }
}
