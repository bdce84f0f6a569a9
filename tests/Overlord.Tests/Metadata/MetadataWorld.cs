using System.Text.Json;
using Dapper;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Tasks;
using Ingestion.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Record = Ingestion.Supervisor.Record;

namespace Ingestion.Overlord.Tests.Metadata;

/// <summary>A migrated database of its own whose leader's epoch is <see cref="Epoch"/>, and everything that works on it.</summary>
internal sealed class MetadataWorld : IAsyncDisposable
{
    public const long Epoch = 7;
    public const string Supervisor = "wiki";
    public static readonly Interval Day = new(1_442_016_000_000, 1_442_102_400_000); // 2015-09-12
    public static readonly DateTimeOffset Noon = DateTimeOffset.FromUnixTimeMilliseconds(Day.StartMillis).AddHours(12);

    private MetadataWorld(string connectionString)
    {
        Storage = new MetadataStorage(connectionString, new MetadataTables(), TimeSpan.FromSeconds(20));
        Transactions = new FencedTransactions(Storage);
        Committer = new RecordCommitter(Storage, Transactions, TimeProvider.System);
        Specs = new SpecStore(Storage, NullLogger<SpecStore>.Instance);
        Tasks = new TaskStore(Storage, NullLogger<TaskStore>.Instance);
        Offsets = new CommittedOffsetsStore(Storage, NullLogger<CommittedOffsetsStore>.Instance);
        Lockbox = new Lockbox(Storage, NullLogger<Lockbox>.Instance);
        Actions = new TaskActions(Storage, Transactions, new TaskActionListeners((_, _, _) => Task.FromResult(true), (supervisorId, committed) =>
        {
            lock (Heard) Heard.Add((supervisorId, committed));
            return ValueTask.CompletedTask;
        }), TimeProvider.System, NullLoggerFactory.Instance);
    }

    public MetadataStorage Storage { get; }
    public FencedTransactions Transactions { get; }
    public RecordCommitter Committer { get; }
    public SpecStore Specs { get; }
    public TaskStore Tasks { get; }
    public CommittedOffsetsStore Offsets { get; }
    public Lockbox Lockbox { get; }
    public TaskActions Actions { get; }
    public List<(string SupervisorId, KafkaDataSourceMetadata Committed)> Heard { get; } = [];

    public static async Task<MetadataWorld> CreateAsync(PostgresFixture postgres)
    {
        var world = new MetadataWorld(await postgres.CreateDatabaseAsync());
        await Migrator.RunAsync(world.Storage);
        await world.ExecuteAsync($"UPDATE ingestion_leader SET epoch = {Epoch}, last_seen = clock_timestamp()");
        return world;
    }

    public async Task ExecuteAsync(string sql, object? parameters = null)
    {
        await using var connection = await Storage.Reads.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, parameters);
    }

    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await Storage.Reads.OpenConnectionAsync();
        return [.. await connection.QueryAsync<T>(sql, parameters)];
    }

    public Task StartAsync(params IndexTaskPayload[] tasks) => Committer.CommitAsync(Epoch, [.. tasks.Select(t => (Record)new Record.InsertTask(t, Noon))]);

    public Task FinishAsync(string taskId) => Committer.CommitAsync(Epoch, [new Record.FinishTask(IndexTaskStatus.Success(taskId, 5, TaskLocation.Unknown))]);

    public static IndexTaskPayload Payload(string id, string sequence = "index_kafka_wiki_abc", string supervisor = Supervisor, int? priority = null) => new()
    {
        Id = id, SupervisorId = supervisor, Resource = new TaskResource { AvailabilityGroup = sequence }, GroupId = "index_kafka_" + supervisor, DataSource = "wiki",
        DataSchema = JsonSerializer.SerializeToElement(new { dataSource = "wiki" }), TuningConfig = JsonSerializer.SerializeToElement(new { type = "KafkaTuningConfig" }),
        IoConfig = new IndexTaskIoConfig
        {
            TaskGroupId = 0, BaseSequenceName = sequence, StartSequenceNumbers = StreamSequence.StartOf("topic", PartitionOffsets.Of((0, 0))),
            EndSequenceNumbers = StreamSequence.EndOf("topic", PartitionOffsets.Of((0, PartitionOffsets.Unbounded))), InputFormat = JsonSerializer.SerializeToElement(new { type = "json" }),
        },
        Context = priority is { } p ? JsonSerializer.SerializeToElement(new { priority = p }) : null,
    };

    public Task<TaskActionAnswer> ActAsync(string taskId, TaskAction action, long epoch = Epoch) =>
        Actions.ExecuteAsync(epoch, new TaskActionRequest { Task = new TaskIdentity { Id = taskId }, Action = action });

    public async Task<SegmentIdWithShardSpec?> AllocateAsync(string taskId, string sequence = "index_kafka_wiki_abc_0", DateTimeOffset? at = null, GranularityKind preferred = GranularityKind.Day,
        GranularityKind query = GranularityKind.None) =>
        (await ActAsync(taskId, new TaskAction.SegmentAllocate
        {
            DataSource = "wiki", Timestamp = at ?? Noon, PreferredSegmentGranularity = new Granularity(preferred), QueryGranularity = new Granularity(query), SequenceName = sequence,
        })).Result.Deserialize(Contracts.Json.ContractsJson.Default.SegmentIdWithShardSpec);

    public async Task<SegmentPublishResult> PublishAsync(string taskId, PartitionOffsets start, PartitionOffsets end, params DataSegment[] segments) =>
        (await ActAsync(taskId, Publish(start, end, segments))).Result.Deserialize(Contracts.Json.ContractsJson.Default.SegmentPublishResult)!;

    public static TaskAction.SegmentTransactionalInsert Publish(PartitionOffsets start, PartitionOffsets end, params DataSegment[] segments) => new()
    {
        Segments = segments, StartMetadata = KafkaDataSourceMetadata.StartOf("topic", start), EndMetadata = KafkaDataSourceMetadata.EndOf("topic", end),
    };

    public static DataSegment Segment(SegmentIdWithShardSpec id, string path) => new()
    {
        DataSource = id.DataSource, Interval = id.Interval, Version = id.Version, ShardSpec = id.ShardSpec, BinaryVersion = 9, Size = 100, Dimensions = "page", Metrics = "count",
        LoadSpec = JsonSerializer.SerializeToElement(new { type = "local", path }),
    };

    public static SupervisorSpec Spec(string id, string topic = "topic") => SupervisorSpec.Read("""
        {"type":"kafka","id":"<id>","spec":{"dataSchema":{"dataSource":"wiki","timestampSpec":{"column":"time","format":"iso"},"dimensionsSpec":{"dimensions":["page"]},
        "granularitySpec":{"segmentGranularity":"DAY"}},"ioConfig":{"topic":"<topic>","inputFormat":{"type":"json"},"consumerProperties":{"bootstrap.servers":"localhost:9092"}}}}
        """.Replace("<id>", id, StringComparison.Ordinal).Replace("<topic>", topic, StringComparison.Ordinal)).Spec!;

    public ValueTask DisposeAsync() => Storage.DisposeAsync();
}
