using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ingestion.Embedded;
using Ingestion.Overlord.Tests.Api;
using Ingestion.Support;

namespace Ingestion.Overlord.Tests.Documentation;

/// <summary>The cluster that the documented examples are of: Kafka with a few edits in topic wikipedia, an overlord and a worker. What differs from run to run (ports, times, hashes) has the
/// same name in all examples, and <see cref="Documented"/> and <see cref="Real"/> translate.</summary>
internal sealed partial class DocumentedCluster : IAsyncDisposable
{
    private const string Kafka = "kafka:9092", Overlord = "overlord-1:8090", Worker = "worker-1:8091", Time = "2026-11-22T00:00:00.000Z", Hash = "index_kafka_wikipedia_6b3f1c0f2f8a4de", TaskName = Hash + "_abcdefgh";
    private const string Supervisors = "/druid/indexer/v1/supervisor";
    private const int Partitions = 4; // as the mock cluster's topics have
    private const int Events = 8;
    private const string Spec = """
        {"type":"kafka","spec":{"dataSchema":{"dataSource":"wikipedia","timestampSpec":{"column":"time","format":"iso"},"dimensionsSpec":{"dimensions":["channel","page",{"type":"long","name":"added"}]},
        "granularitySpec":{"segmentGranularity":"DAY","queryGranularity":"NONE","rollup":false}},"ioConfig":{"topic":"wikipedia","inputFormat":{"type":"json"},"consumerProperties":{"bootstrap.servers":"kafka:9092"},
        "taskCount":1,"replicas":1,"taskDuration":"PT1H","useEarliestOffset":true},"tuningConfig":{"type":"kafka"}}}
        """;

    /// <summary>Members that no two runs have alike: what stands for them.</summary>
    private static readonly Dictionary<string, int> Volatile = new(StringComparer.Ordinal)
    {
        ["remainingSeconds"] = 3590, ["pollIdleRatio"] = 1, ["maxMemory"] = 2_000_000_000, ["totalMemory"] = 100_000_000, ["freeMemory"] = 60_000_000, ["usedMemory"] = 40_000_000, ["duration"] = 1500, ["leaseLeftMillis"] = 4000, ["ageMillis"] = 900, ["recentRequests"] = 40, ["recentSuccesses"] = 40,
    };

    private readonly string folder;
    private readonly KafkaBroker kafka;
    private readonly RunningOverlord overlord;
    private readonly Uri worker;
    private string? task;
    private long sent = Events;

    private DocumentedCluster(string folder, KafkaBroker kafka, RunningOverlord overlord, Uri worker) => (this.folder, this.kafka, this.overlord, this.worker) = (folder, kafka, overlord, worker);

