using System.Globalization;
using Ingestion.Contracts.Stream;

namespace Ingestion.IndexTask.Kafka;

/// <summary>The properties of a librdkafka consumer that reads assigned partitions from exact offsets.</summary>
internal static class ReaderProperties
{
    /// <summary>Bytes of fetches that are enough for the fastest reader.</summary>
    public const long MostPrefetch = 32 << 20;

    private const int BytesPerRecord = 320; // librdkafka's own, beside key and value
    private static readonly string[] FetchSizes = ["queued.max.messages.kbytes", "queued.min.messages", "fetch.message.max.bytes", "fetch.max.bytes"];

    /// <param name="consumerProperties">Druid's <c>consumerProperties</c>, as Kafka's Java client has them.</param>
    /// <param name="logger">Told what is left out, and why.</param>
    /// <exception cref="KafkaSettingException">One cannot be translated, or needs an environment variable that is not set.</exception>
    /// <param name="prefetch">Bytes that fetched records may take. Half of it is for their keys and values, half for what librdkafka keeps for each; a fetch adds a quarter at most, but
    /// for a record that is larger: Kafka sends such a one alone. Sizes in <paramref name="consumerProperties"/> count where they are smaller.</param>
    public static IReadOnlyDictionary<string, string> For(IEnumerable<KeyValuePair<string, string>> consumerProperties, ILogger logger, long prefetch = MostPrefetch)
    {
        var properties = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["isolation.level"] = "read_committed",
            ["group.id"] = $"kafka-supervisor-{Guid.NewGuid():N}"[..33],
            ["queued.max.messages.kbytes"] = Text(Math.Max(1, prefetch / 2 >> 10)),
            ["queued.min.messages"] = Text(Math.Max(1, prefetch / 2 / BytesPerRecord)),
            ["fetch.message.max.bytes"] = Text(Math.Min(1 << 20, prefetch / 8)),
            ["fetch.max.bytes"] = Text(Math.Max(1_000_000, prefetch / 4)), // not below message.max.bytes
            // Without the short back-off, a full queue makes librdkafka idle for a second.
            ["fetch.queue.backoff.ms"] = "10",
            ["fetch.wait.max.ms"] = "100",
            ["fetch.error.backoff.ms"] = "100",
            ["reconnect.backoff.max.ms"] = "1000",
            ["allow.auto.create.topics"] = "false",
        };
        var (given, dropped, refused) = KafkaClientProperties.ForLibrdkafka(consumerProperties, Environment.GetEnvironmentVariable);
        if (refused.Length > 0) throw new KafkaSettingException(string.Join("; ", refused.Select(r => $"consumerProperties.{r.Name}: {r.Reason}")));
        foreach (var (name, reason) in dropped) KafkaLog.PropertyDropped(logger, name, reason);
        foreach (var (name, value) in given)
        {
            if (FetchSizes.Contains(name) && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size > long.Parse(properties[name], CultureInfo.InvariantCulture))
                KafkaLog.PropertyDropped(logger, name, $"the worker's memory allows {properties[name]}");
            else properties[name] = value;
        }
        properties["enable.auto.commit"] = "false";
        properties["enable.auto.offset.store"] = "false";
        properties["auto.offset.reset"] = "error";
        properties["enable.partition.eof"] = "true";
        return properties;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
