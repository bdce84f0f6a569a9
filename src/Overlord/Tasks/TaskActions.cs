using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Tasks.Core;

namespace Ingestion.Overlord.Tasks;

/// <summary>Answers what tasks ask of the leader, Druid's <c>POST /druid/indexer/v1/action</c>.</summary>
public sealed class TaskActions
{
    private static readonly TimeSpan LockRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestLockWait = TimeSpan.FromMinutes(1);

    private readonly FencedTransactions transactions;
    private readonly Lockbox lockbox;
    private readonly TimeProvider time;
    private readonly TaskActionListeners listeners;
    private readonly ActiveTaskRows tasks;
    private readonly PublishedRows published;
    private readonly SegmentAllocator allocator;
    private readonly SegmentPublisher publisher;

    public TaskActions(MetadataStorage storage, FencedTransactions transactions, TaskActionListeners listeners, TimeProvider time, ILoggerFactory loggers)
    {
        this.transactions = transactions;
        this.listeners = listeners;
        this.time = time;
        lockbox = new Lockbox(storage, loggers.CreateLogger<Lockbox>());
        tasks = new ActiveTaskRows(storage.Tables);
        published = new PublishedRows(storage.Tables);
        allocator = new SegmentAllocator(storage, transactions, lockbox, time, loggers.CreateLogger<SegmentAllocator>());
        publisher = new SegmentPublisher(storage, transactions, lockbox, time, loggers.CreateLogger<SegmentPublisher>());
    }

    /// <exception cref="TaskActionFailedException">The action cannot be answered; the caller hears 400, where Druid has 500.</exception>
    /// <exception cref="FencedException">This overlord no longer leads.</exception>
    public async Task<TaskActionAnswer> ExecuteAsync(long epoch, TaskActionRequest request, CancellationToken stop = default)
    {
        var taskId = request.Task.Id;
        return request.Action switch
        {
            TaskAction.SegmentAllocate allocate => Answer(await allocator.AllocateAsync(epoch, taskId, allocate, stop), ContractsJson.Default.SegmentIdWithShardSpec),
            TaskAction.SegmentTransactionalInsert insert => Answer(await PublishAsync(epoch, taskId, insert), ContractsJson.Default.SegmentPublishResult),
            TaskAction.CheckPointDataSourceMetadata checkpoint => Answer(await listeners.CheckpointRequested(taskId, checkpoint, stop), ContractsJson.Default.Boolean),
            TaskAction.RetrieveSegmentsById retrieve => Answer(await RetrieveAsync(epoch, retrieve, stop), ContractsJson.Default.IReadOnlyListDataSegment),
            TaskAction.LockTryAcquire acquire => Answer(await TryLockAsync(epoch, taskId, acquire.TaskLockType, acquire.Interval, stop), ContractsJson.Default.TaskLock),
            TaskAction.LockAcquire acquire => Answer(await LockAsync(epoch, taskId, acquire, stop), ContractsJson.Default.TaskLock),
            TaskAction.LockList => Answer(await ListLocksAsync(epoch, taskId, stop), ContractsJson.Default.IReadOnlyListTaskLock),
            TaskAction.LockRelease release => await ReleaseAsync(epoch, taskId, release.Interval, stop),
            _ => throw new TaskActionFailedException($"{request.Action.GetType().Name} is not supported"),
        };
    }

    private async Task<SegmentPublishResult> PublishAsync(long epoch, string taskId, TaskAction.SegmentTransactionalInsert action)
    {
        var outcome = await publisher.PublishAsync(epoch, taskId, action);
        if (outcome.Committed is { } committed) await listeners.OffsetsCommitted(outcome.SupervisorId, committed);
        return outcome.Result;
    }

    private Task<IReadOnlyList<DataSegment>> RetrieveAsync(long epoch, TaskAction.RetrieveSegmentsById action, CancellationToken stop) =>
        transactions.RunAsync(epoch, connection => published.FindSegmentsAsync(connection, [.. action.SegmentIds]), stop);

    private Task<TaskLock?> TryLockAsync(long epoch, string taskId, string type, Interval interval, CancellationToken stop) => transactions.RunAsync(epoch, async connection =>
    {
        await Lockbox.TakeTurnAsync(connection, await tasks.DataSourceAsync(connection, taskId));
        var task = await tasks.HoldAsync(connection, taskId);
        var now = IsoTime.Write(time.GetUtcNow());
        return await lockbox.RequestAsync(connection, new LockRequest(taskId, task.GroupId, task.DataSource, interval, type, ActiveTaskRows.Priority(task), now)) switch
        {
            LockDecision.Held held => held.Lock,
            LockDecision.Grant grant => grant.Lock,
            LockDecision.Preempted preempted => preempted.Lock,
            _ => null,
        };
    }, stop);

    /// <summary>Asks until the lock is granted or the time is over. No transaction stays open in between.</summary>
    private async Task<TaskLock?> LockAsync(long epoch, string taskId, TaskAction.LockAcquire action, CancellationToken stop)
    {
        var patience = TimeSpan.FromMilliseconds(Math.Clamp(action.TimeoutMs, 0, (long)LongestLockWait.TotalMilliseconds));
        var since = time.GetTimestamp();
        while (true)
        {
            var granted = await TryLockAsync(epoch, taskId, action.TaskLockType, action.Interval, stop);
            if (granted is not null || time.GetElapsedTime(since) >= patience) return granted;
            await Task.Delay(LockRetry, time, stop);
        }
    }

    private Task<IReadOnlyList<TaskLock>> ListLocksAsync(long epoch, string taskId, CancellationToken stop) => transactions.RunAsync<IReadOnlyList<TaskLock>>(epoch, async connection =>
    {
        await tasks.HoldAsync(connection, taskId);
        return [.. (await lockbox.OfTaskAsync(connection, taskId)).Select(l => l.Lock)];
    }, stop);

    private async Task<TaskActionAnswer> ReleaseAsync(long epoch, string taskId, Interval interval, CancellationToken stop)
    {
        await transactions.RunAsync(epoch, async connection =>
        {
            await tasks.HoldAsync(connection, taskId);
            await lockbox.ReleaseAsync(connection, taskId, interval);
        }, stop);
        return new TaskActionAnswer { Result = JsonSerializer.SerializeToElement(null, ContractsJson.Default.String!) };
    }

    private static TaskActionAnswer Answer<T>(T result, JsonTypeInfo<T> type) => new() { Result = JsonSerializer.SerializeToElement(result, type) };
}

/// <summary>What the supervisors hear of task actions.</summary>
/// <param name="CheckpointRequested">A task asks its group for a checkpoint; the answer says whether it may wait for one.</param>
/// <param name="OffsetsCommitted">These are the supervisor's committed offsets. Told of every publish, before the task gets its answer: of one that was committed, of one that is
/// repeated because its answer was lost, and of one that was refused, so that a supervisor which missed a commit hears of it again.</param>
public sealed record TaskActionListeners(Func<string, TaskAction.CheckPointDataSourceMetadata, CancellationToken, Task<bool>> CheckpointRequested,
    Func<string, KafkaDataSourceMetadata, ValueTask> OffsetsCommitted);
