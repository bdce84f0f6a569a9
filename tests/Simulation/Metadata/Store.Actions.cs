using System.Collections.Immutable;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Tasks.Core;
using Ingestion.Simulation.Worlds;

namespace Ingestion.Simulation.Metadata;

/// <summary>Task actions: the transactions of <c>SegmentAllocator</c> and <c>SegmentPublisher</c>, over the same pure rules.</summary>
internal sealed partial class Store
{
    private const int StreamingPriority = 75;
    private static readonly Granularity Preferred = new(GranularityKind.Hour);

    /// <summary>Null when no chunk can take the row.</summary>
    public SegmentIdWithShardSpec? Allocate(long epoch, string taskId, long timestamp, string sequenceName)
    {
        Fence(epoch);
        var task = Hold(taskId);
        var row = Granularity.None.Bucket(timestamp);
        if (chunks.Visible(row) is { } visible) return visible.Interval.Contains(row) ? AllocateIn(epoch, task, sequenceName, visible.Interval, visible.Version) : null;
        foreach (var candidate in ChunkChoice.Candidates(timestamp, Granularity.None, Preferred))
        {
            var pending = chunks.PendingOver(candidate);
            if (pending.Any(p => p.Interval != candidate) || chunks.Visible(candidate) is not null) continue;
            if (AllocateIn(epoch, task, sequenceName, candidate, pending.Select(p => p.Version).Max(StringComparer.Ordinal)) is { } segment) return segment;
        }
        return null;
    }

    private SegmentIdWithShardSpec? AllocateIn(long epoch, IndexTaskPayload task, string sequenceName, Interval interval, string? existingVersion)
    {
        var now = IsoTime.Write(World.BeginMillis + world.Time.Now);
        var request = new LockRequest(task.Id, task.GroupId, task.DataSource, interval, TaskLock.Exclusive, StreamingPriority, now, existingVersion);
        TaskLock held;
        switch (LockTable.Decide(request, [.. locks.Where(l => active.ContainsKey(l.TaskId))]))
        {
            case LockDecision.Held own: held = own.Lock; break;
            case LockDecision.Grant grant:
                foreach (var revoked in grant.Revoke) locks[locks.FindIndex(l => l.RowId == revoked.RowId)] = revoked with { Lock = revoked.Lock with { Revoked = true } };
                held = grant.Lock;
                locks.Add(new HeldLock(++lastLock, task.Id, held));
                break;
            case LockDecision.Preempted: throw new ActionRefusedException($"The lock for interval[{interval}] is preempted and no longer valid");
            default: return null;
        }
        Audit(epoch);
        var chunk = new Chunk(interval, existingVersion ?? held.Version);
        var hash = PendingSegmentHash.Compute(sequenceName, interval, chunk.Version);
        if (chunks.FindPending(hash) is { } known) return known;
        var segment = new SegmentIdWithShardSpec { DataSource = task.DataSource, Interval = interval, Version = chunk.Version, ShardSpec = new NumberedShardSpec { PartitionNum = chunks.NextPartition(chunk) } };
        chunks.AddPending(hash, segment, task.Resource.AvailabilityGroup);
        return segment;
    }

    /// <summary>The publish: offsets and rows together, or nothing.</summary>
    public PublishAnswer Publish(long epoch, string taskId, PartitionOffsets start, PartitionOffsets end, IReadOnlyList<WrittenSegment> segments)
    {
        Fence(epoch);
        var task = Hold(taskId);
        foreach (var written in segments)
        {
            var covering = locks.Where(l => l.TaskId == taskId && LockTable.Covers(l.Lock, written.Segment.DataSource, written.Segment.Interval, written.Segment.Version)).ToList();
            if (covering.Count == 0) throw new ActionRefusedException($"Segment[{written.Id}] is not covered by the locks of the task");
            if (covering.All(l => l.Lock.Revoked)) return new PublishAnswer(false, false, committed, "the lock was revoked");
        }
        var published = segments.Select(s => chunks.Find(s.Id)).OfType<WrittenSegment>().ToImmutableSortedDictionary(s => s.Id, s => s, StringComparer.Ordinal);
        var topic = task.IoConfig.StartSequenceNumbers.Name;
        var decision = world.Without == Safeguard.CompareAndSwap
            ? new OffsetsCommit.Accepted(KafkaDataSourceMetadata.EndOf(topic, Committed.Plus(end)))
            : OffsetsCommit.Decide(committed, KafkaDataSourceMetadata.StartOf(topic, start), KafkaDataSourceMetadata.EndOf(topic, end));
        if (decision is OffsetsCommit.Refused refused)
        {
            world.Trace.Note("db-refused", taskId, epoch, $"{refused.Message}");
            return IsRepeat(segments, end, published) ? new PublishAnswer(true, false, committed, "") : new PublishAnswer(false, refused.Retryable, committed, refused.Message);
        }
        if (segments.Any(s => published.TryGetValue(s.Id, out var other) && other.Path != s.Path))
            return new PublishAnswer(false, false, committed, "a segment has already been published by another task, from other offsets");
        var added = segments.Where(s => !published.ContainsKey(s.Id)).ToList();
        committed = ((OffsetsCommit.Accepted)decision).Committed;
        foreach (var written in added) chunks.Add(written);
        world.Trace.Note("db+publish", taskId, epoch, $"{start} to {end} in {added.Count} segments");
        Audit(epoch);
        Ledger.Publish(start, end, added, mayBeginAnywhere: !world.ReadsFromEarliest);
        world.Published++;
        return new PublishAnswer(true, false, committed, "");
    }

    /// <summary>Those of the ids that are published.</summary>
    public IReadOnlyList<WrittenSegment> Retrieve(long epoch, IReadOnlyList<string> ids)
    {
        Fence(epoch);
        return [.. ids.Select(chunks.Find).OfType<WrittenSegment>()];
    }

    private bool IsRepeat(IReadOnlyList<WrittenSegment> segments, PartitionOffsets end, ImmutableSortedDictionary<string, WrittenSegment> published) =>
        segments.Count > 0 ? segments.All(s => published.TryGetValue(s.Id, out var there) && there.Path == s.Path)
        : committed is not null && end.All(e => committed.Offsets.TryGet(e.Key, out var at) && at == e.Value);
}

/// <param name="Committed">What is committed afterwards, for the supervisor to hear.</param>
internal sealed record PublishAnswer(bool IsDone, bool MayComeLater, KafkaDataSourceMetadata? Committed, string Message);
