using Ingestion.IndexTask.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.IndexTask.Tests.Kafka;

public sealed class ReaderPropertiesTests
{
    private static IReadOnlyDictionary<string, string> Translate(params (string Name, string Value)[] properties) =>
        ReaderProperties.For(properties.Select(p => KeyValuePair.Create(p.Name, p.Value)), NullLogger.Instance);

    [Fact]
    public void Exactly_once_does_not_depend_on_the_spec()
    {
        var properties = Translate(("enable.auto.commit", "true"), ("auto.offset.reset", "latest"), ("enable.partition.eof", "false"));
        Assert.Equal(("false", "error", "true"), (properties["enable.auto.commit"], properties["auto.offset.reset"], properties["enable.partition.eof"]));
    }

    [Fact]
    public void Records_are_read_committed_unless_the_spec_says_otherwise()
    {
        Assert.Equal("read_committed", Translate()["isolation.level"]);
        Assert.Equal("read_uncommitted", Translate(("isolation.level", "read_uncommitted"))["isolation.level"]);
    }

    [Fact]
    public void Group_id_is_random_unless_given()
    {
        Assert.Matches("^kafka-supervisor-[0-9a-f]{16}$", Translate()["group.id"]);
        Assert.Equal("mine", Translate(("group.id", "mine"))["group.id"]);
    }

    [Fact]
    public void What_cannot_be_translated_is_told_by_its_name() =>
        Assert.Equal("consumerProperties.ssl.key.password: the environment variable [NO_SUCH_VARIABLE] is not set here",
            Assert.Throws<KafkaSettingException>(() => Translate(("ssl.key.password", """{"type":"environment","variable":"NO_SUCH_VARIABLE"}"""))).Message);

    [Fact]
    public void Fetches_take_what_the_workers_memory_allows_and_less_where_the_spec_says_so()
    {
        var given = new Dictionary<string, string> { ["max.partition.fetch.bytes"] = "10485760", ["queued.min.messages"] = "100", ["fetch.max.bytes"] = "50000000" };
        var properties = ReaderProperties.For(given, NullLogger.Instance, prefetch: 1 << 20);
        Assert.Equal(("131072", "100", "1000000", "512"), (properties["fetch.message.max.bytes"], properties["queued.min.messages"], properties["fetch.max.bytes"], properties["queued.max.messages.kbytes"]));
    }

    [Fact]
    public void Java_spellings_become_librdkafkas_and_java_only_ones_go()
    {
        var properties = Translate(("key.deserializer", "X"), ("max.poll.records", "5"), ("fetch.max.wait.ms", "7"), ("security.protocol", "SASL_SSL"), ("ssl.truststore.location", "/ca.pem"),
            ("ssl.keystore.location", "/keys.p12"), ("sasl.jaas.config", "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"p=\";"));
        Assert.Equal(("7", "sasl_ssl", "/ca.pem", "u", "p="), (properties["fetch.wait.max.ms"], properties["security.protocol"], properties["ssl.ca.location"], properties["sasl.username"], properties["sasl.password"]));
        Assert.Empty(properties.Keys.Intersect(["key.deserializer", "max.poll.records", "sasl.jaas.config"]));
    }
}
