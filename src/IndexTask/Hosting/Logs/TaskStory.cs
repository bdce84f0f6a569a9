namespace Ingestion.IndexTask.Hosting.Logs;

/// <summary>What a task's own log says of its life, beside what the worker's log says too.</summary>
internal static partial class TaskStory
{
    [LoggerMessage(130, LogLevel.Information, "task [{taskId}] of supervisor [{supervisor}], group [{group}], sequences [{sequence}]: reads [{stream}] from {start} to {end} into dataSource [{dataSource}]")]
    public static partial void Begins(ILogger log, string taskId, string supervisor, int group, string sequence, string stream, string start, string end, string dataSource);

    [LoggerMessage(131, LogLevel.Information, "reading from {offsets}")]
    public static partial void Reads(ILogger log, string offsets);

    [LoggerMessage(141, LogLevel.Information, "asked: {path} (request {requestId})")]
    public static partial void Asked(ILogger log, string path, string requestId);

    [LoggerMessage(132, LogLevel.Information, "paused at {offsets}")]
    public static partial void Paused(ILogger log, string offsets);

    [LoggerMessage(133, LogLevel.Information, "resumed")]
    public static partial void Resumed(ILogger log);

    [LoggerMessage(134, LogLevel.Information, "told to end at {offsets} (finish: {finish}): {answer}")]
    public static partial void EndSet(ILogger log, string offsets, bool finish, string answer);

    [LoggerMessage(135, LogLevel.Information, "segment [{segment}] is opened")]
    public static partial void SegmentOpened(ILogger log, string segment);

    [LoggerMessage(136, LogLevel.Information, "sequence [{sequence}] is read up to {end}: {segments} segments are to be published")]
    public static partial void SequenceRead(ILogger log, string sequence, string end, int segments);

    [LoggerMessage(137, LogLevel.Warning, "held up ({source}): {reason}")]
    public static partial void HeldUp(ILogger log, TroubleSource source, string reason);

    [LoggerMessage(138, LogLevel.Information, "no longer held up ({source})")]
    public static partial void GoesOn(ILogger log, TroubleSource source);

    [LoggerMessage(139, LogLevel.Error, "Encountered parse exception: {problem}; input: {input}")]
    public static partial void ParseException(ILogger log, string? problem, string input);

    [LoggerMessage(140, LogLevel.Information, "task [{taskId}] has ended after {millis} ms, {outcome}: {processed} rows processed ({bytes} bytes), {withError} processed with error, {thrownAway} thrown away, {unparseable} unparseable; {segments} segments published; next offsets {offsets}")]
    public static partial void Ends(ILogger log, string taskId, long millis, string outcome, long processed, long bytes, long withError, long thrownAway, long unparseable, int segments, string offsets);
}
