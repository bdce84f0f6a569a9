using System.Collections.Immutable;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Overlord.Tasks.Core;

/// <summary>What a task wants to lock: a time chunk of a dataSource.</summary>
/// <param name="Type">One of <see cref="TaskLock"/>'s.</param>
/// <param name="Now">ISO 8601; the version of a lock that is new.</param>
/// <param name="MinimumVersion">The version of the segments that are there already: a lock is never older than what it covers.</param>
public sealed record LockRequest(string TaskId, string GroupId, string DataSource, Interval Interval, string Type, int Priority, string Now, string? MinimumVersion = null);

/// <summary>What to do about a <see cref="LockRequest"/>.</summary>
public abstract record LockDecision
{
    private LockDecision() { }

    /// <summary>The task has the lock already.</summary>
    public sealed record Held(TaskLock Lock) : LockDecision;

    /// <summary>Write a row for the task; first mark these rows, of lower priority, as revoked.</summary>
    public sealed record Grant(TaskLock Lock, ImmutableArray<HeldLock> Revoke) : LockDecision;

    /// <summary>The task's own lock over the interval was revoked by another of higher priority: what the task did is void.</summary>
    public sealed record Preempted(TaskLock Lock) : LockDecision;

    /// <summary>Others hold what cannot coexist with it. The same request may be granted later.</summary>
    public sealed record Refused(TaskLock Conflicting) : LockDecision;
}
