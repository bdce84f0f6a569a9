using Ingestion.Contracts.Stream;
using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Status;

/// <summary>Ours beside Druid's status: what each group, replica and partition of a supervisor waits for, in words. Made by <see cref="Explaining"/>.</summary>
public sealed record Explanation
{
    public required string Id { get; init; }

    /// <summary>As in <see cref="StatusReport.DetailedState"/>.</summary>
    public required string DetailedState { get; init; }

    /// <summary>The whole in a sentence.</summary>
    public required string Summary { get; init; }

    /// <summary>What will go wrong, or hold reading up, if nothing changes.</summary>
    public required ValueList<string> Warnings { get; init; }

    /// <summary>What the auto-scaler does and why, in words; null where there is none.</summary>
    public string? AutoScaler { get; init; }

    /// <summary>Publishing ones in the order of their ends, then reading ones.</summary>
    public required ValueList<ExplainedGroup> Groups { get; init; }
    public required ValueList<ExplainedPartition> Partitions { get; init; }

    /// <summary>Tasks of an earlier leader that have no group yet.</summary>
    public required ValueList<ExplainedTask> Unadopted { get; init; }
}

/// <param name="Doing"><c>READING</c>, <c>ENDING</c> (its end offsets are being agreed on) or <c>PUBLISHING</c>.</param>
/// <param name="End">Null until it is decided.</param>
/// <param name="WaitingFor">Null when it just reads.</param>
public sealed record ExplainedGroup(int Id, string Doing, PartitionOffsets Start, PartitionOffsets? End, string? WaitingFor, ValueList<ExplainedTask> Replicas);

/// <param name="Worker">Its node id; null while none has it.</param>
/// <param name="Phase">The task's own; null until it was reported.</param>
/// <param name="WaitingFor">Null when it just reads.</param>
public sealed record ExplainedTask(string Id, string? Worker, string? Phase, PartitionOffsets CurrentOffsets, string? WaitingFor);

/// <param name="Group">The group that reads it.</param>
/// <param name="Committed">Null when nothing is.</param>
/// <param name="Position">The next offset to read; null where that is not known yet.</param>
/// <param name="WaitingFor">Null when it is read and not held up.</param>
public sealed record ExplainedPartition(StreamPartition Partition, int? Group, long? Committed, long? Position, long Earliest, long Latest, string? WaitingFor);

/// <summary>What is known of workers: who has which task, and why others have none.</summary>
/// <param name="WorkerOf">A task's worker, by task id; null: none has it.</param>
/// <param name="WhyNot">Why no worker has the task, by task id; null: unknown, or one has.</param>
public sealed record PlacementView(Func<string, string?> WorkerOf, Func<string, string?> WhyNot, int Workers, int Slots, int FreeSlots)
{
    /// <summary>What is wrong with the workers as a whole, in words; null: nothing.</summary>
    public string? Alert { get; init; }

    public static readonly PlacementView Unknown = new(_ => null, _ => null, 0, 0, 0);
}
