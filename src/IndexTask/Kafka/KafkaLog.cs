namespace Ingestion.IndexTask.Kafka;

internal static partial class KafkaLog
{
    [LoggerMessage(200, LogLevel.Information, "consumer property [{name}] is not one of librdkafka's and is ignored")]
    public static partial void PropertyIgnored(ILogger logger, string name);

    [LoggerMessage(201, LogLevel.Information, "consumer property [{name}] is ignored: {reason}")]
    public static partial void PropertyDropped(ILogger logger, string name, string reason);

    [LoggerMessage(EventId = 202, Message = "librdkafka [{facility}] {text}")]
    public static partial void FromClient(ILogger logger, LogLevel level, string facility, string text);

    [LoggerMessage(203, LogLevel.Warning, "Kafka cannot be reached and is tried again: {reason}")]
    public static partial void IsAway(ILogger logger, string reason);

    [LoggerMessage(204, LogLevel.Information, "Kafka is back")]
    public static partial void IsBack(ILogger logger);
}
