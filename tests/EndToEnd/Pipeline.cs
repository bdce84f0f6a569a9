using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Embedded;
using Ingestion.IndexTask.Segment;
using Ingestion.Support;
using Npgsql;

namespace Ingestion.EndToEnd;

/// <summary>A topic, a database, a deep storage folder and the processes over them, all of one test's own.</summary>
public sealed class Pipeline : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly KafkaBroker? ownKafka;
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(10) };

    private Pipeline(string connectionString, KafkaBroker kafka, KafkaBroker? ownKafka, string name, string folder, int partitions, string? deepStorage, AccessFiles? access)
    {
        (ConnectionString, this.ownKafka, Kafka, Name, Folder, Partitions) = (connectionString, ownKafka, ownKafka ?? kafka, name, folder, partitions);
        deepStorage ??= Path.Combine(folder, "segments");
        Stack = access is null ? new Stack(folder, ConnectionString, deepStorage)
            : new Stack(folder, ConnectionString, deepStorage, client: new OverlordClient(new Uri($"https://127.0.0.1:{Ports.Free()}"), access.NewClient(AccessFiles.Operator))) { Options = access.Options, Variables = access.Variables };
    }

    /// <summary>Of the topic, the dataSource, the supervisor and the database.</summary>
    public string Name { get; }
    public string Folder { get; }
    public int Partitions { get; }
    public string ConnectionString { get; }
    public KafkaBroker Kafka { get; }
    public Stack Stack { get; }

    public static async Task<Pipeline> CreateAsync(PrivatePostgres postgres, KafkaBroker kafka, KafkaBroker? ownKafka, string name, string folder, int partitions, string? deepStorage, AccessFiles? access = null)
    {
        await postgres.EnsureDatabaseAsync(name);
        await (ownKafka ?? kafka).CreateTopicAsync(name, partitions);
        return new Pipeline(postgres.ConnectionString(name), kafka, ownKafka, name, folder, partitions, deepStorage, access);
    }

    /// <summary>An overlord with a worker in its process.</summary>
    /// <param name="capacity">Slots for tasks.</param>
    /// <param name="more">Options.</param>
    public Task StartAllInOneAsync(int capacity = 4, params IEnumerable<string> more) =>
        Stack.StartOverlordAsync(["--with-worker", "--capacity", $"{capacity}", "--deep-storage", Stack.DeepStorage, "--work-dir", Path.Combine(Folder, "work"), .. more]);

    public JsonNode Spec(Action<JsonNode>? change = null)
    {
        var spec = JsonNode.Parse(File.ReadAllText(Path.Combine(Path.GetDirectoryName(Sample.Find())!, "wikipedia.supervisor.json")))!;
        spec["spec"]!["dataSchema"]!["dataSource"] = Name;
        var io = spec["spec"]!["ioConfig"]!;
        io["topic"] = Name;
        io["consumerProperties"]!["bootstrap.servers"] = Kafka.BootstrapServers;
        io["taskCount"] = 1;
        io["taskDuration"] = "PT2S";
        change?.Invoke(spec);
        return spec;
    }

    /// <summary>Sends events round robin over the partitions.</summary>
    public void Produce(IEnumerable<byte[]> events) => Assert.True(Sample.Send(Kafka.BootstrapServers, Name, Sample.Deal(events, Partitions)) > 0);

    /// <summary>Waits until the committed offsets have reached the topic's end, which holds this many events.</summary>
    public Task UntilPublishedAsync(long events, string? dataSource = null) => UntilAsync($"{events} events are published", async () => await CommittedAsync(dataSource) == events);

    public async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        if (!await Waiting.UntilAsync(condition, Patience)) Assert.Fail($"not within {Patience.TotalSeconds} s: {what}. Committed {await CommittedAsync()}, status {await StatusTextAsync()}\n{Logs()}");
    }

    /// <summary>Sum of the committed offsets.</summary>
    public async Task<long> CommittedAsync(string? dataSource = null)
    {
        await using var database = NpgsqlDataSource.Create(ConnectionString);
        try { return await PublishedMetadata.CommittedAsync(database, dataSource ?? Name); }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable) { return 0; }
    }

    /// <summary>How far the reading tasks have got: by task, the sum of its current offsets. Only tasks that have told theirs.</summary>
    public async Task<IReadOnlyDictionary<string, long>> ReadingAsync() => Positions((await Stack.Client.StatusAsync(Name)).GetProperty("activeTasks"));

    /// <summary>The same of tasks that publish.</summary>
    public async Task<IReadOnlyDictionary<string, long>> PublishingAsync() => Positions((await Stack.Client.StatusAsync(Name)).GetProperty("publishingTasks"));

    /// <summary>The furthest that a task has got: with one task, the number of events read since the topic's beginning.</summary>
    public async Task<long> ReadAsync() => (await ReadingAsync()).Concat(await PublishingAsync()).Select(t => t.Value).DefaultIfEmpty().Max();

    /// <summary>Where a running task serves its chat API.</summary>
    public async Task<Uri> ChatAsync(string task)
    {
        var location = (await Stack.Client.GetAsync($"/druid/indexer/v1/task/{task}/status")).GetProperty("status").GetProperty("location");
        return new Uri($"http://{location.GetProperty("host").GetString()}:{location.GetProperty("port").GetInt32()}/druid/worker/v1/chat/{task}/");
    }

    /// <summary>Asks a task itself, whether there is an overlord or not.</summary>
    public async Task<JsonElement> AskTaskAsync(Uri chat, string what) => JsonDocument.Parse(await http.GetStringAsync(new Uri(chat, what))).RootElement;

    /// <summary>Tells a task something, as its leader would.</summary>
    /// <returns>What it answered.</returns>
    public async Task<string> TellTaskAsync(Uri chat, string what, string body = "")
    {
        using var answer = await http.PostAsync(new Uri(chat, what), new StringContent(body, Encoding.UTF8, "application/json"));
        return await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
    }

    /// <summary>Makes the tasks publish what they have read, all of the topic, and waits for it.</summary>
    public async Task SuspendAsync(long events)
    {
        await UntilAsync($"{events} events are read", async () => (await ReadingAsync()).Values is var read && read.Any() && read.All(r => r == events));
        Assert.Equal(200, (await Stack.Client.SendAsync(HttpMethod.Post, $"/druid/indexer/v1/supervisor/{Name}/suspend")).Status);
        await UntilPublishedAsync(events);
    }

    /// <summary>Nothing can be published until <see cref="LetPublish"/>: a file is where deep storage was.</summary>
    public void HoldPublishing()
    {
        Directory.Move(Stack.DeepStorage, Stack.DeepStorage + ".held");
        File.WriteAllText(Stack.DeepStorage, "a file where the folder should be");
    }

    public void LetPublish()
    {
        File.Delete(Stack.DeepStorage);
        Directory.Move(Stack.DeepStorage + ".held", Stack.DeepStorage);
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

    public async Task<IReadOnlyList<string>> SegmentPathsAsync() => [.. (await LoadSpecsAsync()).Select(s => s.GetProperty("path").GetString()!)];

    /// <summary>Of the published, used segments.</summary>
    public async Task<IReadOnlyList<JsonElement>> LoadSpecsAsync()
    {
        await using var database = NpgsqlDataSource.Create(ConnectionString);
        return await PublishedMetadata.LoadSpecsAsync(database, Name);
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var database = NpgsqlDataSource.Create(ConnectionString);
        await using var command = database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Ids of ended tasks by how they ended.</summary>
    public async Task<ILookup<string, string>> EndedTasksAsync()
    {
        await using var database = NpgsqlDataSource.Create(ConnectionString);
        await using var command = database.CreateCommand("SELECT id, convert_from(status_payload, 'UTF8')::json ->> 'status' FROM druid_tasks WHERE NOT active");
        var tasks = new List<(string Id, string Status)>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) tasks.Add((reader.GetString(0), reader.GetString(1)));
        return tasks.ToLookup(t => t.Status, t => t.Id);
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

    private static Dictionary<string, long> Positions(JsonElement tasks) => tasks.EnumerateArray()
        .Where(t => t.TryGetProperty("currentOffsets", out var offsets) && offsets.ValueKind == JsonValueKind.Object && offsets.EnumerateObject().Any())
        .ToDictionary(t => t.GetProperty("id").GetString()!, t => t.GetProperty("currentOffsets").EnumerateObject().Sum(o => o.Value.GetInt64()));

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await Stack.DisposeAsync();
        if (ownKafka is not null) await ownKafka.DisposeAsync();
    }
}
