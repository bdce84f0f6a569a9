using System.Text.Json;
using System.Text.Json.Serialization;
using Ingestion.Contracts.Stream;

namespace Ingestion.Contracts.Tasks;

/// <summary>All that an overlord needs to know of a task, as its worker tells it: what Druid's overlord gathers from the chat endpoints
/// status, time/start, checkpoints, offsets/current and offsets/end, in one.</summary>
public sealed record TaskReport
{
    public required string Id { get; init; }
    [JsonPropertyName("status")] public required TaskOutcome Outcome { get; init; }
    public required TaskPhase Phase { get; init; }

    /// <summary>When the task began; null before.</summary>
    public DateTimeOffset? StartTime { get; init; }

    /// <summary>Milliseconds; -1 while running.</summary>
    public long Duration { get; set; } = -1;
    public string? ErrorMsg { get; init; }

    /// <summary>Next offset to read by partition; empty before the task has started.</summary>
    public PartitionOffsets CurrentOffsets { get; set; } = PartitionOffsets.Empty;

    /// <summary>Exclusive; <see cref="PartitionOffsets.Unbounded"/> until they are set.</summary>
    public PartitionOffsets EndOffsets { get; set; } = PartitionOffsets.Empty;

    /// <summary>Sequences not yet published; empty before the task has started.</summary>
    public Checkpoints Checkpoints { get; set; } = Checkpoints.None;
    public RowTotals Rows { get; set; } = RowTotals.Zero;

    /// <summary>Records per second, Druid's moving average over 15 minutes, to two digits; null until the task has read for 5 s.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public double? ProcessedRate { get; init; }

    /// <summary>The share of its time that the task has waited for records, 0 to 1 in hundredths, a moving average over 1 minute; null until it has read for 5 s.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public double? PollIdleRatio { get; init; }
}

/// <summary>Druid's row counters, since the task began.</summary>
public sealed record RowTotals
{
    public static readonly RowTotals Zero = new();

    [JsonPropertyOrder(0)] public long Processed { get; init; }
    [JsonPropertyOrder(1)] public long ProcessedBytes { get; init; }
    [JsonPropertyOrder(2)] public long ProcessedWithError { get; init; }
    [JsonPropertyOrder(3)] public long ThrownAway { get; init; }
    [JsonPropertyOrder(4)] public long Unparseable { get; init; }
}

/// <summary>A worker's state, the answer of <c>GET /druid-internal/v1/worker/tasks?after=COUNTER&amp;timeoutMillis=N&amp;boot=BOOTID&amp;since=REVISION</c>: it comes as
/// soon as <see cref="Counter"/> passes the given one, or after the timeout. It tells what has changed since the state that the asker has, by the boot id and revision
/// that it gives, so a lost answer costs nothing; to one that gives none, or one too old, it tells all.</summary>
public sealed record WorkerState
{
    public required string NodeId { get; init; }

    /// <summary>Differs each time that the process starts: tasks of another boot are gone.</summary>
    public required string BootId { get; init; }

    /// <summary>Raised with every change of a task's phase, outcome, checkpoints or end offsets; current offsets do not raise it.</summary>
    public required long Counter { get; init; }

    /// <summary>Slots for tasks.</summary>
    public required int Capacity { get; init; }

    /// <summary>It was told to take no new tasks, and goes on with those that it has.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public bool IsDisabled { get; init; }

    /// <summary>Anything but active: it gets no new tasks.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public LifeState State { get; init; }

    /// <summary>Highest leader epoch seen.</summary>
    public long Epoch { get; init; }

    /// <summary>Id of the cluster that it serves; null: of none yet.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Cluster { get; init; }

    /// <summary>Of the newest change in here; only to be handed back to the same boot.</summary>
    public long Revision { get; set; }

    /// <summary>The revision that the asker gave and on which this answer builds; null: this is all there is.</summary>
    public long? Since { get; init; }

    /// <summary>Those that have changed since <see cref="Since"/>.</summary>
    public required IReadOnlyList<TaskReport> Tasks { get; init; }

    /// <summary>Ids of the tasks that the worker has forgotten since <see cref="Since"/>.</summary>
    public IReadOnlyList<string> Gone { get; init; } = [];
}
