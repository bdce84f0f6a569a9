namespace Ingestion.Overlord.Tasks;

/// <summary>Log lines of locks, allocations and publishes, event ids 2100 to 2199.</summary>
internal static partial class TasksLog
{
    [LoggerMessage(2100, LogLevel.Warning, "Skipped lock row {RowId} of task {TaskId}, which cannot be read: {Reason}")]
    public static partial void LockSkipped(this ILogger logger, long rowId, string taskId, string reason);

    [LoggerMessage(2101, LogLevel.Warning, "Revoked the lock over {Interval} of {DataSource} that task {TaskId} held, for task {Winner} of higher priority")]
    public static partial void LockRevoked(this ILogger logger, string interval, string dataSource, string taskId, string winner);

    [LoggerMessage(2102, LogLevel.Warning, "No segment for task {TaskId} at {Timestamp}: {Reason}")]
    public static partial void NotAllocated(this ILogger logger, string taskId, string timestamp, string reason);

    [LoggerMessage(EventId = 2103, Message = "Publish of task {TaskId} refused (retryable: {Retryable}): {Reason}")]
    public static partial void PublishRefused(this ILogger logger, LogLevel level, string taskId, bool retryable, string reason);

    [LoggerMessage(2104, LogLevel.Information, "Task {TaskId} published {Count} segments; offsets of {SupervisorId}: {Offsets}")]
    public static partial void Published(this ILogger logger, string taskId, int count, string supervisorId, string offsets);
}
