using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Supervisor.Groups;

/// <summary>A task that was found in the database and has no place yet. It is left alone until its worker has reported it, and its partitions with it.</summary>
public sealed record Adoptee
{
    public required IndexTaskPayload Payload { get; init; }
    public required DateTimeOffset Since { get; init; }
    public TaskReport? Report { get; init; }
    public TaskLocation Location { get; init; } = TaskLocation.Unknown;

    /// <summary>A checkpoint that it asked for meanwhile.</summary>
    public PartitionOffsets? CheckpointWanted { get; init; }

    public PartitionOffsets Start => Payload.IoConfig.StartSequenceNumbers.Offsets;
    public bool IsOver => Report is { Outcome: not TaskOutcome.Running };

    /// <summary>Its end offsets are set.</summary>
    public bool IsEnding => Report is { } report && Ends.AreSet(report.EndOffsets);
}

internal static class Ends
{
    /// <summary>Whether a task has got its end offsets: none is unbounded.</summary>
    public static bool AreSet(PartitionOffsets end) => end.Count > 0 && end.All(e => e.Value != PartitionOffsets.Unbounded);
}
