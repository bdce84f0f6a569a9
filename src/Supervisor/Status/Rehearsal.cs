using Ingestion.Contracts.Stream;
using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Status;

/// <summary>What a posted spec would do to a supervisor. Made by <see cref="Rehearsing"/>.</summary>
public sealed record Rehearsal
{
    /// <summary>Why the spec would be refused; then nothing else would happen.</summary>
    public string? Refused { get; init; }

    /// <summary>A new version of the spec would be stored.</summary>
    public bool Modified { get; init; }
    public ValueList<RehearsedGroup> Kept { get; init; } = ValueList<RehearsedGroup>.Empty;

    /// <summary>Would end early and publish up to where they stand now.</summary>
    public ValueList<RehearsedGroup> Ending { get; init; } = ValueList<RehearsedGroup>.Empty;

    /// <summary>Publish already, and would go on.</summary>
    public ValueList<RehearsedGroup> Publishing { get; init; } = ValueList<RehearsedGroup>.Empty;
    public ValueList<RehearsedGroup> Starting { get; init; } = ValueList<RehearsedGroup>.Empty;

    /// <summary>Tasks that would be stopped without publishing.</summary>
    public ValueList<StoppedTask> Stopped { get; init; } = ValueList<StoppedTask>.Empty;

    /// <summary>Partitions that nobody would read at first.</summary>
    public ValueList<ExplainedPartition> Waiting { get; init; } = ValueList<ExplainedPartition>.Empty;
}

/// <param name="End">Where it ends, or would: null for groups that read on.</param>
/// <param name="Tasks">Ids of tasks that exist already.</param>
/// <param name="NewTasks">How many tasks would be started.</param>
public sealed record RehearsedGroup(int Id, PartitionOffsets Start, PartitionOffsets? End, ValueList<string> Tasks, int NewTasks);

public sealed record StoppedTask(string Id, string Reason);
