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
    public void Java_spellings_become_librdkafkas_and_java_only_ones_go()
    {
        var properties = Translate(("key.deserializer", "X"), ("max.poll.records", "5"), ("fetch.max.wait.ms", "7"), ("security.protocol", "SASL_SSL"), ("ssl.truststore.location", "/ca.pem"),
            ("ssl.keystore.location", "/keys.jks"), ("sasl.jaas.config", "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"p=\";"));
        Assert.Equal(("7", "sasl_ssl", "/ca.pem", "u", "p="), (properties["fetch.wait.max.ms"], properties["security.protocol"], properties["ssl.ca.location"], properties["sasl.username"], properties["sasl.password"]));
        Assert.Empty(properties.Keys.Intersect(["key.deserializer", "max.poll.records", "ssl.keystore.location", "sasl.jaas.config"]));
    }
}
