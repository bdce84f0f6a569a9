namespace Ingestion.IndexTask.Hosting.Announcing;

internal static partial class AnnouncingLog
{
    [LoggerMessage(130, LogLevel.Warning, "this worker cannot announce itself to {overlord} since {since:O}: {problem}; it tries again in {seconds:0.0} s")]
    public static partial void Fails(ILogger logger, Uri overlord, DateTimeOffset since, string problem, double seconds);

    [LoggerMessage(131, LogLevel.Information, "announced to {overlord}")]
    public static partial void Announced(ILogger logger, Uri overlord);

    [LoggerMessage(132, LogLevel.Information, "announced to {overlord} again, after {seconds:0.0} s")]
    public static partial void Recovered(ILogger logger, Uri overlord, double seconds);

    [LoggerMessage(133, LogLevel.Information, "{overlord} is told of by other overlords: this worker announces itself there too")]
    public static partial void Learned(ILogger logger, Uri overlord);

    [LoggerMessage(134, LogLevel.Information, "{overlord} is no longer told of: this worker does not announce itself there any more")]
    public static partial void Forgotten(ILogger logger, Uri overlord);

    [LoggerMessage(135, LogLevel.Warning, "{overlord} is not announced to: {reason}")]
    public static partial void NotUsed(ILogger logger, Uri overlord, string reason);

    [LoggerMessage(136, LogLevel.Debug, "{overlord} cannot be told that this worker ends: {problem}")]
    public static partial void NotWithdrawn(ILogger logger, Uri overlord, string problem);

    [LoggerMessage(137, LogLevel.Debug, "{overlord} cannot be asked which overlords there are: {problem}")]
    public static partial void NotAsked(ILogger logger, Uri overlord, string problem);
}
