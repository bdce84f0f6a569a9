using Ingestion.Contracts.Stream;

namespace Ingestion.IndexTask.Kafka;

/// <summary>The properties of a librdkafka consumer that reads assigned partitions from exact offsets.</summary>
internal static class ReaderProperties
{
    /// <param name="consumerProperties">Druid's <c>consumerProperties</c>, as Kafka's Java client has them.</param>
    /// <param name="logger">Told what is left out, and why.</param>
    public static IReadOnlyDictionary<string, string> For(IEnumerable<KeyValuePair<string, string>> consumerProperties, ILogger logger)
    {
        var properties = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["isolation.level"] = "read_committed",
            ["group.id"] = $"kafka-supervisor-{Guid.NewGuid():N}"[..33],
            // The prefetch queue is part of a task's memory. Without the short back-off, a full queue makes librdkafka idle for a second.
            ["queued.max.messages.kbytes"] = "16384",
            ["fetch.queue.backoff.ms"] = "10",
            ["fetch.wait.max.ms"] = "100",
            ["fetch.error.backoff.ms"] = "100",
            ["reconnect.backoff.max.ms"] = "1000",
            ["allow.auto.create.topics"] = "false",
        };
        var (given, dropped) = KafkaClientProperties.ForLibrdkafka(consumerProperties);
        foreach (var (name, reason) in dropped) KafkaLog.PropertyDropped(logger, name, reason);
        foreach (var (name, value) in given) properties[name] = value;
        properties["enable.auto.commit"] = "false";
        properties["enable.auto.offset.store"] = "false";
        properties["auto.offset.reset"] = "error";
        properties["enable.partition.eof"] = "true";
        return properties;
    }
}
