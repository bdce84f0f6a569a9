using Ingestion.Contracts.Stream;

namespace Ingestion.IndexTask.Core;

/// <summary>A run of offsets that is published as one.</summary>
/// <param name="Id">Counts up within the task's group; replicas agree on it.</param>
/// <param name="Name"><c>baseSequenceName_id</c>: what makes replicas allocate the same segments.</param>
/// <param name="Start">Inclusive.</param>
/// <param name="End">Exclusive; <see cref="PartitionOffsets.Unbounded"/> while the sequence is open.</param>
/// <param name="HasEnd">The end is decided (Druid: checkpointed).</param>
public sealed record ReadSequence(int Id, string Name, PartitionOffsets Start, PartitionOffsets End, bool HasEnd)
{
    /// <summary>Nothing lies between start and end, so there is nothing to publish.</summary>
    public bool IsEmpty => Start == End;
}
