using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Contracts.Json;
using Ingestion.Embedded;
using Ingestion.IndexTask.Segment;
using Npgsql;

namespace Ingestion.EndToEnd;

/// <summary>A topic, a database, a deep storage folder and the processes over them, all of one test's own.</summary>
public sealed class Pipeline : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly Servers servers;

    private Pipeline(Servers servers, string name, string folder, int partitions)
    {
        (this.servers, Name, Folder, Partitions) = (servers, name, folder, partitions);
        ConnectionString = servers.Postgres.ConnectionString(name);
        Stack = new Stack(folder, ConnectionString, Path.Combine(folder, "segments"));
    }

    /// <summary>Of the topic, the dataSource, the supervisor and the database.</summary>
    public string Name { get; }
    public string Folder { get; }
    public int Partitions { get; }
    public string ConnectionString { get; }
    public Stack Stack { get; }

    public static async Task<Pipeline> CreateAsync(Servers servers, string name, string folder, int partitions)
    {
        await servers.Postgres.EnsureDatabaseAsync(name);
        await servers.Kafka.CreateTopicAsync(name, partitions);
        return new Pipeline(servers, name, folder, partitions);
    }

    public JsonNode Spec(Action<JsonNode>? change = null)
    {
        var spec = JsonNode.Parse(File.ReadAllText(Path.Combine(Path.GetDirectoryName(Sample.Find())!, "wikipedia.supervisor.json")))!;
        spec["spec"]!["dataSchema"]!["dataSource"] = Name;
        var io = spec["spec"]!["ioConfig"]!;
        io["topic"] = Name;
        io["consumerProperties"]!["bootstrap.servers"] = servers.Kafka.BootstrapServers;
        io["taskCount"] = 1;
        io["taskDuration"] = "PT2S";
        change?.Invoke(spec);
        return spec;
    }

    /// <summary>Sends events round robin over the partitions.</summary>
    public void Produce(IEnumerable<byte[]> events) => Assert.True(Sample.Send(servers.Kafka.BootstrapServers, Name, Sample.Deal(events, Partitions)) > 0);

    /// <summary>Waits until the committed offsets have reached the topic's end, which holds this many events.</summary>
    public async Task UntilPublishedAsync(long events)
    {
        await UntilAsync($"{events} events are published", async () => await CommittedAsync() == events);
    }

    public async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        try
        {
            while (!await condition()) await timer.WaitForNextTickAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"not within {Patience.TotalSeconds} s: {what}. Committed {await CommittedAsync()}, status {await StatusTextAsync()}\n{Logs()}");
        }
    }

    /// <summary>Sum of the committed offsets.</summary>
    public async Task<long> CommittedAsync()
    {
        await using var database = NpgsqlDataSource.Create(ConnectionString);
        await using var command = database.CreateCommand("SELECT commit_metadata_payload FROM druid_datasource WHERE datasource = $1");
        command.Parameters.AddWithValue(Name);
        try
        {
            return await command.ExecuteScalarAsync() is byte[] payload ? JsonSerializer.Deserialize(payload, ContractsJson.Default.KafkaDataSourceMetadata)!.Offsets.Sum(o => o.Value) : 0;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable) { return 0; }
    }

    /// <summary>Events read so far by tasks that still run, beyond what is committed.</summary>
    public async Task<long> ReadAsync()
    {
        var status = await Stack.Client.StatusAsync(Name);
        return status.GetProperty("activeTasks").EnumerateArray().Concat(status.GetProperty("publishingTasks").EnumerateArray())
            .Where(t => t.TryGetProperty("currentOffsets", out var offsets) && offsets.ValueKind == JsonValueKind.Object)
            .Sum(t => t.GetProperty("currentOffsets").EnumerateObject().Sum(o => o.Value.GetInt64()));
    }

    /// <summary>All rows of the published, used segments, read from their files.</summary>
    public async Task<IReadOnlyList<IReadOnlyDictionary<string, object?>>> RowsAsync()
    {
        var rows = new List<IReadOnlyDictionary<string, object?>>();
        foreach (var path in await SegmentPathsAsync())
        {
            using var segment = SegmentReader.Open(path);
            rows.AddRange(segment.Rows());
        }
        return rows;
    }

    public async Task<IReadOnlyList<string>> SegmentPathsAsync()
    {
        await using var database = NpgsqlDataSource.Create(ConnectionString);
        await using var command = database.CreateCommand("SELECT payload FROM druid_segments WHERE datasource = $1 AND used ORDER BY id");
        command.Parameters.AddWithValue(Name);
        var paths = new List<string>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            paths.Add(JsonSerializer.Deserialize(reader.GetFieldValue<byte[]>(0), ContractsJson.Default.DataSegment)!.LoadSpec!.Value.GetProperty("path").GetString()!);
        return paths;
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var database = NpgsqlDataSource.Create(ConnectionString);
        await using var command = database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task<string> StatusTextAsync()
    {
        try { return (await Stack.Client.SendAsync(HttpMethod.Get, $"/druid/indexer/v1/supervisor/{Name}/status")).Body; }
        catch (HttpRequestException e) { return e.Message; }
    }

    private string Logs()
    {
        var text = new StringBuilder();
        foreach (var path in Directory.EnumerateFiles(Folder, "*.log")) text.AppendLine($"--- {Path.GetFileName(path)}").AppendLine(ChildProcess.Tail(path, 40));
        return text.ToString();
    }

    public ValueTask DisposeAsync() => Stack.DisposeAsync();
}
