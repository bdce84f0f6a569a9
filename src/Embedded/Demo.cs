using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Settings;
using Ingestion.IndexTask.Segment;
using Npgsql;

namespace Ingestion.Embedded;

/// <summary><c>./run</c>: the whole way from a topic to published segments, on this machine.</summary>
internal sealed class Demo(string root, bool exit, bool again)
{
    private const string Topic = "wikipedia";
    private const int Partitions = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private readonly string folder = Path.Combine(root, ".run");

    public async Task<int> RunAsync(CancellationToken stop)
    {
        using var onlyOne = OnlyOne();
        await Leftovers.StopAsync(folder);
        await using var kafka = await KafkaBroker.StartAsync(Path.Combine(folder, "kafka"));
        Say($"Kafka: {kafka.BootstrapServers}" + (kafka.Forgets ? " (librdkafka's mock cluster, which keeps nothing: set KAFKA_BOOTSTRAP_SERVERS or KAFKA_START for a real broker)" : ""));
        // Offsets of the mock cluster mean nothing to a real broker, so the two share neither database nor segments.
        var name = kafka.Forgets ? "mock" : "druid";
        await using var postgres = await MetadataAsync(name);
        var storage = Path.Combine(folder, kafka.Forgets ? "segments-mock" : "segments");
        var dataSource = Topic;
        if (kafka.Forgets)
        {
            Say("the broker is new and empty, so the demo starts afresh");
            if (postgres.Server is { } server) { await server.RecreateDatabaseAsync(name); if (Directory.Exists(storage)) Directory.Delete(storage, recursive: true); }
            else dataSource = $"{Topic}_{DateTimeOffset.UtcNow:yyyyMMddHHmmss}";
        }
        await using var stack = new Stack(Path.Combine(folder, "log"), postgres.ConnectionString, storage);
        await stack.StartOverlordAsync();
        Say($"overlord: {stack.Client.Address}");
        await stack.StartWorkerAsync();
        await kafka.CreateTopicAsync(Topic, Partitions);
        var events = Sample.Read(Path.Combine(root, "samples", Sample.FileName)).ToList();
        // The mock cluster makes a topic when it is first written to, and until then does not know its offsets.
        var missing = kafka.Forgets ? Sample.Deal(events, Partitions) : Sample.Missing(kafka.BootstrapServers, Topic, events, Partitions, again);
        var sent = Sample.Send(kafka.BootstrapServers, Topic, missing);
        Say(sent > 0 ? $"sent {sent:N0} events to topic {Topic}" : $"topic {Topic} already holds the sample (./run --again sends it once more)");
        await stack.Client.PostSpecAsync(Spec(kafka.BootstrapServers, dataSource));
        Say($"posted samples/wikipedia.supervisor.json as supervisor {dataSource}");
        // The status may still show the end that the overlord saw before we sent.
        var end = kafka.Forgets ? sent : Sample.Count(kafka.BootstrapServers, Topic, Partitions);
        if (!await UntilPublishedAsync(stack.Client, dataSource, end, stop)) return 1;
        await ReportAsync(postgres.ConnectionString, dataSource);
        Say($"API: {stack.Client.Address}druid/indexer/v1/supervisor/{dataSource}/status");
        if (exit) return 0;
        Say("running until Ctrl-C");
        await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return 0;
    }

