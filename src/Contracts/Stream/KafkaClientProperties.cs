using System.Collections.Immutable;

namespace Ingestion.Contracts.Stream;

/// <summary>Translates <c>consumerProperties</c> as Java clients write them (https://kafka.apache.org/documentation/#consumerconfigs) into
/// librdkafka's (its CONFIGURATION.md): most names are the same; some mean nothing outside Java.</summary>
public static class KafkaClientProperties
{
    private static readonly ImmutableSortedSet<string> JavaOnly = ImmutableSortedSet.Create(StringComparer.Ordinal,
        "key.deserializer", "value.deserializer", "auto.offset.reset", "enable.auto.commit", "auto.commit.interval.ms", "max.poll.records", "default.api.timeout.ms",
        "exclude.internal.topics", "metric.reporters", "metrics.num.samples", "metrics.recording.level", "metrics.sample.window.ms", "interceptor.classes",
        "partition.assignment.strategy", "auto.include.jmx.reporter", "client.dns.lookup", "group.protocol", "group.instance.id");

    private static readonly ImmutableSortedDictionary<string, string> Renamed = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal,
    [
        KeyValuePair.Create("receive.buffer.bytes", "socket.receive.buffer.bytes"),
        KeyValuePair.Create("send.buffer.bytes", "socket.send.buffer.bytes"),
        KeyValuePair.Create("request.timeout.ms", "socket.timeout.ms"),
        KeyValuePair.Create("max.partition.fetch.bytes", "fetch.message.max.bytes"),
    ]);

    /// <returns>What librdkafka is to be given, and the names that were left out because only a Java client knows them.</returns>
    public static (ImmutableSortedDictionary<string, string> Properties, ImmutableSortedSet<string> Ignored) ForLibrdkafka(ImmutableSortedDictionary<string, string> consumerProperties)
    {
        var ignored = consumerProperties.Keys.Where(JavaOnly.Contains).ToImmutableSortedSet(StringComparer.Ordinal);
        var properties = consumerProperties.Where(p => !ignored.Contains(p.Key)).ToImmutableSortedDictionary(p => Renamed.GetValueOrDefault(p.Key, p.Key), p => p.Value, StringComparer.Ordinal);
        return (properties, ignored);
    }
}
