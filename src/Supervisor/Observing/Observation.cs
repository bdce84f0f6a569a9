using Ingestion.Contracts.Stream;
using Ingestion.Supervisor.Groups;
using Ingestion.Supervisor.Health;
using Ingestion.Supervisor.Naming;
using Ingestion.Supervisor.Planning;
using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Observing;

/// <summary>Takes a notice down in the state; what follows from it is for <see cref="Reconcile"/> to say.</summary>
internal static class Observation
{
    public static void Apply(Draft draft, Notice notice)
    {
        if (draft.State.Spec is null && notice is not Notice.Acquired)
        {
            // Nothing is known yet: requests are turned down, the rest will be observed again.
            draft.Reply = notice switch
            {
                Notice.CheckpointRequested => new Reply.Checkpoint(false),
                Notice.SpecReplaced or Notice.SuspendRequested or Notice.ResumeRequested or Notice.TerminateRequested
                    or Notice.ResetRequested or Notice.OffsetsResetRequested or Notice.HandoffRequested => new Reply.Refused($"[{draft.State.SupervisorId}] is still being loaded"),
                _ => null,
            };
            return;
        }
        switch (notice)
        {
            case Notice.Acquired acquired: Acquire(draft, acquired); break;
            case Notice.Tick: break;
            case Notice.StreamObserved observed: StreamObservation.Seen(draft, observed); break;
            case Notice.StreamFailed failed: StreamObservation.Failed(draft, failed); break;
            case Notice.TaskObserved observed: TaskObservation.Seen(draft, observed); break;
            case Notice.TaskLost lost: TaskObservation.Lost(draft, lost.TaskId, lost.Reason); break;
            case Notice.WorkerDrains drains: TaskObservation.HandOn(draft, drains); break;
            case Notice.TaskNotPlaced waiting: TaskObservation.NotPlaced(draft, waiting); break;
            case Notice.TaskPaused paused: RoundAnswers.Paused(draft, paused); break;
            case Notice.PauseFailed failed: RoundAnswers.NotPaused(draft, failed); break;
            case Notice.EndOffsetsSet set: RoundAnswers.Accepted(draft, set); break;
            case Notice.EndOffsetsRefused refused: RoundAnswers.Refused(draft, refused); break;
            case Notice.CheckpointRequested request: CheckpointRequests.Take(draft, request); break;
            case Notice.OffsetsCommitted committed: Commit(draft, committed.Committed); break;
            case Notice.SpecReplaced replaced: SpecLife.Replace(draft, replaced); break;
            case Notice.SuspendRequested: SpecLife.Suspend(draft); break;
            case Notice.ResumeRequested: SpecLife.Resume(draft); break;
            case Notice.TerminateRequested: SpecLife.Terminate(draft); break;
            case Notice.ResetRequested reset: OffsetResets.All(draft, reset.To); break;
            case Notice.OffsetsResetRequested reset: OffsetResets.Some(draft, reset.Offsets); break;
            case Notice.HandoffRequested handoff: OffsetResets.HandOff(draft, handoff.TaskGroupIds); break;
            default: throw new InvariantViolation(0, $"no one observes a {notice.GetType().Name}");
        }
    }

    /// <summary>Nothing is kept of an earlier term but what must not begin anew (numbers that late answers and rows may still bear) and what operators
    /// look for after a supervisor was loaded again: its errors, and the last change of taskCount.</summary>
    private static void Acquire(Draft draft, Notice.Acquired acquired)
    {
        var stream = acquired.Spec.IoConfig.Stream;
        var committed = acquired.Committed is { } stored ? stream.OffsetsOf(stored) : PartitionOffsets.Empty;
        var adoptees = ValueMap<string, Adoptee>.Of(acquired.ActiveTasks.Select(task => KeyValuePair.Create(task.Id, new Adoptee { Payload = task, Since = draft.Now })));
        draft.State = SupervisorState.Initial(draft.State.SupervisorId) with
        {
            Spec = acquired.Spec,
            IsTerminated = acquired.Terminated,
            Committed = committed,
            CommittedSinceAsk = draft.State.Stream.LastAsk,
            Stream = StreamView.Unseen with { LastAsk = draft.State.Stream.LastAsk },
            FirstOffsets = FirstOffsets(acquired, stream, committed),
            Adoptees = adoptees,
            Scaling = draft.State.Scaling.Stopped(),
            Health = SupervisorHealth.Fresh with { Errors = draft.State.Health.Errors },
            LastRound = draft.State.LastRound,
            LastGroupKey = draft.State.LastGroupKey,
            LastAttempt = draft.State.LastAttempt,
        };
        if (acquired.Committed is { } other && committed.Count == 0 && other.Stream != stream.Name)
            draft.Error("StreamMismatch", $"Topic/stream in metadata storage [{other.Stream}] doesn't match spec topic/stream [{stream.Name}], ignoring stored sequences");
    }

    /// <summary>Where partitions begin of which nothing is committed: where the earliest task does that continues nobody. Should it fail, its successor must begin there
    /// again, whatever "latest" is by then.</summary>
    private static PartitionOffsets FirstOffsets(Notice.Acquired acquired, SourceStream stream, PartitionOffsets committed)
    {
        var first = PartitionOffsets.Empty;
        foreach (var task in acquired.ActiveTasks.Where(t => t.IoConfig.StartSequenceNumbers.Name == stream.Name))
            foreach (var (partition, start) in task.IoConfig.StartSequenceNumbers.Offsets.Without(committed.Partitions).Without(TaskPayloads.ContinuesOf(task).Partitions))
                if (!first.TryGet(partition, out var earlier) || start < earlier) first = first.With(partition, start);
        return first;
    }

    private static void Commit(Draft draft, KafkaDataSourceMetadata committed)
    {
        var before = draft.State.Committed;
        var after = before.Max(draft.Spec.IoConfig.Stream.OffsetsOf(committed));
        if (after == before) return;
        draft.State = draft.State with { Committed = after, CommittedSinceAsk = draft.State.Stream.LastAsk, FirstOffsets = draft.State.FirstOffsets.Without(after.Partitions) };

        // What publishes is well: its failures are forgotten.
        foreach (var group in draft.State.Reading.Values.Where(g => g.Start.Partitions.Any(p => after.TryGet(p, out var now) && (!before.TryGet(p, out var then) || then != now))))
            draft.State = draft.State with { Backoffs = draft.State.Backoffs.Without(group.Id) };
    }
}
