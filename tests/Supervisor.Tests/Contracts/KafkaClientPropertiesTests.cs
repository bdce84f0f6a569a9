using System.Collections.Immutable;
using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Supervisor.Tests.Contracts;

public sealed class KafkaClientPropertiesTests
{
    private const string Plain = "org.apache.kafka.common.security.plain.PlainLoginModule", Scram = "org.apache.kafka.common.security.scram.ScramLoginModule", OAuth = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule";

    [Theory]
    [InlineData("security.protocol=SASL_SSL", "security.protocol=sasl_ssl")]
    [InlineData("isolation.level=READ_UNCOMMITTED", "isolation.level=read_uncommitted")]
    [InlineData("client.rack=a|fetch.min.bytes=7|fetch.max.bytes=9", "client.rack=a|fetch.max.bytes=9|fetch.min.bytes=7")]
    [InlineData("fetch.max.wait.ms=7|max.partition.fetch.bytes=8|receive.buffer.bytes=9|sasl.mechanism=PLAIN", "fetch.message.max.bytes=8|fetch.wait.max.ms=7|sasl.mechanisms=PLAIN|socket.receive.buffer.bytes=9")]
    [InlineData("receive.buffer.bytes=-1|send.buffer.bytes=-1", "")]
    [InlineData("key.deserializer=X|value.deserializer=Y|max.poll.records=5|enable.auto.commit=true|auto.offset.reset=latest", "")]
    [InlineData("ssl.endpoint.identification.algorithm=", "ssl.endpoint.identification.algorithm=none")]
    [InlineData("ssl.endpoint.identification.algorithm=HTTPS", "ssl.endpoint.identification.algorithm=https")]
    [InlineData("ssl.truststore.location=/ca.pem|ssl.truststore.password=p", "ssl.ca.location=/ca.pem")]
    [InlineData("ssl.truststore.location=/trusted|ssl.truststore.type=pem", "ssl.ca.location=/trusted")]
    [InlineData("ssl.truststore.certificates=C|ssl.truststore.type=PEM", "ssl.ca.pem=C")]
    [InlineData("ssl.keystore.location=/keys.p12|ssl.keystore.password=p", "ssl.keystore.location=/keys.p12|ssl.keystore.password=p")]
    [InlineData("ssl.keystore.location=/keys|ssl.keystore.type=PKCS12", "ssl.keystore.location=/keys")]
    [InlineData("ssl.keystore.location=/keys.pem|ssl.keystore.type=PEM|ssl.key.password=k|ssl.keystore.password=p", "ssl.certificate.location=/keys.pem|ssl.key.location=/keys.pem|ssl.key.password=k")]
    [InlineData("ssl.keystore.key=K|ssl.keystore.certificate.chain=C|ssl.keystore.type=PEM", "ssl.certificate.pem=C|ssl.key.pem=K")]
    [InlineData($"sasl.jaas.config={Plain} required username=\"u\" password=\"p=;\\\"q\";", "sasl.password=p=;\"q|sasl.username=u")]
    [InlineData($"sasl.jaas.config=  {Scram}  required\n username=u\n password=p ;", "sasl.password=p|sasl.username=u")]
    [InlineData($"sasl.jaas.config={OAuth} required clientId=\"c\" clientSecret=\"s\" scope=\"x\";|sasl.oauthbearer.token.endpoint.url=https://t|sasl.login.callback.handler.class=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler",
        "sasl.oauthbearer.client.id=c|sasl.oauthbearer.client.secret=s|sasl.oauthbearer.method=oidc|sasl.oauthbearer.scope=x|sasl.oauthbearer.token.endpoint.url=https://t")]
    [InlineData("sasl.jaas.config=com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true keyTab=\"/k\" principal=\"druid@X\";", "sasl.kerberos.keytab=/k|sasl.kerberos.principal=druid@X")]
    public void What_Java_clients_write_becomes_librdkafkas(string given, string expected)
    {
        var settings = KafkaClientProperties.ForLibrdkafka(Pairs(given), _ => null);
        Assert.Empty(settings.Refused);
        Assert.Equal(expected, string.Join('|', settings.Properties.Select(p => $"{p.Key}={p.Value}")));
    }

