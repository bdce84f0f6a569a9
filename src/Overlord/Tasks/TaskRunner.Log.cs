namespace Ingestion.Overlord.Tasks;

internal sealed partial class TaskRunner
{
    [LoggerMessage(220, LogLevel.Information, "Worker [{NodeId}] at {Address} has announced itself")]
    private partial void LogNewWorker(string nodeId, Uri address);

    [LoggerMessage(221, LogLevel.Error, "Previously active node is missing: worker [{NodeId}] at {Address}: {Reason}; {Tasks} tasks ran there")]
    private partial void LogWorkerLost(string nodeId, Uri address, string reason, int tasks);

    [LoggerMessage(230, LogLevel.Information, "Worker [{NodeId}] at {Address} answers again")]
    private partial void LogWorkerBack(string nodeId, Uri address);

    [LoggerMessage(231, LogLevel.Information, "Worker [{NodeId}] at {Address} has left: {Reason}; {Tasks} tasks ran there")]
    private partial void LogWorkerLeft(string nodeId, Uri address, string reason, int tasks);

    [LoggerMessage(222, LogLevel.Information, "Task [{TaskId}] is on worker [{NodeId}] (request {RequestId})")]
    private partial void LogAssigned(string taskId, string nodeId, string? requestId);

    [LoggerMessage(223, LogLevel.Warning, "Worker [{NodeId}] did not take task [{TaskId}] (request {RequestId}): {Reason}")]
    private partial void LogRefused(string taskId, string nodeId, string? requestId, string reason);

    [LoggerMessage(224, LogLevel.Information, "Task [{TaskId}] waits for a worker: {Reason}")]
    private partial void LogWaiting(string taskId, string reason);

    [LoggerMessage(229, LogLevel.Warning, "Task [{TaskId}] has waited for a worker for {Seconds:0} s: {Reason}")]
    private partial void LogStillWaiting(string taskId, double seconds, string reason);

    [LoggerMessage(225, LogLevel.Information, "Stopping task [{TaskId}]: {Reason}")]
    private partial void LogStop(string taskId, string reason);

    [LoggerMessage(226, LogLevel.Warning, "Worker [{NodeId}] runs task [{TaskId}], which is not active any more; stopping it")]
    private partial void LogStranger(string taskId, string nodeId);

    [LoggerMessage(227, LogLevel.Warning, "Task [{TaskId}] on worker [{NodeId}] could not be told to stop: {Reason}")]
    private partial void LogShutDownFailed(string taskId, string nodeId, string reason);

    [LoggerMessage(430, LogLevel.Warning, "Worker [{NodeId}] at {Address} is INACTIVE: it finishes its tasks and gets no new ones: {Reason}")]
    private partial void LogInactive(string nodeId, Uri address, string reason);

    [LoggerMessage(431, LogLevel.Information, "Worker [{NodeId}] at {Address} is of a version that can be given tasks again")]
    private partial void LogActive(string nodeId, Uri address);

    [LoggerMessage(432, LogLevel.Warning, "Worker [{NodeId}] at {Address} is left alone: it serves cluster [{Cluster}], this overlord cluster [{Own}]")]
    private partial void LogForeign(string nodeId, Uri address, string cluster, string own);

    [LoggerMessage(433, LogLevel.Information, "Worker [{NodeId}] at {Address} serves this overlord's cluster [{Own}] now")]
    private partial void LogNoLongerForeign(string nodeId, Uri address, string own);

    [LoggerMessage(228, LogLevel.Debug, "The call for task [{TaskId}] was abandoned: this overlord no longer leads")]
    private partial void LogAbandoned(string taskId);
}
