using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Tasks.Core;
using Npgsql;

namespace Ingestion.Overlord.Tasks;

/// <summary>The publish, on which exactly-once rests. One transaction of the epoch: the task's row is active and stays so, it holds an unrevoked lock over each
/// segment, the committed offsets are where its range begins and move to where it ends, the segment rows appear. All of it, or nothing.</summary>
internal sealed class SegmentPublisher(MetadataStorage storage, FencedTransactions transactions, Lockbox lockbox, TimeProvider time, ILogger<SegmentPublisher> logger)
{
    /// <summary>A swap can lose only while the row does not exist yet, or to a writer that does not lock it (another overlord, of Druid).</summary>
    private const int SwapAttempts = 3;

    private readonly ActiveTaskRows tasks = new(storage.Tables);
    private readonly PublishedRows rows = new(storage.Tables);

    /// <summary>Cannot be cancelled: a caller that is gone must not cut off a commit, whose outcome nobody would then pass on.</summary>
    /// <exception cref="TaskActionFailedException">The task may not publish, or the request contradicts itself.</exception>
    public async Task<PublishOutcome> PublishAsync(long epoch, string taskId, TaskAction.SegmentTransactionalInsert action)
    {
        Check(action);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var outcome = await transactions.RunAsync(epoch, connection => PublishAsync(connection, taskId, action), CancellationToken.None);
                // A replica that comes second finds the offsets committed: that is how it should be.
                var level = action.EndMetadata is { } end && outcome.Committed is { } committed && end.Offsets.All(e => committed.Offsets.TryGet(e.Key, out var at) && at >= e.Value) ? LogLevel.Information : LogLevel.Warning;
                if (!outcome.Result.Success) logger.PublishRefused(level, taskId, outcome.Result.Retryable, outcome.Result.ErrorMsg ?? "");
                else logger.Published(taskId, outcome.Result.Segments.Count, outcome.SupervisorId, outcome.Committed?.Offsets.ToString() ?? "unchanged");
                return outcome;
            }
            catch (SwapLostException e)
            {
                if (attempt < SwapAttempts) continue;
                logger.PublishRefused(LogLevel.Warning, taskId, true, e.Message);
                return PublishOutcome.Refused(e.SupervisorId, true, e.Message, committed: null);
            }
        }
    }

    private async Task<PublishOutcome> PublishAsync(NpgsqlConnection connection, string taskId, TaskAction.SegmentTransactionalInsert action)
    {
        // As an allocation does: one that saw the chunk appear between two of its reads would find it neither published nor free.
        await Lockbox.TakeTurnAsync(connection, await tasks.DataSourceAsync(connection, taskId));
        var task = await tasks.HoldAsync(connection, taskId);
        var supervisorId = action.SupervisorId ?? task.Supervisor;
        if (supervisorId != task.Supervisor) throw new TaskActionFailedException($"Task[{taskId}] belongs to supervisor[{task.Supervisor}], so it cannot commit offsets of supervisor[{supervisorId}]");
        if (Uncovered(action.Segments, await lockbox.OfTaskAsync(connection, taskId)) is { } problem)
            return problem.Revoked
                ? PublishOutcome.Refused(supervisorId, false, problem.Message, (await rows.LockOffsetsAsync(connection, supervisorId))?.Metadata)
                : throw new TaskActionFailedException(problem.Message);

        var published = await rows.FindSegmentsAsync(connection, action.Segments);
        var success = new SegmentPublishResult { Segments = action.Segments, Success = true };
        if (action is not { StartMetadata: { } start, EndMetadata: { } end })
        {
            await rows.InsertSegmentsAsync(connection, [.. action.Segments.Where(s => !published.ContainsKey(s.Identifier))], time.GetUtcNow());
            return new PublishOutcome(success, supervisorId, null);
        }

        var stored = await rows.LockOffsetsAsync(connection, supervisorId);
        var decision = OffsetsCommit.Decide(stored?.Metadata, start, end);
        if (decision is OffsetsCommit.Refused refused)
            return IsRepeat(action, end, published, stored) ? new PublishOutcome(success, supervisorId, stored?.Metadata) : PublishOutcome.Refused(supervisorId, refused.Retryable, refused.Message, stored?.Metadata);
        // The offsets say that these rows are new, so a segment of the same id holds other rows: to skip ours would lose them.
        if (action.Segments.FirstOrDefault(s => published.TryGetValue(s.Identifier, out var other) && !s.IsStoredAs(other)) is { } taken)
            return PublishOutcome.Refused(supervisorId, false, $"Segment[{taken.Identifier}] has already been published by another task, from other offsets than [{start.Offsets}]", stored?.Metadata);

        var committed = ((OffsetsCommit.Accepted)decision).Committed;
        var now = time.GetUtcNow();
        if (!await rows.SwapOffsetsAsync(connection, supervisorId, stored, committed, now)) throw new SwapLostException(supervisorId, stored is null ? "Insert failed" : "Compare-and-swap update failed");
        var missing = action.Segments.Where(s => !published.ContainsKey(s.Identifier)).ToList();
        if (await rows.InsertSegmentsAsync(connection, missing, now) < missing.Count) throw new SwapLostException(supervisorId, "Insert failed");
        return new PublishOutcome(success, supervisorId, committed);
    }

    /// <summary>The answer to an earlier call was lost: rows and offsets appear together, so this task's own rows (each push has a path of its own) prove that its
    /// offsets were committed. Without segments the offsets themselves must say so; then nothing could be lost in any case.</summary>
    private static bool IsRepeat(TaskAction.SegmentTransactionalInsert action, KafkaDataSourceMetadata end, Dictionary<string, DataSegment> published, StoredOffsets? stored) =>
        action.Segments.Count > 0
            ? action.Segments.All(s => published.TryGetValue(s.Identifier, out var there) && s.IsStoredAs(there))
            : stored is not null && end.Offsets.All(e => SourceStream.Of(end.Stream, end.Offsets).OffsetsOf(stored.Metadata).TryGet(e.Key, out var at) && at == e.Value);

    private static (bool Revoked, string Message)? Uncovered(IReadOnlyList<DataSegment> segments, IReadOnlyList<HeldLock> locks)
    {
        foreach (var segment in segments)
        {
            var covering = locks.Where(l => LockTable.Covers(l.Lock, segment.DataSource, segment.Interval, segment.Version)).ToList();
            if (covering.Count == 0) return (false, $"Segment[{segment.Identifier}] is not covered by the locks of the task");
            if (covering.All(l => l.Lock.Revoked)) return (true, $"Invalid task locks. The lock over [{segment.Interval}] was revoked by a task of higher priority.");
        }
        return null;
    }

    private static void Check(TaskAction.SegmentTransactionalInsert action)
    {
        if (action.StartMetadata is null != action.EndMetadata is null) throw new TaskActionFailedException("startMetadata and endMetadata must be given both or neither");
        if (action is not { StartMetadata: { } start, EndMetadata: { } end })
        {
            if (action.Segments.Count == 0) throw new TaskActionFailedException("there is nothing to publish: neither segments nor offsets");
            return;
        }
        if (start.Stream != end.Stream) throw new TaskActionFailedException($"startMetadata is of stream[{start.Stream}], endMetadata of stream[{end.Stream}]");
        // What is not compared must not be written.
        if (!start.Offsets.SamePartitionsAs(end.Offsets)) throw new TaskActionFailedException($"startMetadata[{start.Offsets}] and endMetadata[{end.Offsets}] name different partitions");
        if (!start.Offsets.AtMost(end.Offsets)) throw new TaskActionFailedException($"endMetadata[{end.Offsets}] lies before startMetadata[{start.Offsets}]");
    }
}
