using System.Collections.Frozen;

namespace Ingestion.Contracts.Stream;

/// <summary>Consumer properties of Kafka's Java client that librdkafka does not have under the same name and with the same values. All others are librdkafka's own, or unknown to both.</summary>
internal static class KafkaPropertyTable
{
    private const string LoadsCode = "has librdkafka load code into overlords and workers: whoever may write one dataSource must not";
    private const string JavaOnly = "only Kafka's Java client has it", Ours = "the task decides it", Negotiated = "OpenSSL negotiates it", NoSecret = "certificates that are trusted are not encrypted";

    /// <summary>librdkafka's name.</summary>
    public static readonly FrozenDictionary<string, string> Renamed = new Dictionary<string, string>
    {
        ["fetch.max.wait.ms"] = "fetch.wait.max.ms",
        ["receive.buffer.bytes"] = "socket.receive.buffer.bytes",
        ["send.buffer.bytes"] = "socket.send.buffer.bytes",
        ["max.partition.fetch.bytes"] = "fetch.message.max.bytes",
        ["sasl.mechanism"] = "sasl.mechanisms",
        ["ssl.truststore.certificates"] = "ssl.ca.pem",
        ["ssl.keystore.key"] = "ssl.key.pem",
        ["ssl.keystore.certificate.chain"] = "ssl.certificate.pem",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>What exactly-once reading depends on, whatever the spec says; Druid sets these too, and so they are left out without a word.</summary>
    public static readonly FrozenSet<string> SetByDruidToo = FrozenSet.Create(StringComparer.Ordinal, "enable.auto.commit", "auto.offset.reset");

    /// <summary>Why it is left out.</summary>
    public static readonly FrozenDictionary<string, string> Dropped = new Dictionary<string, string>
    {
        ["enable.auto.offset.store"] = Ours,
        ["enable.partition.eof"] = Ours,
        ["auto.commit.interval.ms"] = Ours,
        ["key.deserializer"] = JavaOnly,
        ["value.deserializer"] = JavaOnly,
        ["interceptor.classes"] = JavaOnly,
        ["partition.assignment.strategy"] = JavaOnly,
        ["group.protocol"] = JavaOnly,
        ["max.poll.records"] = JavaOnly,
        ["max.poll.interval.ms"] = JavaOnly,
        ["default.api.timeout.ms"] = JavaOnly,
        ["request.timeout.ms"] = JavaOnly,
        ["socket.connection.setup.timeout.max.ms"] = JavaOnly,
        ["exclude.internal.topics"] = JavaOnly,
        ["metric.reporters"] = JavaOnly,
        ["metrics.num.samples"] = JavaOnly,
        ["metrics.sample.window.ms"] = JavaOnly,
        ["metrics.recording.level"] = JavaOnly,
        ["auto.include.jmx.reporter"] = JavaOnly,
        ["security.providers"] = JavaOnly,
        ["sasl.login.class"] = JavaOnly,
        ["sasl.login.connect.timeout.ms"] = JavaOnly,
        ["sasl.login.read.timeout.ms"] = JavaOnly,
        ["sasl.login.retry.backoff.ms"] = JavaOnly,
        ["sasl.login.retry.backoff.max.ms"] = JavaOnly,
        ["sasl.login.refresh.buffer.seconds"] = JavaOnly,
        ["sasl.login.refresh.min.period.seconds"] = JavaOnly,
        ["sasl.login.refresh.window.factor"] = JavaOnly,
        ["sasl.login.refresh.window.jitter"] = JavaOnly,
        ["sasl.kerberos.ticket.renew.jitter"] = JavaOnly,
        ["sasl.kerberos.ticket.renew.window.factor"] = JavaOnly,
        ["ssl.protocol"] = Negotiated,
        ["ssl.enabled.protocols"] = Negotiated,
        ["ssl.provider"] = JavaOnly,
        ["ssl.keymanager.algorithm"] = JavaOnly,
        ["ssl.trustmanager.algorithm"] = JavaOnly,
        ["ssl.secure.random.implementation"] = JavaOnly,
        ["ssl.truststore.password"] = NoSecret,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>What librdkafka puts into the command line of kinit as it is.</summary>
    public static readonly FrozenSet<string> InCommandLine = FrozenSet.Create(StringComparer.Ordinal, "sasl.kerberos.keytab", "sasl.kerberos.principal", "sasl.kerberos.service.name");

    /// <summary>What cannot be left out without harm, or must not be given, and what to write instead.</summary>
    public static readonly FrozenDictionary<string, string> Refused = new Dictionary<string, string>
    {
        ["config.providers"] = "Kafka's configuration providers are classes of Java: use druid.dynamic.config.provider",
        ["ssl.engine.factory.class"] = "librdkafka runs no classes of Java: give certificates as PEM or PKCS12",
        ["plugin.library.paths"] = LoadsCode,
        ["ssl.engine.location"] = LoadsCode,
        ["ssl.providers"] = LoadsCode,
        ["sasl.kerberos.kinit.cmd"] = "has librdkafka run a command on overlords and workers: whoever may write one dataSource must not; keyTab and principal of sasl.jaas.config do",
        ["sasl.client.callback.handler.class"] = "librdkafka runs no classes of Java: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER need none",
    }.ToFrozenDictionary(StringComparer.Ordinal);
}
