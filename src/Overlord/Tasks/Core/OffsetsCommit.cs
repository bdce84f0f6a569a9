using Ingestion.Contracts.Stream;

namespace Ingestion.Overlord.Tasks.Core;

/// <summary>The comparison of the compare-and-swap: may a range of offsets follow what is committed?</summary>
public abstract record OffsetsCommit
{
    private OffsetsCommit() { }

    /// <summary>It may; afterwards this is committed.</summary>
    public sealed record Accepted(KafkaDataSourceMetadata Committed) : OffsetsCommit;

    /// <summary>It may not.</summary>
    /// <param name="Retryable">The start lies ahead wherever it differs: what comes before may still be being published. What lies behind on any partition never fits again.</param>
    /// <param name="Message">Druid's sentence, followed by the partitions that differ.</param>
    public sealed record Refused(bool Retryable, string Message) : OffsetsCommit;

    /// <summary>Compares over the partitions that both sides name. A missing row accepts any start.</summary>
    public static OffsetsCommit Decide(KafkaDataSourceMetadata? committed, KafkaDataSourceMetadata start, KafkaDataSourceMetadata end)
    {
        var stream = SourceStream.Of(start.Stream, start.Offsets);
        if (committed is null) return new Accepted(stream.Plus(null, end.Offsets));
        var ours = stream.OffsetsOf(committed);
        if (committed.Stream != start.Stream && ours.Count == 0)
            return new Refused(false, $"{Diverged(committed, start)} The committed offsets are of stream [{committed.Stream}], the task read [{start.Stream}].");

        var differing = start.Offsets.Where(s => ours.TryGet(s.Key, out var at) && at != s.Value).Select(s => (Partition: s.Key, Start: s.Value, Committed: ours[s.Key])).ToList();
        if (differing.Count == 0) return new Accepted(stream.Plus(committed, end.Offsets));
        var details = string.Join(", ", differing.Select(d => $"partition {d.Partition} is committed up to {d.Committed}, but the task began at {d.Start}"));
        return differing.All(d => d.Start > d.Committed)
            ? new Refused(true, $"The new start metadata state[{start.Offsets}] is ahead of the last committed end state[{committed.Offsets}]. Try resetting the supervisor. Differing: {details}.")
            : new Refused(false, $"{Diverged(committed, start)} Differing: {details}.");
    }

    private static string Diverged(KafkaDataSourceMetadata committed, KafkaDataSourceMetadata start) =>
        $"Stored metadata state[{committed.Offsets}] has already been updated by other tasks and has diverged from the expected start metadata state[{start.Offsets}]. "
        + "This task will be replaced by the supervisor with a new task using updated start offsets.";
}
