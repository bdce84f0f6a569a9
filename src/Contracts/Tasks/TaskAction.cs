using System.Text.Json;
using System.Text.Json.Serialization;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Stream;

namespace Ingestion.Contracts.Tasks;

/// <summary>What a task asks of the overlord, Druid's task actions: the member <c>action</c> of <c>POST /druid/indexer/v1/action</c>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type", IgnoreUnrecognizedTypeDiscriminators = false)]
[JsonDerivedType(typeof(SegmentAllocate), "segmentAllocate")]
[JsonDerivedType(typeof(SegmentTransactionalInsert), "segmentTransactionalInsert")]
[JsonDerivedType(typeof(CheckPointDataSourceMetadata), "checkPointDataSourceMetadata")]
[JsonDerivedType(typeof(RetrieveSegmentsById), "retrieveSegmentsById")]
[JsonDerivedType(typeof(LockAcquire), "lockAcquire")]
[JsonDerivedType(typeof(LockTryAcquire), "lockTryAcquire")]
[JsonDerivedType(typeof(LockList), "lockList")]
[JsonDerivedType(typeof(LockRelease), "lockRelease")]
public abstract record TaskAction
{
    private TaskAction() { }

    /// <summary>A segment for a row's time: the same one for the same sequence name and interval, whoever asks.</summary>
    public sealed record SegmentAllocate : TaskAction
    {
        public required string DataSource { get; init; }
        public required DateTimeOffset Timestamp { get; init; }
        public Granularity QueryGranularity { get; init; }
        public required Granularity PreferredSegmentGranularity { get; init; }
        public required string SequenceName { get; init; }
        public string? PreviousSegmentId { get; init; }
        public bool SkipSegmentLineageCheck { get; set; } = true;
        public string LockGranularity { get; set; } = "TIME_CHUNK";
        public string TaskLockType { get; set; } = TaskLock.Exclusive;
    }

    /// <summary>The publish: segment rows and committed offsets in one transaction. No segments and new offsets: offsets only.</summary>
    public sealed record SegmentTransactionalInsert : TaskAction
    {
        public IReadOnlyList<DataSegment> Segments { get; set; } = [];
        public string? SupervisorId { get; init; }
        public string? DataSource { get; init; }
        public KafkaDataSourceMetadata? StartMetadata { get; init; }
        public KafkaDataSourceMetadata? EndMetadata { get; init; }
    }

    /// <summary>A full task asks for a checkpoint. <see cref="CheckpointMetadata"/> holds the start offsets of its last sequence.</summary>
    public sealed record CheckPointDataSourceMetadata : TaskAction
    {
        public string? SupervisorId { get; init; }
        public int? TaskGroupId { get; init; }
        public required KafkaDataSourceMetadata CheckpointMetadata { get; init; }
    }

    public sealed record RetrieveSegmentsById : TaskAction
    {
        public required string DataSource { get; init; }
        public required IReadOnlyList<string> SegmentIds { get; init; }
    }

    public sealed record LockAcquire : TaskAction
    {
        [JsonPropertyName("lockType")] public string TaskLockType { get; set; } = TaskLock.Exclusive;
        public required Interval Interval { get; init; }
        public long TimeoutMs { get; init; }
    }

    public sealed record LockTryAcquire : TaskAction
    {
        [JsonPropertyName("lockType")] public string TaskLockType { get; set; } = TaskLock.Exclusive;
        public required Interval Interval { get; init; }
    }

    public sealed record LockList : TaskAction;

    public sealed record LockRelease : TaskAction
    {
        public required Interval Interval { get; init; }
    }
}

/// <summary>The body of <c>POST /druid/indexer/v1/action</c>. Of the task only its id is used; the rest is in the tasks table.</summary>
public sealed record TaskActionRequest
{
    public required TaskIdentity Task { get; init; }
    public required TaskAction Action { get; init; }
}

public sealed record TaskIdentity
{
    public string Type { get; set; } = IndexTaskPayload.KafkaType;
    public required string Id { get; init; }
    public string? GroupId { get; init; }
    public string? DataSource { get; init; }
}

/// <summary>Druid's <c>SegmentPublishResult</c>.</summary>
public sealed record SegmentPublishResult
{
    [JsonPropertyOrder(0)] public required IReadOnlyList<DataSegment> Segments { get; init; }
    [JsonPropertyOrder(1)] public required bool Success { get; init; }

    /// <summary>The same call may succeed later: a predecessor of the sequence is still publishing.</summary>
    [JsonPropertyOrder(2)] public bool Retryable { get; init; }
    [JsonPropertyOrder(3)] public string? ErrorMsg { get; init; }
}

/// <summary>Druid's time chunk lock: the <c>lock_payload</c> of a row in the tasklocks table.</summary>
public sealed record TaskLock
{
    public const string Exclusive = "EXCLUSIVE";
    public const string Shared = "SHARED";
    public const string Append = "APPEND";
    public const string Replace = "REPLACE";

    [JsonPropertyOrder(0)] public string Granularity { get; set; } = "timeChunk";
    [JsonPropertyOrder(1)] public string Type { get; set; } = Exclusive;
    [JsonPropertyOrder(2)] public required string GroupId { get; init; }
    [JsonPropertyOrder(3)] public required string DataSource { get; init; }
    [JsonPropertyOrder(4)] public required Interval Interval { get; init; }
    [JsonPropertyOrder(5)] public required string Version { get; init; }

    /// <summary>Streaming tasks have 75; a higher one revokes.</summary>
    [JsonPropertyOrder(6)] public int Priority { get; set; } = 75;
    [JsonPropertyOrder(7)] public bool Revoked { get; init; }
}

/// <summary>The answer to an action: <c>{"result": ...}</c>, its type that of the action.</summary>
public sealed record TaskActionAnswer
{
    public JsonElement Result { get; init; }
}
