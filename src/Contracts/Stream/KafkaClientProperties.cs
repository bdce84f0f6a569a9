using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Ingestion.Contracts.Stream;

/// <summary>Translates <c>consumerProperties</c> as Java clients write them (https://kafka.apache.org/documentation/#consumerconfigs) into
/// librdkafka's (its CONFIGURATION.md). Most names are the same; those that only Java has are dropped.</summary>
public static partial class KafkaClientProperties
{
    private static readonly ImmutableSortedDictionary<string, string> Renamed = Sorted(
        ("fetch.max.wait.ms", "fetch.wait.max.ms"), ("receive.buffer.bytes", "socket.receive.buffer.bytes"), ("send.buffer.bytes", "socket.send.buffer.bytes"),
        ("ssl.truststore.certificates", "ssl.ca.pem"), ("ssl.keystore.key", "ssl.key.pem"), ("ssl.keystore.certificate.chain", "ssl.certificate.pem"));

    private static readonly ImmutableSortedSet<string> JavaOnly = ImmutableSortedSet.Create(StringComparer.Ordinal,
        "key.deserializer", "value.deserializer", "interceptor.classes", "partition.assignment.strategy", "max.poll.records", "max.poll.interval.ms", "default.api.timeout.ms",
        "request.timeout.ms", "exclude.internal.topics", "metric.reporters", "metrics.num.samples", "metrics.sample.window.ms", "metrics.recording.level", "auto.include.jmx.reporter",
        "ssl.truststore.type", "ssl.truststore.password", "ssl.keystore.type", "ssl.protocol", "ssl.enabled.protocols", "ssl.provider", "ssl.keymanager.algorithm", "ssl.trustmanager.algorithm",
        "ssl.secure.random.implementation", "sasl.client.callback.handler.class", "sasl.login.callback.handler.class", "sasl.login.class", "security.providers", "group.protocol");

    /// <summary>What exactly-once reading depends on, whatever the spec says: whoever reads sets these.</summary>
    private static readonly ImmutableSortedSet<string> Ours = ImmutableSortedSet.Create(StringComparer.Ordinal,
        "enable.auto.commit", "enable.auto.offset.store", "auto.offset.reset", "enable.partition.eof", "auto.commit.interval.ms");

    /// <returns>What librdkafka is to be given, and what was left out with the reason.</returns>
    public static (ImmutableSortedDictionary<string, string> Properties, ImmutableArray<(string Name, string Reason)> Dropped) ForLibrdkafka(IEnumerable<KeyValuePair<string, string>> consumerProperties)
    {
        var properties = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var dropped = ImmutableArray.CreateBuilder<(string, string)>();
        foreach (var (name, value) in consumerProperties)
        {
            if (Ours.Contains(name)) { if (name is not ("enable.auto.commit" or "auto.offset.reset")) dropped.Add((name, "the task decides it")); }
            else if (JavaOnly.Contains(name)) dropped.Add((name, "only Kafka's Java client has it"));
            else if (name == "security.protocol") properties[name] = value.ToLowerInvariant();
            else if (name == "sasl.jaas.config") { if (!Jaas(properties, value)) dropped.Add((name, "it holds no username: use librdkafka's sasl.* properties")); }
            else if (name == "ssl.truststore.location") { if (!Store(properties, "ssl.ca.location", value, ".pem", ".crt", ".cer")) dropped.Add((name, "librdkafka reads no Java key stores: give a .pem, .crt or .cer")); }
            else if (name == "ssl.keystore.location") { if (!Store(properties, name, value, ".p12", ".pfx", ".pkcs12")) dropped.Add((name, "librdkafka reads no Java key stores: give a .p12, .pfx or .pkcs12")); }
            else properties[Renamed.GetValueOrDefault(name, name)] = value;
        }
        return (properties.ToImmutable(), dropped.ToImmutable());
    }

    private static bool Jaas(ImmutableSortedDictionary<string, string>.Builder properties, string config)
    {
        foreach (Match option in JaasOption().Matches(config))
            if (option.Groups[1].Value is "username" or "password") properties[$"sasl.{option.Groups[1].Value}"] = option.Groups[2].Value;
        return properties.ContainsKey("sasl.username");
    }

    private static bool Store(ImmutableSortedDictionary<string, string>.Builder properties, string target, string file, params ReadOnlySpan<string> kinds)
    {
        foreach (var kind in kinds)
            if (file.EndsWith(kind, StringComparison.OrdinalIgnoreCase)) { properties[target] = file; return true; }
        return false;
    }

    private static ImmutableSortedDictionary<string, string> Sorted(params (string From, string To)[] names) => names.ToImmutableSortedDictionary(n => n.From, n => n.To, StringComparer.Ordinal);

    [GeneratedRegex("(\\w+)\\s*=\\s*\"([^\"]*)\"")]
    private static partial Regex JaasOption();
}
