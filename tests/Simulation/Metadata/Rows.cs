using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Simulation.Metadata;

/// <summary>A row of the tasks table.</summary>
internal sealed class TaskRow(IndexTaskPayload payload)
{
    public IndexTaskPayload Payload => payload;
    public bool IsActive { get; set; } = true;
}

/// <summary>A segment as its task has written it to deep storage.</summary>
/// <param name="Path">Differs for every push.</param>
/// <param name="Rows">The records in it.</param>
internal sealed record WrittenSegment(SegmentIdWithShardSpec Segment, string Path, IReadOnlyList<RecordAt> Rows)
{
    public string Id { get; } = Segment.Id;
}

internal readonly record struct RecordAt(int Partition, long Offset);

/// <summary>The epoch of a transaction is over.</summary>
internal sealed class StaleEpochException() : Exception("the epoch is over");

/// <summary>The database did not answer; what was asked may have been done.</summary>
internal sealed class NoAnswerException() : Exception("the database did not answer");

/// <summary>A task action is refused for good: the task fails.</summary>
internal sealed class ActionRefusedException(string message) : Exception(message);

/// <summary>The world is not as it must be: what the simulation is there to find.</summary>
internal sealed class BrokenWorldException(string message) : Exception(message);
