using System.Collections.Immutable;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Overlord.Tasks.Core;

/// <summary>Druid's rules for time chunk locks, over all locks that active tasks hold on one dataSource. Tasks of one group (those of a supervisor)
/// share a lock of the same type over the same interval or a wider one: a posse. Locks of other groups that overlap must be able to coexist,
/// or be of lower priority: then they are revoked.</summary>
public static class LockTable
{
    /// <summary>Append locks have this version: what they append takes the version of the chunk it goes to.</summary>
    public const string AppendVersion = "1970-01-01T00:00:00.000Z";

    public static LockDecision Decide(LockRequest request, IReadOnlyList<HeldLock> held)
    {
        if (held.FirstOrDefault(h => h.TaskId == request.TaskId && IsPosseFor(request, h.Lock)) is { } own) return own.Lock.Revoked ? new LockDecision.Preempted(own.Lock) : new LockDecision.Held(own.Lock);
        // A group whose lock was revoked gets no new one while members of it still live with the old: their segments would clash.
        if (held.FirstOrDefault(h => h.Lock.Revoked && IsPosseFor(request, h.Lock)) is { } lost) return new LockDecision.Preempted(lost.Lock);
        if (held.FirstOrDefault(h => IsPosseFor(request, h.Lock)) is { } posse) return new LockDecision.Grant(posse.Lock, []);

        var conflicting = held.Where(h => !h.Lock.Revoked && h.Lock.DataSource == request.DataSource && h.Lock.Interval.Overlaps(request.Interval)
            && !CanCoexist(request.Type, request.Interval, h.Lock.Type, h.Lock.Interval)).ToImmutableArray();
        if (conflicting.FirstOrDefault(h => h.Lock.Priority >= request.Priority) is { } stronger) return new LockDecision.Refused(stronger.Lock);
        return new LockDecision.Grant(new TaskLock
        {
            Type = request.Type, GroupId = request.GroupId, DataSource = request.DataSource, Interval = request.Interval, Priority = request.Priority, Version = Version(request),
        }, conflicting);
    }

    /// <summary>Whether a lock lets its task publish a segment.</summary>
    public static bool Covers(TaskLock taskLock, string dataSource, Interval interval, string version) =>
        taskLock.DataSource == dataSource && taskLock.Interval.Contains(interval)
        && (taskLock.Type == TaskLock.Append || string.CompareOrdinal(taskLock.Version, version) >= 0);

    /// <summary>Exclusive goes with nothing; shared with shared; append with append and with a replace that encloses it.</summary>
    public static bool CanCoexist(string type, Interval interval, string otherType, Interval otherInterval) => (type, otherType) switch
    {
        (TaskLock.Shared, TaskLock.Shared) => true,
        (TaskLock.Append, TaskLock.Append) => true,
        (TaskLock.Append, TaskLock.Replace) => otherInterval.Contains(interval),
        (TaskLock.Replace, TaskLock.Append) => interval.Contains(otherInterval),
        _ => false,
    };

    private static bool IsPosseFor(LockRequest request, TaskLock taskLock) =>
        taskLock.GroupId == request.GroupId && taskLock.Type == request.Type && taskLock.DataSource == request.DataSource && taskLock.Interval.Contains(request.Interval);

    private static string Version(LockRequest request) => request.Type == TaskLock.Append ? AppendVersion
        : string.CompareOrdinal(request.MinimumVersion, request.Now) > 0 ? request.MinimumVersion! : request.Now;
}