    /// <summary>Keeps a second demo of this clone away while it is held: it would take this one's servers for leftovers and stop them.</summary>
    private FileStream OnlyOne()
    {
        Directory.CreateDirectory(folder);
        try { return new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None); }
        catch (IOException e) { throw new InvalidOperationException($"another ./run of this clone is running: {e.Message}", e); }
    }

    private async Task<MetadataDatabase> MetadataAsync(string database)
    {
        if (Environment.GetEnvironmentVariable("METADATA_URL") is { Length: > 0 } url) return new MetadataDatabase(new NpgsqlConnectionStringBuilder(MetadataUrl.ToConnectionString(url)).ConnectionString, null);
        var server = await PrivatePostgres.StartAsync(Path.Combine(folder, "postgres"));
        await server.EnsureDatabaseAsync(database);
        Say($"PostgreSQL: {server.ConnectionString(database)}, data in {server.Folder}");
        return new MetadataDatabase(server.ConnectionString(database), server);
    }

    private string Spec(string bootstrapServers, string dataSource)
    {
        var spec = JsonNode.Parse(File.ReadAllText(Path.Combine(root, "samples", "wikipedia.supervisor.json")))!;
        spec["spec"]!["ioConfig"]!["consumerProperties"]!["bootstrap.servers"] = bootstrapServers;
        spec["spec"]!["dataSchema"]!["dataSource"] = dataSource;
        return spec.ToJsonString();
    }

    /// <summary>Shows progress until the committed offsets have reached the topic's end, which is the number of its events.</summary>
    private static async Task<bool> UntilPublishedAsync(OverlordClient overlord, string dataSource, long end, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        var (before, beforeAt) = (0L, clock.Elapsed);
        var (lastLine, lastError) = ("", "");
        while (clock.Elapsed < Patience && !stop.IsCancellationRequested)
        {
            var status = await overlord.StatusAsync(dataSource);
            var (latest, committed) = (Sum(status, "latestOffsets"), Sum(status, "committedOffsets"));
            var lag = status.TryGetProperty("aggregateLag", out var l) ? l.GetInt64() : 0;
            var read = Math.Max(latest - lag, committed);
            var rate = (read - before) / Math.Max((clock.Elapsed - beforeAt).TotalSeconds, 0.001);
            (before, beforeAt) = (read, clock.Elapsed);
            var line = $"read {read:N0} of {latest:N0} events, published {committed:N0}, lag {lag:N0}";
            if (line != lastLine) Say($"{line}, {Math.Max(rate, 0):N0} events/s");
            lastLine = line;
            if (committed >= end) return true;
            var error = status.GetProperty("recentErrors").EnumerateArray().Select(e => e.GetProperty("message").GetString()).LastOrDefault() ?? "";
            if (error.Length > 0 && error != lastError) Say($"the supervisor reports: {error}");
            lastError = error;
            await Task.Delay(500, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        Say(stop.IsCancellationRequested ? "stopped" : $"not everything was published within {Patience.TotalMinutes} minutes; see .run/log");
        return false;
    }

    private static long Sum(JsonElement status, string name) =>
        status.TryGetProperty(name, out var offsets) && offsets.ValueKind == JsonValueKind.Object ? offsets.EnumerateObject().Sum(o => o.Value.GetInt64()) : 0;

    private static async Task ReportAsync(string connectionString, string dataSource)
    {
        await using var database = NpgsqlDataSource.Create(connectionString);
        await using var command = database.CreateCommand("SELECT payload FROM druid_segments WHERE datasource = $1 AND used ORDER BY start, id");
        command.Parameters.AddWithValue(dataSource);
        var channels = new Dictionary<string, long>(StringComparer.Ordinal);
        long rows = 0;
        await using (var reader = await command.ExecuteReaderAsync())
            while (await reader.ReadAsync())
            {
                var segment = JsonSerializer.Deserialize(reader.GetFieldValue<byte[]>(0), ContractsJson.Default.DataSegment)!;
                using var file = SegmentReader.Open(segment.LoadSpec!.Value.GetProperty("path").GetString()!);
                Say($"segment {segment.Identifier}: {file.RowCount:N0} rows, {segment.Size:N0} bytes");
                rows += file.RowCount;
                foreach (var row in file.Rows())
                    if (row["channel"] is string channel) channels[channel] = channels.GetValueOrDefault(channel) + 1;
            }
        Say($"{rows:N0} rows published; the busiest channels, counted from the segment files:");
        foreach (var (channel, count) in channels.OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).Take(5)) Say($"  {channel,-20} {count,8:N0}");
    }

    private static void Say(string text) => Console.WriteLine($"{DateTime.Now:HH:mm:ss} {text}");

    private sealed record MetadataDatabase(string ConnectionString, PrivatePostgres? Server) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Server?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