    /// <summary>One whose supervisor has published some edits and read some more.</summary>
    public static async Task<DocumentedCluster> StartAsync(PostgresFixture postgres)
    {
        var folder = Directory.CreateTempSubdirectory("documented-").FullName;
        var kafka = await KafkaBroker.StartMockAsync(Path.Combine(folder, "kafka"));
        await kafka.CreateTopicAsync("wikipedia", Partitions);
        Sample.Send(kafka.BootstrapServers, "wikipedia", Sample.Deal(Sample.Read(Sample.Find()).Take(Events), Partitions));
        var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync(), true, "--with-worker", "--capacity", "4", "--memory", "256m",
            "--deep-storage", Path.Combine(folder, "segments"), "--work-dir", Path.Combine(folder, "work"), "--task-logs", Path.Combine(folder, "task-logs"));
        string? host = null;
        await overlord.UntilAsync("the worker is known", async () => (host = (string?)JsonNode.Parse((await overlord.SendAsync("GET", "/druid/indexer/v1/workers")).Body)!.AsArray().FirstOrDefault()?["worker"]!["host"]) is not null);
        var cluster = new DocumentedCluster(folder, kafka, overlord, new Uri($"http://{host}"));
        await cluster.SendAsync("POST", Supervisors, Spec);
        await cluster.SettleAsync();
        await cluster.SendAsync("POST", $"{Supervisors}/wikipedia/taskGroups/handoff", """{"taskGroupIds":[0]}""");
        await overlord.UntilAsync("the first edits are published", async () => Sum(JsonNode.Parse((await overlord.SendAsync("GET", $"{Supervisors}/wikipedia/status")).Body)!["payload"]!["committedOffsets"]) == Events);
        Sample.Send(kafka.BootstrapServers, "wikipedia", Sample.Deal(Sample.Read(Sample.Find()).Skip(Events).Take(Events), Partitions));
        cluster.sent += Events;
        await cluster.SettleAsync();
        return cluster;
    }

    /// <summary>Sends a documented request.</summary>
    /// <returns>The answer as it is documented.</returns>
    public async Task<(int Status, string? ContentType, string Body)> SendAsync(string method, string path, string? body = null)
    {
        var (status, contentType, answer, _) = await overlord.SendAsync(method, Real(path), body is null ? null : Real(body));
        return (status, contentType, Documented(answer));
    }

    /// <summary>Until nothing happens any more: every supervisor has read all, or has nothing that runs.</summary>
    public async Task SettleAsync()
    {
        await overlord.UntilAsync("all is quiet", async () =>
        {
            var ids = JsonNode.Parse((await overlord.SendAsync("GET", Supervisors)).Body)!.AsArray();
            foreach (var id in ids)
            {
                var groups = JsonNode.Parse((await overlord.SendAsync("GET", $"{Supervisors}/{id}/explain")).Body)!["groups"]?.AsArray().Select(g => (string)g!["doing"]!) ?? ["LOADING"];
                if (!IsQuiet(JsonNode.Parse((await overlord.SendAsync("GET", $"{Supervisors}/{id}/status")).Body)!["payload"]!) || groups.Any(doing => doing != "READING")) return false;
            }
            return true;
        });
    }

    private bool IsQuiet(JsonNode status)
    {
        var (active, publishing) = (status["activeTasks"]!.AsArray(), status["publishingTasks"]!.AsArray());
        if ((string)status["state"]! == "SUSPENDED") return active.Count + publishing.Count == 0;
        if (active.Count != 1 || publishing.Count > 0 || status["latestOffsets"] is not JsonObject latest || active[0]!["startTime"] is null) return false;
        task = (string)active[0]!["id"]!;
        return Sum(active[0]!["currentOffsets"]) == Sum(latest) && Sum(latest) == sent && (long)status["aggregateLag"]! == 0;
    }

    private static long Sum(JsonNode? offsets) => offsets is JsonObject of ? of.Sum(o => (long)o.Value!) : 0;

    private string Real(string text) => text.Replace(Kafka, kafka.BootstrapServers, StringComparison.Ordinal).Replace(Worker, worker.Authority, StringComparison.Ordinal).Replace(TaskName, task ?? TaskName, StringComparison.Ordinal);

    /// <summary>Text with the documented names for what differs from run to run; JSON without formatting and with its members in order.</summary>
    public string Documented(string text)
    {
        (string Real, string Name)[] addresses = [(kafka.BootstrapServers, Kafka), (overlord.Address.Authority, Overlord), (worker.Authority, Worker)];
        foreach (var (real, name) in addresses) text = text.Replace(real, name, StringComparison.Ordinal);
        foreach (var (real, name) in addresses) text = Regex.Replace(text, $@"\b{real[(real.LastIndexOf(':') + 1)..]}\b", name[(name.LastIndexOf(':') + 1)..]);
        text = text.Replace(folder, "/druid", StringComparison.Ordinal);
        text = TaskId().Replace(TaskHash().Replace(text, Hash), TaskName);
        text = Uptime().Replace(text, "\"$1\":\"5.21m\"");
        text = Guids().Replace(text, "0f0e0d0c-0b0a-0908-0706-050403020100");
        text = Instant().Replace(text, m => (DateTimeOffset.UtcNow - DateTimeOffset.Parse(m.Value, CultureInfo.InvariantCulture)).Duration() < TimeSpan.FromHours(2) ? Time : m.Value);
        try { return Settled(JsonNode.Parse(text), null)?.ToJsonString() ?? "null"; }
        catch (System.Text.Json.JsonException) { return text; }
    }

    /// <param name="name">Of the member that it is.</param>
    private static JsonNode? Settled(JsonNode? node, string? name, bool isAverage = false) => node switch
    {
        JsonObject members => new JsonObject(members.Select(m => KeyValuePair.Create(m.Key, Settled(m.Value, m.Key, isAverage || name == "movingAverages")))),
        JsonArray items => new JsonArray([.. items.Select(i => Settled(i, name, isAverage))]),
        JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.Number && isAverage => JsonValue.Create(0.0),
        JsonValue value when name is not null && Volatile.TryGetValue(name, out var stands) && value.GetValueKind() == System.Text.Json.JsonValueKind.Number && value.GetValue<double>() > 0 => JsonValue.Create(stands),
        _ => node?.DeepClone(),
    };

    public async ValueTask DisposeAsync()
    {
        await overlord.DisposeAsync();
        await kafka.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [GeneratedRegex("index_kafka_wikipedia_[0-9a-f]{15}")]
    private static partial Regex TaskHash();

    [GeneratedRegex(Hash + "_[a-z0-9]+")]
    private static partial Regex TaskId();

    [GeneratedRegex("\"(uptime|age)\":\"[0-9.]+[a-z]+\"")]
    private static partial Regex Uptime();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Guids();

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")]
    private static partial Regex Instant();
}