    [Theory]
    [InlineData("ssl.truststore.location=/t.jks", "ssl.truststore.location", "export them (keytool -list -rfc -keystore /t.jks")]
    [InlineData("ssl.truststore.location=/t.p12|ssl.truststore.type=PKCS12", "ssl.truststore.location", "PEM only")]
    [InlineData("ssl.keystore.location=/k.jks", "ssl.keystore.location", "keytool -importkeystore -srckeystore /k.jks -destkeystore keys.p12 -deststoretype PKCS12")]
    [InlineData("ssl.keystore.location=/k.p12|ssl.keystore.type=JKS", "ssl.keystore.location", "no Java key stores")]
    [InlineData("sasl.jaas.config=software.amazon.msk.auth.iam.IAMLoginModule required;", "sasl.jaas.config", "librdkafka has no login [software.amazon.msk.auth.iam.IAMLoginModule]")]
    [InlineData($"sasl.jaas.config={Plain} required username=\"u\";", "sasl.jaas.config", "has no password=\"...\"")]
    [InlineData($"sasl.jaas.config={OAuth} required;", "sasl.jaas.config", "clientId=\"...\" and clientSecret=\"...\" are expected")]
    [InlineData("sasl.jaas.config=secret", "sasl.jaas.config", "is not of the form")]
    [InlineData("sasl.client.callback.handler.class=X", "sasl.client.callback.handler.class", "no classes of Java")]
    [InlineData("sasl.login.callback.handler.class=X", "sasl.login.callback.handler.class", "no classes of Java")]
    [InlineData("ssl.engine.factory.class=X", "ssl.engine.factory.class", "PEM or PKCS12")]
    [InlineData("ssl.cipher.suites=TLS_RSA_WITH_AES_128_CBC_SHA", "ssl.cipher.suites", "OpenSSL's")]
    [InlineData("plugin.library.paths=/tmp/secret.so", "plugin.library.paths", "load code")]
    [InlineData("ssl.engine.location=/tmp/secret.so", "ssl.engine.location", "load code")]
    [InlineData("ssl.providers=secret", "ssl.providers", "load code")]
    [InlineData("sasl.kerberos.kinit.cmd=cat secret", "sasl.kerberos.kinit.cmd", "run a command")]
    [InlineData("sasl.kerberos.principal=a; cat secret", "sasl.kerberos.principal", "becomes part of a command line")]
    [InlineData("sasl.jaas.config=com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true keyTab=\"/k\" principal=\"a$(cat secret)\";", "sasl.jaas.config", "sasl.kerberos.principal becomes part of a command line")]
    [InlineData("sasl.jaas.config=com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true keyTab=\"/k\\\"; cat secret\" principal=\"a\";", "sasl.jaas.config", "sasl.kerberos.keytab becomes part of a command line")]
    [InlineData("config.providers=file", "config.providers", "druid.dynamic.config.provider")]
    public void What_librdkafka_cannot_do_is_refused_with_what_to_write_instead(string given, string name, string reason)
    {
        var refused = Assert.Single(KafkaClientProperties.ForLibrdkafka(Pairs(given), _ => null).Refused);
        Assert.Equal(name, refused.Name);
        Assert.Contains(reason, refused.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Providers_are_looked_up_where_a_client_is_made()
    {
        var payload = JsonSerializer.Deserialize("""{"taskGroupId":0,"baseSequenceName":"b","startSequenceNumbers":{"type":"start","stream":"s","partitionSequenceNumberMap":{},"exclusivePartitions":[]},"endSequenceNumbers":{"type":"end","stream":"s","partitionSequenceNumberMap":{}},"inputFormat":null,"consumerProperties":{"bootstrap.servers":"k:1","fetch.min.bytes":5,"ssl.key.password":{"variable":"KEY","type":"environment"},"ssl.keystore.password":{"type":"default","password":"store"},"druid.dynamic.config.provider":{"type":"environment","variables":{"sasl.username":"USER_NAME"}}}}""", ContractsJson.Default.IndexTaskIoConfig)!;
        var sent = JsonSerializer.Serialize(payload, ContractsJson.Default.IndexTaskIoConfig);
        Assert.Contains("""{"bootstrap.servers":"k:1","druid.dynamic.config.provider":{"type":"environment","variables":{"sasl.username":"USER_NAME"}},"fetch.min.bytes":"5","ssl.key.password":{"type":"environment","variable":"KEY"},"ssl.keystore.password":{"type":"default","password":"store"}}""", sent, StringComparison.Ordinal);
        var read = JsonSerializer.Deserialize(sent, ContractsJson.Default.IndexTaskIoConfig)!.ConsumerProperties;
        Assert.Equal(payload.ConsumerProperties, read);
        var settings = KafkaClientProperties.ForLibrdkafka(read, name => name == "KEY" ? "key" : null);
        Assert.Equal([("bootstrap.servers", "k:1"), ("fetch.min.bytes", "5"), ("ssl.key.password", "key"), ("ssl.keystore.password", "store")], settings.Properties.Select(p => (p.Key, p.Value)));
        Assert.Equal([("sasl.username", "the environment variable [USER_NAME] is not set here")], settings.Refused);
        Assert.Empty(KafkaClientProperties.ForLibrdkafka(read, variable: null).Refused);
        var config = SecretProvider.Resolve(SecretProvider.Dynamic, """{"type":"mapString","config":{"a":"b"}}""", _ => null);
        Assert.Equal([("a", "b", (string?)null)], config);
    }

    [Theory]
    [InlineData("ssl.key.password", """{"type":"environment"}""", "has no variable: the name of one is expected")]
    [InlineData("ssl.key.password", """{"type":"default"}""", "has no password")]
    [InlineData("ssl.key.password", """{"type":"aws"}""", "has the type [aws]: environment and default are supported")]
    [InlineData("ssl.key.password", "[]", "is no provider: an object with a type is expected")]
    [InlineData("druid.dynamic.config.provider", "\"x\"", "is no provider: an object with a type is expected")]
    [InlineData("druid.dynamic.config.provider", """{"type":"environment","variables":{"a":1}}""", "has no variables: {\"PROPERTY\":\"NAME OF A VARIABLE\"} is expected")]
    [InlineData("ssl.key.password", """{"type":"environment","variable":"INGESTION_TOKEN"}""", "names the variable [INGESTION_TOKEN], which holds what overlords and workers need themselves: give the secret in another one")]
    [InlineData("druid.dynamic.config.provider", """{"type":"environment","variables":{"sasl.username":"KAFKA_USER","sasl.password":"AWS_SECRET_ACCESS_KEY"}}""", "names the variable [AWS_SECRET_ACCESS_KEY], which holds what overlords and workers need themselves: give the secret in another one")]
    [InlineData("druid.dynamic.config.provider", """{"type":"environment","variables":{"sasl.password":"METADATA_URL"}}""", "names the variable [METADATA_URL], which holds what overlords and workers need themselves: give the secret in another one")]
    [InlineData("druid.dynamic.config.provider", """{"type":"mapString"}""", "has no config: {\"PROPERTY\":\"VALUE\"} is expected")]
    [InlineData("sasl.jaas.config", """{"type":"default","password":"x"}""", "is no text: a password provider may stand for ssl.truststore.password, ssl.keystore.password and ssl.key.password; druid.dynamic.config.provider provides any others")]
    public void Provider_of_another_form_is_refused(string property, string json, string problem) =>
        Assert.Equal(problem, SecretProvider.ProblemOf(property, JsonDocument.Parse(json).RootElement));

    /// <summary>A spec may have been stored before they were refused.</summary>
    [Fact]
    public void Provider_never_has_the_values_of_the_programs_own_variables()
    {
        var settings = KafkaClientProperties.ForLibrdkafka([KeyValuePair.Create(SecretProvider.Dynamic, """{"type":"environment","variables":{"sasl.password":"INGESTION_TOKEN","sasl.username":"KAFKA_USER"}}"""), KeyValuePair.Create("ssl.key.password", """{"type":"environment","variable":"PGPASSWORD"}""")], name => $"of {name}");
        Assert.Equal([("sasl.username", "of KAFKA_USER")], settings.Properties.Select(p => (p.Key, p.Value)));
        Assert.Equal(["the environment variable [INGESTION_TOKEN] is not set here", "the environment variable [PGPASSWORD] is not set here"], settings.Refused.Select(r => r.Reason).Order());
    }

    private static IEnumerable<KeyValuePair<string, string>> Pairs(string text) => text.Split('|').Select(p => KeyValuePair.Create(p[..p.IndexOf('=', StringComparison.Ordinal)], p[(p.IndexOf('=', StringComparison.Ordinal) + 1)..]));
}
