using System.Collections.Immutable;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Supervisor;

/// <summary>Everything that may enter a supervisor; nothing else gets in. Each comes with the time on it
/// (<see cref="SupervisorMachine.Step"/>'s <c>now</c>).</summary>
public abstract record Notice
{
    private Notice() { }

    /// <summary>Leadership was acquired, the supervisor is new, or its state was discarded: what the database holds. Always the first notice.</summary>
    /// <param name="Committed">The supervisor's row of dataSource metadata; null where there is none.</param>
    /// <param name="ActiveTasks">The supervisor's tasks that the database calls active.</param>
    /// <param name="Terminated">The newest spec row is a tombstone: what still runs is published, nothing is started.</param>
    public sealed record Acquired(SupervisorSpec Spec, KafkaDataSourceMetadata? Committed, ImmutableArray<IndexTaskPayload> ActiveTasks, bool Terminated) : Notice;

    /// <summary>Time has passed: a periodic run, or <see cref="SupervisorState.WakeAt"/> is reached.</summary>
    public sealed record Tick : Notice;

    /// <summary>The stream's partitions with their offsets, the answer to <see cref="Effect.ObserveStream"/>.</summary>
    public sealed record StreamObserved(ImmutableSortedDictionary<StreamPartition, OffsetRange> Partitions) : Notice
    {
        /// <summary><see cref="Effect.ObserveStream.Ask"/> of the question; null: of the newest one.</summary>
        public int? Ask { get; init; }

        /// <summary>When Kafka was asked, by a clock of the shell's own: the same for an answer that is shared with a question before. Null: for this question.</summary>
        public long? AsOf { get; init; }
    }

    public sealed record StreamFailed(string ErrorClass, string Message) : Notice;

    /// <summary>A task as its worker reports it. Comes whenever something changed, and again and again.</summary>
    public sealed record TaskObserved(TaskReport Report, TaskLocation Location) : Notice;

    /// <summary>A task of ours no longer exists: its worker is lost or restarted, or does not know it.</summary>
    public sealed record TaskLost(string TaskId, string Reason) : Notice;

    /// <summary>The task's worker was told to end: the task's group ends early, so that its successor reads on elsewhere before this worker is gone.</summary>
    public sealed record WorkerDrains(string TaskId, string NodeId) : Notice;

    /// <summary>A started task waits for a slot; the reason in words for the status.</summary>
    public sealed record TaskNotPlaced(string TaskId, string Reason) : Notice;

    /// <summary>The task stands still at these offsets, until the pause's lease runs out.</summary>
    public sealed record TaskPaused(string TaskId, int Round, PartitionOffsets Offsets) : Notice;
    public sealed record PauseFailed(string TaskId, int Round, string Message) : Notice;
    public sealed record EndOffsetsSet(string TaskId, int Round) : Notice;

    /// <summary>The task would not take the end offsets.</summary>
    /// <param name="Current">Where it stands, if it answered: beyond an end offset, most likely. Null: it could not be reached.</param>
    public sealed record EndOffsetsRefused(string TaskId, int Round, PartitionOffsets? Current, string Message) : Notice;

    /// <summary>A task's segments are full: it asks all replicas of its group to agree where the next sequence begins.</summary>
    /// <param name="SequenceStart">Start offsets of the task's last sequence.</param>
    public sealed record CheckpointRequested(string TaskId, int TaskGroupId, PartitionOffsets SequenceStart) : Notice;

    /// <summary>A publish (of any of its tasks) moved the committed offsets.</summary>
    public sealed record OffsetsCommitted(KafkaDataSourceMetadata Committed) : Notice;

    /// <summary>An operator's POST of a spec with this supervisor's id.</summary>
    /// <param name="SkipIfUnmodified">A spec that says what the present one says changes nothing. Without it, the reading groups end early all the same.</param>
    public sealed record SpecReplaced(SupervisorSpec Spec, bool SkipIfUnmodified = false) : Notice;
    public sealed record SuspendRequested : Notice;
    public sealed record ResumeRequested : Notice;
    public sealed record TerminateRequested : Notice;

    /// <summary>An operator's hard reset: what is committed is forgotten, and all that runs ends without publishing.</summary>
    /// <param name="To">Where the partitions that are known are read from then on; null: where a new supervisor would begin.</param>
    public sealed record ResetRequested(StreamEnd? To) : Notice;

    /// <summary>An operator moves the committed offsets of some partitions; who works on those ends without publishing.</summary>
    public sealed record OffsetsResetRequested(KafkaDataSourceMetadata Offsets) : Notice;

    /// <summary>An operator has these groups end now and publish. Ids that no group has are ignored.</summary>
    public sealed record HandoffRequested(ImmutableArray<int> TaskGroupIds) : Notice;
}

/// <summary>An end of what the stream holds.</summary>
public enum StreamEnd { Earliest, Latest }

/// <param name="Earliest">Offset of the oldest record that is still there.</param>
/// <param name="Latest">Offset of the next record to be written.</param>
public readonly record struct OffsetRange(long Earliest, long Latest);
