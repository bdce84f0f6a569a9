using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Supervisor.Groups;

/// <summary>One task of a group: what was asked of it and what is known of it.</summary>
public sealed record Replica
{
    /// <summary>0 to replicas - 1; part of what the task's id is derived from.</summary>
    public required int Number { get; init; }

    public required IndexTaskPayload Payload { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The newest report; null until a worker has reported the task.</summary>
    public TaskReport? Report { get; init; }

    /// <summary>When a report last showed that it has read on.</summary>
    public DateTimeOffset MovedAt { get; init; }

    /// <summary>Until when it was told to wait for its twins; in the past: it was not.</summary>
    public DateTimeOffset HeldUntil { get; init; }

    public TaskLocation Location { get; init; } = TaskLocation.Unknown;

    /// <summary>When its start was asked for the last time.</summary>
    public DateTimeOffset StartAskedAt { get; init; }

    /// <summary>Why it is not on a worker yet, in words.</summary>
    public string? NotPlaced { get; init; }

    /// <summary>Failures to pause, and to take end offsets, in a row.</summary>
    public int PauseFailures { get; init; }

    public int EndOffsetFailures { get; init; }

    /// <summary>The newest sequence that it is known to have: it took the checkpoint that begins it.</summary>
    public int LastSequence { get; init; }

    /// <summary>It is known to have taken the group's end offsets.</summary>
    public bool HasEnd { get; init; }

    /// <summary>Offsets it was asked to take and may have taken, for all we know.</summary>
    public Doubt? Doubt { get; init; }

    public string Id => Payload.Id;
    public bool IsReading => Report is { Outcome: TaskOutcome.Running, Phase: TaskPhase.Reading or TaskPhase.Paused };

    /// <summary>On a worker, and has read nothing yet. What it is asked meanwhile it does before it reads.</summary>
    public bool IsStarting => Report is { Outcome: TaskOutcome.Running, Phase: TaskPhase.NotStarted or TaskPhase.Starting };
    public bool HasStarted => Report is { Outcome: TaskOutcome.Running, Phase: TaskPhase.Reading or TaskPhase.Paused or TaskPhase.Publishing };
    public DateTimeOffset? StartTime => Report?.StartTime;

    /// <summary>When it began by our clock: not before this leader asked for it, whatever its worker's clock says. A worker that is behind us by taskDuration would
    /// otherwise end each task as soon as it has begun.</summary>
    public DateTimeOffset? ReadingSince => StartTime is { } start && start < StartAskedAt ? StartAskedAt : StartTime;

    /// <summary>The replica with what its worker says of it.</summary>
    public Replica Reported(TaskReport report, TaskLocation location, DateTimeOffset now) =>
        this with { Report = report, Location = location, NotPlaced = null, MovedAt = report.CurrentOffsets == CurrentOffsets ? MovedAt : now };

    /// <summary>It did not pause when asked; of one that starts this says nothing.</summary>
    public Replica WithPauseFailure() => IsStarting ? this : this with { PauseFailures = PauseFailures + 1 };

    /// <summary>By how many records it is ahead of a twin on the partition on which it is most; 0 where it is on none.</summary>
    public long AheadOf(Replica twin)
    {
        var (most, theirs) = (0L, twin.CurrentOffsets);
        foreach (var (partition, offset) in CurrentOffsets)
            if (theirs.TryGet(partition, out var their)) most = Math.Max(most, offset - their);
        return most;
    }

    public PartitionOffsets CurrentOffsets => Report?.CurrentOffsets ?? PartitionOffsets.Empty;
}

/// <param name="Until">From then on the request is no longer on its way, and a report that does not show its effect is proof that it had none.</param>
public sealed record Doubt(PartitionOffsets Offsets, bool Finish, DateTimeOffset Until);
