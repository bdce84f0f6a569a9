using System.Collections.Immutable;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Supervisor;

/// <summary>What a step leads to. The order is the protocol with the shell: (1) commit <see cref="Records"/> in one transaction that checks the
/// leader's epoch, (2) adopt <see cref="State"/>, (3) dispatch <see cref="Effects"/>, (4) release the parked <see cref="Reply"/>. If the commit fails,
/// all of it is void: reload from the database. Never act and then record.</summary>
public sealed record Transition(SupervisorState State, ImmutableArray<Record> Records, ImmutableArray<Effect> Effects, Reply? Reply);

/// <summary>A fact to persist before anything is done about it.</summary>
public abstract record Record
{
    private Record() { }

    /// <summary>A new row in the tasks table, active. Inserting an id that exists is a no-op.</summary>
    public sealed record InsertTask(IndexTaskPayload Payload, DateTimeOffset CreatedAt) : Record;

    /// <summary>The task is over: its row becomes inactive, with this status, and its locks go. From then on it cannot publish.</summary>
    public sealed record FinishTask(IndexTaskStatus Status) : Record;

    /// <summary>A new version of the spec.</summary>
    public sealed record AppendSpec(SupervisorSpec Spec) : Record;

    /// <summary>The spec's end: the supervisor is not started again.</summary>
    public sealed record AppendTombstone(string SupervisorId, string DataSource) : Record;

    /// <summary>Nothing is committed any more. Comes with the end of every task that could commit what was begun before.</summary>
    public sealed record DeleteOffsets(string SupervisorId) : Record;

    /// <summary>These offsets are committed from now on, beside those of other partitions. Comes with the end of every task that works on these.</summary>
    /// <param name="Expected">What has to be committed of these partitions, else all of the step is void; null: whatever is.</param>
    public sealed record MoveOffsets(string SupervisorId, string Stream, PartitionOffsets Offsets, PartitionOffsets? Expected) : Record;
}

/// <summary>Something to do, as data: idempotent, at least once, fenced by the leader's epoch. Its outcome comes back as a notice; one that was
/// lost is planned again.</summary>
public abstract record Effect
{
    private Effect() { }

    /// <summary>Ask Kafka for the stream's partitions and their offsets: <see cref="Notice.StreamObserved"/> or <see cref="Notice.StreamFailed"/>.</summary>
    /// <param name="MaxAge">An answer that another supervisor had so short a time ago will do.</param>
    public sealed record ObserveStream(SourceStream Stream, ImmutableSortedDictionary<string, string> ConsumerProperties, TimeSpan MaxAge) : Effect
    {
        /// <summary>Tells answers apart, which may come in another order than they were asked for.</summary>
        public int Ask { get; init; }
    }

    /// <summary>Have the task run on some worker (not one that runs another of its availability group). Tried until it is reported or stopped.</summary>
    public sealed record StartTask(IndexTaskPayload Payload) : Effect;

    /// <summary>End the task without publishing.</summary>
    public sealed record StopTask(string TaskId, string Reason) : Effect;
    public sealed record PauseTask(string TaskId, int Round) : Effect;
    public sealed record ResumeTask(string TaskId) : Effect;

    /// <summary>The task reads nothing for this time, for its twins to catch up; unlike a pause it goes on being in <c>READING</c>, and whatever sets an end ends it. Zero: it reads on.
    /// Nobody waits for the outcome: it shows in the next report.</summary>
    public sealed record HoldTask(string TaskId, TimeSpan Lease) : Effect;

    /// <param name="Finish">True: the task publishes and ends there. False: a checkpoint, the next sequence begins there.</param>
    /// <param name="StaysPaused">It does not read on: there are more boundaries that it lacks.</param>
    public sealed record SetEndOffsets(string TaskId, int Round, PartitionOffsets Offsets, bool Finish, bool StaysPaused) : Effect;
}

/// <summary>The answer to an operator's or a task's request.</summary>
public abstract record Reply
{
    private Reply() { }

    public sealed record Accepted(SupervisorSpec Spec) : Reply;

    /// <summary>The request does not fit the state, in Druid's words: <c>[wiki] is already suspended</c>.</summary>
    public sealed record Refused(string Message) : Reply;

    /// <summary>Answer to <see cref="Notice.CheckpointRequested"/>: whether the task may wait for the checkpoint.</summary>
    public sealed record Checkpoint(bool Granted) : Reply;
}
