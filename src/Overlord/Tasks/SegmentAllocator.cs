using Ingestion.Contracts.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Tasks.Core;
using Npgsql;

namespace Ingestion.Overlord.Tasks;

/// <summary>Gives tasks the segments that their rows go to. A row of a time that is published already goes to the chunk that is visible there; else to a
/// new one of the preferred granularity, or of the first finer one whose lock is free. Replicas ask with the same sequence name and get the same
/// segment, by its hash.</summary>
internal sealed class SegmentAllocator(MetadataStorage storage, FencedTransactions transactions, Lockbox lockbox, TimeProvider time, ILogger<SegmentAllocator> logger)
{
    private readonly ActiveTaskRows tasks = new(storage.Tables);
    private readonly ChunkStore chunks = new(storage.Tables);

    /// <summary>Null when no chunk can take the row, now at least.</summary>
    /// <exception cref="TaskActionFailedException">The task may not allocate, or its lock was revoked.</exception>
    public Task<SegmentIdWithShardSpec?> AllocateAsync(long epoch, string taskId, TaskAction.SegmentAllocate action, CancellationToken stop = default)
    {
        if (!action.SkipSegmentLineageCheck) throw new TaskActionFailedException("segmentAllocate with skipSegmentLineageCheck=false is not supported");
        return transactions.RunAsync(epoch, async connection =>
        {
            await Lockbox.TakeTurnAsync(connection, action.DataSource);
            var task = await tasks.HoldAsync(connection, taskId);
            if (task.DataSource != action.DataSource) throw new TaskActionFailedException($"Task[{taskId}] writes to dataSource[{task.DataSource}], so it cannot allocate in [{action.DataSource}]");
            var timestamp = action.Timestamp.ToUnixTimeMilliseconds();
            var row = action.QueryGranularity.Bucket(timestamp);
            if (await chunks.VisibleAsync(connection, action.DataSource, row) is { } visible)
            {
                if (visible.Interval.Contains(row)) return await AllocateInAsync(connection, task, action, visible.Interval, visible.Version);
                logger.NotAllocated(taskId, IsoTime.Write(timestamp), $"the segments there cover {visible.Interval}, less than the query granularity's {row}");
                return null;
            }
            foreach (var candidate in ChunkChoice.Candidates(timestamp, action.QueryGranularity, action.PreferredSegmentGranularity))
            {
                var pending = await chunks.PendingAsync(connection, action.DataSource, candidate);
                // A chunk that overlaps others without being one of them would hide them, or be hidden.
                if (pending.Any(p => p.Interval != candidate) || await chunks.VisibleAsync(connection, action.DataSource, candidate) is not null) continue;
                var version = pending.Select(p => p.Version).Max(StringComparer.Ordinal);
                if (await AllocateInAsync(connection, task, action, candidate, version) is { } segment) return segment;
            }
            logger.NotAllocated(taskId, IsoTime.Write(timestamp), "others hold the locks, or segments of other intervals are in the way");
            return null;
        }, stop);
    }

    private async Task<SegmentIdWithShardSpec?> AllocateInAsync(NpgsqlConnection connection, IndexTaskPayload task, TaskAction.SegmentAllocate action, Interval interval, string? existingVersion)
    {
        var now = time.GetUtcNow();
        var decision = await lockbox.RequestAsync(connection,
            new LockRequest(task.Id, task.GroupId, action.DataSource, interval, action.TaskLockType, ActiveTaskRows.Priority(task), IsoTime.Write(now), existingVersion));
        var held = decision switch
        {
            LockDecision.Held h => h.Lock,
            LockDecision.Grant g => g.Lock,
            LockDecision.Preempted => throw new TaskActionFailedException($"The lock for interval[{interval}] is preempted and no longer valid"),
            _ => null,
        };
        if (held is null) return null;

        var chunk = new Chunk(interval, existingVersion ?? held.Version);
        var hash = PendingSegmentHash.Compute(action.SequenceName, interval, chunk.Version);
        if (await chunks.FindPendingAsync(connection, hash) is { } known) return known;
        var segment = new SegmentIdWithShardSpec
        {
            DataSource = action.DataSource, Interval = interval, Version = chunk.Version,
            ShardSpec = new NumberedShardSpec
            {
                PartitionNum = await chunks.NextPartitionAsync(connection, action.DataSource, chunk),
                Partitions = await chunks.CorePartitionsAsync(connection, action.DataSource, chunk),
            },
        };
        await chunks.InsertPendingAsync(connection, segment, action.SequenceName, hash, task.Resource.AvailabilityGroup, now);
        return segment;
    }
}
