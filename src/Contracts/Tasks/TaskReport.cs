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
/// soon as <see cref="Counter"/> passes the given one, or after the timeout. It names every task; the reports that the asker has, by the boot id and revision that
/// it gives (none, when it gives none), are left out. So a lost answer costs nothing.</summary>
public sealed record WorkerState
{
    public required string NodeId { get; init; }

    /// <summary>Differs each time that the process starts: tasks of another boot are gone.</summary>
    public required string BootId { get; init; }

    /// <summary>Raised with every change of a task's phase, outcome, checkpoints or end offsets; current offsets do not raise it.</summary>
    public required long Counter { get; init; }

    /// <summary>Slots for tasks.</summary>
    public required int Capacity { get; init; }

    /// <summary>Highest leader epoch seen.</summary>
    public long Epoch { get; init; }

    /// <summary>Of the newest report in here; only to be handed back to the same boot.</summary>
    public long Revision { get; set; }
    public required IReadOnlyList<TaskReport> Tasks { get; init; }

    /// <summary>Ids of the tasks whose reports have not changed since the revision that the asker gave.</summary>
    public IReadOnlyList<string> Unchanged { get; set; } = [];

    /// <summary>This answer with the reports that it leaves out.</summary>
    /// <param name="before">The whole state that the question named; null: it named none.</param>
    /// <exception cref="JsonException">A report is left out that was never sent.</exception>
    public WorkerState After(WorkerState? before)
    {
        if (Unchanged.Count == 0) return this;
        if (before is null || before.BootId != BootId) throw new JsonException($"worker [{NodeId}] leaves out [{Unchanged[0]}], which nobody has");
        var known = before.Tasks.ToDictionary(t => t.Id, StringComparer.Ordinal);
        var kept = Unchanged.Select(id => known.TryGetValue(id, out var report) ? report : throw new JsonException($"worker [{NodeId}] leaves out [{id}], which it never sent"));
        return this with { Tasks = [.. Tasks, .. kept], Unchanged = [] };
    }
}
