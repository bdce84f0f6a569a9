namespace Ingestion.IndexTask.Hosting;

internal static partial class HostLog
{
    [LoggerMessage(100, LogLevel.Information, "task [{taskId}] starts")]
    public static partial void TaskStarts(ILogger logger, string taskId);

    [LoggerMessage(101, LogLevel.Information, "task [{taskId}] succeeds")]
    public static partial void TaskSucceeds(ILogger logger, string taskId);

    [LoggerMessage(102, LogLevel.Error, "task [{taskId}] fails")]
    public static partial void TaskFails(ILogger logger, string taskId, Exception problem);

    [LoggerMessage(103, LogLevel.Information, "task [{taskId}]: a publish ended with the task")]
    public static partial void PublishEnds(ILogger logger, string taskId, Exception problem);

    [LoggerMessage(104, LogLevel.Warning, "task [{taskId}] cannot read and tries again: {problem}")]
    public static partial void ReadTrouble(ILogger logger, string taskId, string problem);

    [LoggerMessage(105, LogLevel.Information, "task [{taskId}]: sequence [{sequence}] is full with {rows} rows, a checkpoint is asked for")]
    public static partial void AsksForCheckpoint(ILogger logger, string taskId, string sequence, long rows);

    [LoggerMessage(106, LogLevel.Warning, "task [{taskId}] cannot be run: {problems}")]
    public static partial void TaskRefused(ILogger logger, string taskId, string problems);

    [LoggerMessage(107, LogLevel.Warning, "{command} (request {requestId}) refused: {reason}")]
    public static partial void CommandRefused(ILogger logger, string command, string requestId, string reason);

    [LoggerMessage(111, LogLevel.Warning, "a leader at {address} is refused from now on: {reason}")]
    public static partial void LeaderRefused(ILogger logger, string address, string reason);

    [LoggerMessage(112, LogLevel.Error, "{method} {path} (request {requestId}) failed")]
    public static partial void RequestFails(ILogger logger, string method, string path, string requestId, Exception problem);

    [LoggerMessage(113, LogLevel.Error, "rows of segment [{segment}] cannot be spilled and are tried again")]
    public static partial void SpillFails(ILogger logger, string segment, Exception problem);

    [LoggerMessage(114, LogLevel.Warning, "[{path}] cannot be deleted")]
    public static partial void CleanUpFails(ILogger logger, string path, Exception problem);

    [LoggerMessage(115, LogLevel.Debug, "[{folder}] is left alone: {reason}")]
    public static partial void WorkFolderInUse(ILogger logger, string folder, string reason);

    [LoggerMessage(117, LogLevel.Warning, "the log of task [{taskId}] cannot be written: {problem}")]
    public static partial void TaskLogFails(ILogger logger, string taskId, string problem);

    [LoggerMessage(118, LogLevel.Warning, "log and report of task [{taskId}] cannot be pushed to [{folder}] and are tried again: {problem}")]
    public static partial void TaskLogWaits(ILogger logger, string taskId, string folder, string problem);

    [LoggerMessage(119, LogLevel.Error, "log and report of task [{taskId}] stay in [{folder}] until a worker starts with this work directory: {problem}")]
    public static partial void TaskLogStays(ILogger logger, string taskId, string folder, string problem);

    [LoggerMessage(120, LogLevel.Information, "{count} old logs and reports of tasks are deleted from [{folder}]")]
    public static partial void TaskLogsSwept(ILogger logger, int count, string folder);

    [LoggerMessage(121, LogLevel.Information, "this worker is {state} by request {requestId}")]
    public static partial void Enabled(ILogger logger, string state, string requestId);

    [LoggerMessage(122, LogLevel.Information, "task [{taskId}] is assigned by request {requestId}")]
    public static partial void Assigned(ILogger logger, string taskId, string requestId);

    [LoggerMessage(123, LogLevel.Information, "task [{taskId}] is shut down by request {requestId}")]
    public static partial void ShutDown(ILogger logger, string taskId, string requestId);

    [LoggerMessage(140, LogLevel.Information, "this worker drains: it takes no new tasks and ends when its {count} tasks have published, within {seconds:0} s")]
    public static partial void Drains(ILogger logger, int count, double seconds);

    [LoggerMessage(141, LogLevel.Information, "this worker drains no more: it takes tasks again")]
    public static partial void DrainsNoMore(ILogger logger);

    [LoggerMessage(142, LogLevel.Information, "this worker has drained within {seconds:0.0} s and ends")]
    public static partial void Drained(ILogger logger, double seconds);

    [LoggerMessage(143, LogLevel.Warning, "this worker ends before its {count} tasks have published ({reason}): what they have read since the last commit is read again elsewhere")]
    public static partial void NotDrained(ILogger logger, int count, string reason);

    [LoggerMessage(116, LogLevel.Error, "the warm-up failed: the first task will be slower")]
    public static partial void WarmUpFails(ILogger logger, Exception problem);
}
