namespace Ingestion.IndexTask.Publish;

internal static partial class PublishLog
{
    [LoggerMessage(300, LogLevel.Warning, "task [{taskId}]: {action} has no answer yet and is tried again: {problem}")]
    public static partial void OverlordTrouble(ILogger logger, string taskId, string action, string problem);

    [LoggerMessage(301, LogLevel.Information, "task [{taskId}]: published sequence [{sequence}], {segments} segments of {bytes} bytes")]
    public static partial void Published(ILogger logger, string taskId, string sequence, int segments, long bytes);

    [LoggerMessage(302, LogLevel.Information, "task [{taskId}]: sequence [{sequence}] was published by a replica")]
    public static partial void PublishedByReplica(ILogger logger, string taskId, string sequence);

    [LoggerMessage(303, LogLevel.Warning, "task [{taskId}]: sequence [{sequence}] cannot be published yet: {problem}")]
    public static partial void PublishWaits(ILogger logger, string taskId, string sequence, string? problem);

    [LoggerMessage(304, LogLevel.Error, "task [{taskId}]: segment [{segment}] cannot be written to deep storage and is tried again: {problem}")]
    public static partial void PushFails(ILogger logger, string taskId, string segment, string problem);

    [LoggerMessage(305, LogLevel.Warning, "[{path}] cannot be deleted")]
    public static partial void DeleteFails(ILogger logger, string path, Exception problem);
}
