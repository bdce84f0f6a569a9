using System.Collections.Immutable;
using Ingestion.Contracts.Stream;
using Ingestion.Supervisor.Planning;
using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Observing;

/// <summary>What operators do to offsets. A reset ends all that works on the partitions, publishing groups and tasks not yet adopted included, in the
/// transaction that moves the offsets: what was begun from the old ones can then not bring them back.</summary>
internal static class OffsetResets
{
    public static void All(Draft draft, StreamEnd? to)
    {
        if (SpecLife.IsGone(draft)) return;
        var (state, stream) = (draft.State, draft.Spec.IoConfig.Stream);
        if (to is not null && !state.Stream.IsSeen)
        {
            draft.Reply = new Reply.Refused($"The partitions of {stream} are not known yet, so [{state.SupervisorId}] cannot be reset to {to.ToString()!.ToLowerInvariant()}: try again when its status has latestOffsets, or leave out [to]");
            return;
        }
        var ends = to switch { null => PartitionOffsets.Empty, StreamEnd.Earliest => state.Stream.Earliest, _ => state.Stream.Latest };
        EndAll(draft, _ => true, "the offsets of its supervisor were reset");
        draft.Records.Add(new Record.DeleteOffsets(state.SupervisorId));
        if (ends.Count > 0) draft.Records.Add(new Record.MoveOffsets(state.SupervisorId, stream.Name, ends, Expected: null));
        draft.State = draft.State with
        {
            Committed = ends,
            CommittedSinceAsk = state.Stream.LastAsk,
            ResetSinceAsk = state.Stream.LastAsk,
            FirstOffsets = PartitionOffsets.Empty,
            Backoffs = ValueMap<int, Backoff>.Empty,
            Stream = state.Stream with { NextAskAt = draft.Now },
        };
        draft.Reply = new Reply.Accepted(draft.Spec);
    }

    public static void Some(Draft draft, KafkaDataSourceMetadata given)
    {
        if (SpecLife.IsGone(draft)) return;
        if (Problem(draft, given) is { } problem)
        {
            draft.Reply = new Reply.Refused(problem);
            return;
        }
        var moved = given.Offsets;
        if (moved.Count > 0)
        {
            EndAll(draft, start => start.Partitions.Any(moved.Contains), $"offsets of its partitions were reset to {moved}");
            draft.Records.Add(new Record.MoveOffsets(draft.State.SupervisorId, given.Stream, moved, Expected: null));
            draft.State = draft.State with { Committed = draft.State.Committed.Plus(moved), CommittedSinceAsk = draft.State.Stream.LastAsk, FirstOffsets = draft.State.FirstOffsets.Without(moved.Partitions) };
        }
        draft.Reply = new Reply.Accepted(draft.Spec);
    }

    /// <summary>Ends groups as taskDuration would, but whatever stopTaskCount is. One that has not begun has nothing to hand off.</summary>
    public static void HandOff(Draft draft, ImmutableArray<int> groupIds)
    {
        if (SpecLife.IsGone(draft)) return;
        foreach (var group in draft.State.Reading.Values.Where(g => groupIds.Contains(g.Id) && g.EndReason is null && g.HasStarted))
            draft.Put(group with { EndReason = "its hand-off was asked for" });
        draft.Reply = new Reply.Accepted(draft.Spec);
    }

    private static string? Problem(Draft draft, KafkaDataSourceMetadata given)
    {
        var stream = draft.Spec.IoConfig.Stream;
        if (given.Partitions is not { Type: StreamSequence.End }) return "Provided datasourceMetadata is not an end sequence: [partitions] with [type] end is expected";
        if (given.Stream != stream.Name) return $"Stream[{given.Stream}] doesn't exist in the supervisor[{draft.State.SupervisorId}]. Supervisor is consuming stream[{stream.Name}].";
        foreach (var (partition, offset) in given.Offsets)
        {
            if (!stream.Keys(partition)) return $"Partition [{partition}] is not one of {stream}, whose partitions are like [{(stream.IsPattern ? "name:0" : "0")}]";
            if (offset < 0) return $"Offset [{offset}] of partition [{partition}] is negative";
            if (!draft.State.Stream.IsSeen) continue;
            if (!draft.State.Stream.Partitions.TryGet(partition, out var view)) return $"{(stream.IsPattern ? "Pattern" : "Topic")} [{stream.Name}] has no partition [{partition}]: it has {string.Join(", ", draft.State.Stream.Present.Select(p => p.Key))}";
            if (offset < view.Range.Earliest) return $"Offset [{offset}] of partition [{partition}] is no longer available: the stream holds [{view.Range.Earliest}] to [{view.Range.Latest}]";
        }
        return null;
    }

    /// <param name="isMeant">By start offsets.</param>
    private static void EndAll(Draft draft, Func<PartitionOffsets, bool> isMeant, string reason)
    {
        foreach (var group in draft.State.Groups.Where(g => isMeant(g.Start)).ToList())
        {
            draft.StopAll(group, reason);
            draft.Drop(group);
            draft.State = draft.State with { Backoffs = draft.State.Backoffs.Without(group.Id) };
        }
        foreach (var adoptee in draft.State.Adoptees.Values.Where(a => isMeant(a.Start))) Adoption.Reject(draft, adoptee, reason);
    }
}
