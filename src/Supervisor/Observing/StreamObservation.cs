using System.Collections.Immutable;
using Ingestion.Contracts.Stream;
using Ingestion.Supervisor.Planning;
using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Observing;

/// <summary>The stream as Kafka describes it. Each answer ends a run.</summary>
internal static class StreamObservation
{
    public static void Seen(Draft draft, Notice.StreamObserved observed)
    {
        if (observed.Partitions.IsEmpty)
        {
            Failed(draft, new Notice.StreamFailed("StreamException", $"No partitions found for stream [{draft.Spec.IoConfig.Stream.Name}]"));
            return;
        }
        var view = draft.State.Stream;
        var answered = observed.Ask ?? view.LastAsk;
        if (answered < view.AnsweredAsk) return; // it comes late: a newer answer was here before
        var seen = observed.Partitions.Select(p => KeyValuePair.Create(p.Key, new PartitionView(p.Value, view.Partitions.TryGet(p.Key, out var known) ? known.IsLate || known.IsGone : view.IsSeen)));
        var isAnother = observed.AsOf is null || observed.AsOf != view.AsOf;
        var before = view.Partitions.Select(p => KeyValuePair.Create(p.Key, p.Key.Topic is null || !isAnother ? p.Value : p.Value with { Missing = p.Value.Missing + 1 }));
        var partitions = ValueMap<StreamPartition, PartitionView>.Of(before.Concat(seen));
        var every = draft.Spec.IoConfig.Period < Patience.StreamAnswer ? draft.Spec.IoConfig.Period : Patience.StreamAnswer;
        var isQuiet = IsQuiet(draft.State, observed.Partitions);
        draft.State = draft.State with
        {
            ActiveAt = isQuiet ? draft.State.ActiveAt : draft.Now,
            Stream = view with { Partitions = partitions, AnsweredAsk = answered, AsOf = observed.AsOf, ObservedAt = draft.Now, NextAskAt = draft.Now + every, Failures = 0 },
        };
        draft.IsRun = true;
    }

    /// <summary>Nothing was added since the answer before (the first one is compared with what is committed), and all is read.</summary>
    private static bool IsQuiet(SupervisorState state, ImmutableSortedDictionary<StreamPartition, OffsetRange> observed)
    {
        var latest = new PartitionOffsets(observed.Select(p => KeyValuePair.Create(p.Key, p.Value.Latest)));
        var before = state.Stream.IsSeen ? state.Stream.Latest : state.Committed.Only(latest.Partitions);
        var read = state.Furthest;
        return latest == before && latest.All(e => read.TryGet(e.Key, out var at) && at >= e.Value);
    }

    public static void Failed(Draft draft, Notice.StreamFailed failed)
    {
        var view = draft.State.Stream;
        var wait = Patience.StreamRetryFirst * (1 << Math.Min(view.Failures, 8));
        var nextAskAt = draft.Now + (wait < Patience.StreamRetryMost ? wait : Patience.StreamRetryMost);
        draft.State = draft.State with { Stream = view with { NextAskAt = nextAskAt, Failures = view.Failures + 1 } };
        draft.Error(failed.ErrorClass, failed.Message, isStream: true);
        draft.IsRun = true;
    }
}
