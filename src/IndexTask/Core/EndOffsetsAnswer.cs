using Ingestion.Contracts.Stream;

namespace Ingestion.IndexTask.Core;

/// <summary>The answer to end offsets for a task.</summary>
public abstract record EndOffsetsAnswer
{
    private EndOffsetsAnswer() { }

    /// <param name="Offsets">The offsets as given.</param>
    /// <param name="Changed">False for a duplicate, which only resumes the task.</param>
    public sealed record Accepted(PartitionOffsets Offsets, bool Changed) : EndOffsetsAnswer;

    /// <param name="Reason">In Druid's words where Druid refuses it too.</param>
    /// <param name="Current">What the task would read next: the caller can decide anew from it.</param>
    public sealed record Refused(string Reason, PartitionOffsets Current) : EndOffsetsAnswer;
}
