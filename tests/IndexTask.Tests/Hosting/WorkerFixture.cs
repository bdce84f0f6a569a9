using System.Collections.Immutable;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Hosting;
using Ingestion.IndexTask.Segment;
using Ingestion.IndexTask.Tests.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.IndexTask.Tests.Hosting;

/// <summary>A worker over real HTTP, an overlord's fake and librdkafka's mock broker.</summary>
public abstract class WorkerFixture : IAsyncLifetime
{
    protected const string TaskId = "task_a";
    private readonly string folder = Directory.CreateTempSubdirectory("worker-tests").FullName;
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(20) };
    private WorkerHost? worker;
    private FakeOverlord? overlord;

    private protected FakeOverlord Overlord => overlord!;
    private protected WorkerHost Worker => worker!;
    private protected MockKafka Kafka { get; } = new();
    private protected string DeepStorage => Path.Combine(folder, "segments");
    private protected string WorkDirectory => Path.Combine(folder, "work");
    private protected virtual TimeSpan PauseLease => TimeSpan.FromSeconds(30);

    public async ValueTask InitializeAsync()
    {
        Kafka.CreateTopic("events");
        overlord = await FakeOverlord.Start();
        var options = new WorkerOptions { Overlords = [overlord.Address], DeepStorage = DeepStorage, WorkDirectory = WorkDirectory, Capacity = 2, NodeId = "node-1", PauseLease = PauseLease };
        worker = new WorkerHost(options, NullLoggerFactory.Instance);
        await worker.StartAsync();
        http.BaseAddress = worker.Address;
    }

    public async ValueTask DisposeAsync()
    {
        await worker!.DisposeAsync();
        await overlord!.DisposeAsync();
        Kafka.Dispose();
        http.Dispose();
        Directory.Delete(folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private protected static string Event(string page, int second = 0, int added = 1) => $$"""{"time":"2015-09-12T00:00:{{second:00}}Z","page":"{{page}}","added":{{added}}}""";

    private protected IndexTaskPayload Payload(string id = TaskId, string group = "group_a", string tuning = "{}", string? schema = null, PartitionOffsets? start = null, PartitionOffsets? end = null)
    {
        var from = start ?? PartitionOffsets.Of((0, 0), (1, 0));
        return new IndexTaskPayload
        {
            Id = id,
            SupervisorId = "wiki",
            Resource = new TaskResource { AvailabilityGroup = group },
            DataSchema = Json(schema ?? """
                {"dataSource":"wiki","timestampSpec":{"column":"time","format":"iso"},"dimensionsSpec":{"dimensions":["page",{"type":"long","name":"added"}]},
                 "granularitySpec":{"segmentGranularity":"DAY","queryGranularity":"NONE","rollup":false}}
                """),
            TuningConfig = Json(tuning),
            IoConfig = new IndexTaskIoConfig
            {
                TaskGroupId = 0,
                BaseSequenceName = "base",
                StartSequenceNumbers = StreamSequence.StartOf("events", from),
                EndSequenceNumbers = StreamSequence.EndOf("events", end ?? PartitionOffsets.All(from.Partitions, PartitionOffsets.Unbounded)),
                ConsumerProperties = new Dictionary<string, string> { ["bootstrap.servers"] = Kafka.Address }.ToImmutableSortedDictionary(),
                InputFormat = Json("""{"type":"json"}"""),
            },
            GroupId = "index_kafka_wiki",
            DataSource = "wiki",
        };
    }

    private protected static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement.Clone();

    private protected Task<(int Status, string Body)> Assign(IndexTaskPayload payload, params (string Name, string Value)[] headers) => Send(HttpMethod.Post, "/druid-internal/v1/worker/assignTask", payload.ToJson(), headers);

    private protected Task<(int Status, string Body)> Chat(HttpMethod method, string path, string? body = null, string task = TaskId, params (string Name, string Value)[] headers) =>
        Send(method, $"/druid/worker/v1/chat/{task}/{path}", body, headers);

    private protected async Task<(int Status, string Body)> Send(HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        using var response = await http.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Waits, by the worker's long poll and at most 20 s, for what is expected of a task.</summary>
    private protected async Task<TaskReport> Until(Func<TaskReport, bool> expected, string task = TaskId)
    {
        TaskReport? last = null;
        var until = DateTime.UtcNow.AddSeconds(20);
        long counter = -1;
        while (DateTime.UtcNow < until)
        {
            var state = await State($"&after={counter}");
            counter = state.Counter;
            last = state.Tasks.FirstOrDefault(t => t.Id == task);
            if (last is not null && expected(last)) return last;
        }
        throw new TimeoutException($"the task stands at {last}");
    }

    private protected async Task<WorkerState> State(string query) =>
        await http.GetFromJsonAsync($"/druid-internal/v1/worker/tasks?timeoutMillis=100{query}", ContractsJson.Default.WorkerState) ?? throw new JsonException("the worker answered null");

    private protected Task<TaskReport> UntilRead(PartitionOffsets offsets) => Until(t => t.CurrentOffsets == offsets);

    /// <summary>The pages in the segments of a publish, in segment order.</summary>
    private protected static IReadOnlyList<string> Pages(TaskAction.SegmentTransactionalInsert insert)
    {
        var pages = new List<string>();
        foreach (var segment in insert.Segments)
        {
            using var reader = SegmentReader.Open(segment.LoadSpec!.Value.GetProperty("path").GetString()!);
            pages.AddRange(reader.Rows().Select(row => (string)row["page"]!));
        }
        return pages;
    }
}
