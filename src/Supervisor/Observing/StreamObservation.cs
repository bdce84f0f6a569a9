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
        var seen = observed.Partitions.Select(p => KeyValuePair.Create(p.Key, new PartitionView(p.Value, view.Partitions.TryGet(p.Key, out var known) ? known.IsLate || known.IsGone : view.IsSeen)));
        var before = view.Partitions.Select(p => KeyValuePair.Create(p.Key, p.Key.Topic is null ? p.Value : p.Value with { Missing = p.Value.Missing + 1 }));
        var partitions = ValueMap<StreamPartition, PartitionView>.Of(before.Concat(seen));
        var every = draft.Spec.IoConfig.Period < Patience.StreamAnswer ? draft.Spec.IoConfig.Period : Patience.StreamAnswer;
        draft.State = draft.State with { Stream = view with { Partitions = partitions, AnsweredAskOf = observed.AsOf ?? view.AskedAt, ObservedAt = draft.Now, NextAskAt = draft.Now + every, Failures = 0 } };
        draft.IsRun = true;
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
