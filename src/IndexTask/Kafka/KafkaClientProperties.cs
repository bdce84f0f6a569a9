using System.Text.RegularExpressions;

namespace Ingestion.IndexTask.Kafka;

/// <summary>
/// Druid's <c>consumerProperties</c>, which are those of Kafka's Java client, as librdkafka's (its CONFIGURATION.md). Most have the same
/// names; those that only Java has are dropped with a line in the log.
/// </summary>
internal static partial class KafkaClientProperties
{
    private static readonly Dictionary<string, string> Renamed = new(StringComparer.Ordinal)
    {
        ["fetch.max.wait.ms"] = "fetch.wait.max.ms",
        ["receive.buffer.bytes"] = "socket.receive.buffer.bytes",
        ["send.buffer.bytes"] = "socket.send.buffer.bytes",
        ["ssl.truststore.certificates"] = "ssl.ca.pem",
        ["ssl.keystore.key"] = "ssl.key.pem",
        ["ssl.keystore.certificate.chain"] = "ssl.certificate.pem",
    };

    private static readonly HashSet<string> JavaOnly = new(StringComparer.Ordinal)
    {
        "key.deserializer", "value.deserializer", "interceptor.classes", "partition.assignment.strategy", "max.poll.records", "max.poll.interval.ms", "default.api.timeout.ms",
        "request.timeout.ms", "exclude.internal.topics", "metric.reporters", "metrics.num.samples", "metrics.sample.window.ms", "metrics.recording.level", "auto.include.jmx.reporter",
        "ssl.truststore.type", "ssl.truststore.password", "ssl.keystore.type", "ssl.protocol", "ssl.enabled.protocols", "ssl.provider", "ssl.keymanager.algorithm", "ssl.trustmanager.algorithm",
        "ssl.secure.random.implementation", "sasl.client.callback.handler.class", "sasl.login.callback.handler.class", "sasl.login.class", "security.providers", "group.protocol",
    };

    // What exactly-once reading depends on, whatever the spec says.
    private static readonly HashSet<string> Ours = new(StringComparer.Ordinal) { "enable.auto.commit", "enable.auto.offset.store", "auto.offset.reset", "enable.partition.eof", "auto.commit.interval.ms" };

    /// <summary>The properties of a consumer that reads assigned partitions from exact offsets.</summary>
    public static IReadOnlyDictionary<string, string> ForReading(IEnumerable<KeyValuePair<string, string>> consumerProperties, ILogger logger)
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
        foreach (var (name, value) in consumerProperties) Translate(properties, name, value, logger);
        properties["enable.auto.commit"] = "false";
        properties["enable.auto.offset.store"] = "false";
        properties["auto.offset.reset"] = "error";
        properties["enable.partition.eof"] = "true";
        return properties;
    }

    private static void Translate(SortedDictionary<string, string> properties, string name, string value, ILogger logger)
    {
        if (Ours.Contains(name)) { if (name is not "enable.auto.commit" and not "auto.offset.reset") KafkaLog.PropertyDropped(logger, name, "the task decides it"); }
        else if (JavaOnly.Contains(name)) KafkaLog.PropertyDropped(logger, name, "only Kafka's Java client has it");
        else if (name == "security.protocol") properties[name] = value.ToLowerInvariant();
        else if (name == "sasl.jaas.config") Jaas(properties, value, logger);
        else if (name == "ssl.truststore.location") Store(properties, "ssl.ca.location", name, value, [".pem", ".crt", ".cer"], logger);
        else if (name == "ssl.keystore.location") Store(properties, name, name, value, [".p12", ".pfx", ".pkcs12"], logger);
        else properties[Renamed.GetValueOrDefault(name, name)] = value;
    }

    private static void Jaas(SortedDictionary<string, string> properties, string config, ILogger logger)
    {
        foreach (Match option in JaasOption().Matches(config))
            if (option.Groups[1].Value is "username" or "password") properties[$"sasl.{option.Groups[1].Value}"] = option.Groups[2].Value;
        if (!properties.ContainsKey("sasl.username")) KafkaLog.PropertyDropped(logger, "sasl.jaas.config", "it holds no username; use librdkafka's sasl.* properties");
    }

    private static void Store(SortedDictionary<string, string> properties, string target, string name, string file, string[] kinds, ILogger logger)
    {
        if (kinds.Any(kind => file.EndsWith(kind, StringComparison.OrdinalIgnoreCase))) properties[target] = file;
        else KafkaLog.PropertyDropped(logger, name, $"librdkafka reads no Java key stores: give one of {string.Join(", ", kinds)}");
    }

    [GeneratedRegex("(\\w+)\\s*=\\s*\"([^\"]*)\"")]
    private static partial Regex JaasOption();
}
