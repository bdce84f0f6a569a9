using Ingestion.Contracts.Stream;
using Ingestion.Supervisor.Planning;
using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Observing;

/// <summary>The topic as Kafka describes it. Each answer ends a run.</summary>
internal static class StreamObservation
{
    public static void Seen(Draft draft, Notice.StreamObserved observed)
    {
        if (observed.Partitions.IsEmpty)
        {
            Failed(draft, new Notice.StreamFailed("StreamException", $"No partitions found for stream [{draft.Spec.IoConfig.Topic}]"));
            return;
        }
        var view = draft.State.Stream;
        var answered = observed.Ask ?? view.LastAsk;
        if (answered < view.AnsweredAsk) return; // it comes late: a newer answer was here before
        var seen = observed.Partitions.Select(p => KeyValuePair.Create(p.Key, new PartitionView(p.Value, view.Partitions.TryGet(p.Key, out var known) ? known.IsLate : view.IsSeen)));
        var partitions = ValueMap<StreamPartition, PartitionView>.Of(view.Partitions.Concat(seen));
        var every = draft.Spec.IoConfig.Period < Patience.StreamAnswer ? draft.Spec.IoConfig.Period : Patience.StreamAnswer;
        draft.State = draft.State with { Stream = view with { Partitions = partitions, AnsweredAsk = answered, ObservedAt = draft.Now, NextAskAt = draft.Now + every, Failures = 0 } };
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
