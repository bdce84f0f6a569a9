using Ingestion.Contracts.Stream;

namespace Ingestion.Supervisor.Planning;

/// <summary>Where a new group begins: where the last one ends, else at the committed offset, else at one end of what Kafka holds.</summary>
internal static class StartOffsets
{
    public static StartDecision Of(SupervisorState state, StreamPartition partition)
    {
        var ends = state.Publishing.Where(g => g.End!.Contains(partition)).Select(g => g.End![partition]).ToList();
        if (ends.Count > 0) return new StartDecision.At(ends.Max());
        var view = state.Stream.Partitions[partition];
        var range = view.Range;
        if (state.Committed.TryGet(partition, out var committed))
        {
            if (committed >= range.Earliest && committed <= range.Latest) return new StartDecision.At(committed);
            if (state.Stream.AnsweredAskOf < state.CommittedAt) return new StartDecision.Unknown();
            return new StartDecision.Lost(
                $"Previous sequenceNumber [{committed}] is no longer available for partition [{partition}]: the stream holds [{range.Earliest}] to [{range.Latest}]. "
                + "You can clear the previous sequenceNumber and start reading from a valid message by using the supervisor's reset API.");
        }
        if (state.FirstOffsets.TryGet(partition, out var first) && first >= range.Earliest) return new StartDecision.At(first);
        return new StartDecision.At(view.IsLate || state.Spec!.IoConfig.UseEarliestOffset ? range.Earliest : range.Latest);
    }
}

internal abstract record StartDecision
{
    private StartDecision() { }

    public sealed record At(long Offset) : StartDecision;

    /// <summary>The offset lies outside of what Kafka holds.</summary>
    public sealed record Lost(string Message) : StartDecision;

    /// <summary>What is known of the stream is older than the committed offset: ask again.</summary>
    public sealed record Unknown : StartDecision;
}
