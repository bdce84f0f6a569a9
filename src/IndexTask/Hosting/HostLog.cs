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

    [LoggerMessage(116, LogLevel.Error, "the warm-up failed: the first task will be slower")]
    public static partial void WarmUpFails(ILogger logger, Exception problem);
}
