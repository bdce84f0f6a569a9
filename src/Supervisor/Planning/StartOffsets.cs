using Ingestion.Contracts.Stream;

namespace Ingestion.Supervisor.Planning;

/// <summary>Where a new group begins: where the last one ends, else at the committed offset, else at one end of what Kafka holds.</summary>
internal static class StartOffsets
{
    public static StartDecision Of(SupervisorState state, StreamPartition partition)
    {
        var before = state.Publishing.Where(g => g.End!.Contains(partition)).ToList();
        var view = state.Stream.Partitions[partition];
        var range = view.Range;
        // Where the last group ends may be gone already, or be of a topic that was made again. What it has read is published first, and then missed.
        if (before.Count > 0)
        {
            var end = before.Max(g => g.End![partition]);
            return end < range.Earliest || before.Any(g => Availability.BeganInAnother(state, g, partition, range)) ? new StartDecision.Unknown() : new StartDecision.At(end);
        }
        var otherwise = view.IsLate || state.Spec!.IoConfig.UseEarliestOffset ? range.Earliest : range.Latest;
        if (state.Committed.TryGet(partition, out var committed))
        {
            if (committed >= range.Earliest && committed <= range.Latest) return new StartDecision.At(committed);
            if (state.Stream.AnsweredAsk <= state.CommittedSinceAsk) return new StartDecision.Unknown();
            return new StartDecision.Lost(committed, otherwise,
                $"Previous sequenceNumber [{committed}] is no longer available for partition [{partition}]: the stream holds [{range.Earliest}] to [{range.Latest}].");
        }
        if (state.FirstOffsets.TryGet(partition, out var first) && first >= range.Earliest && first <= range.Latest) return new StartDecision.At(first);
        return state.Stream.AnsweredAsk <= state.ResetSinceAsk ? new StartDecision.Unknown() : new StartDecision.At(otherwise);
    }
}

internal abstract record StartDecision
{
    private StartDecision() { }

    public sealed record At(long Offset) : StartDecision;

    /// <summary>The committed offset lies outside of what Kafka holds.</summary>
    /// <param name="Instead">Where a partition without a committed offset would begin.</param>
    public sealed record Lost(long Committed, long Instead, string Message) : StartDecision;

    /// <summary>What is known of the stream is older than the committed offset, or a group has to publish first: ask again.</summary>
    public sealed record Unknown : StartDecision;
}
