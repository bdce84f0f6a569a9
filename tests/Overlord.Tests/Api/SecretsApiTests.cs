using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using Ingestion.Contracts.Stream;
using Ingestion.Support;
using Npgsql;

namespace Ingestion.Overlord.Tests.Api;

/// <summary>Passwords in consumerProperties: kept in the database, shown to nobody, and not lost when what was shown comes back.</summary>
public sealed class SecretsApiTests(PostgresFixture postgres)
{
    private const string Path = "/druid/indexer/v1/supervisor";
    private const string Secret = "hunter2";

    [Fact]
    public async Task No_answer_has_a_secret_and_what_was_shown_can_be_posted_again()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var overlord = await RunningOverlord.StartAsync(database);
        var posted = Secretive();
        var answers = new List<string>();
        foreach (var (method, path, body) in (IEnumerable<(string, string, string?)>)
        [
            ("POST", $"{Path}?dryRun=true", posted), ("POST", Path, posted), ("GET", $"{Path}/wiki", null), ("GET", $"{Path}?full", null), ("GET", $"{Path}?system", null), ("GET", $"{Path}/wiki/status", null),
            ("GET", $"{Path}/wiki/explain", null), ("GET", $"{Path}/wiki/history", null), ("GET", $"{Path}/history", null), ("POST", $"{Path}/wiki/suspend", "{}"), ("POST", $"{Path}/wiki/resume", "{}"),
        ])
        {
            var answer = await overlord.SendAsync(method, path, body);
            Assert.Equal((path, 200), (path, answer.Status));
            answers.Add(answer.Body);
        }
        Assert.DoesNotContain(answers, a => a.Contains(Secret, StringComparison.Ordinal));
        var shown = JsonNode.Parse(answers[2])!;
        Assert.Equal("""
            {"bootstrap.servers":"k:1","client.id":"hunter","security.protocol":"SASL_SSL","sasl.mechanism":"PLAIN","sasl.jaas.config":"********","ssl.key.password":{"type":"default","password":"********"},"ssl.truststore.password":{"type":"environment","variable":"NAME"}}
            """.Trim(), shown["spec"]!["ioConfig"]!["consumerProperties"]!.ToJsonString());

        shown["spec"]!["ioConfig"]!["taskCount"] = 2;
        shown["spec"]!["ioConfig"]!["consumerProperties"]!["client.id"] = "gatherer";
        Assert.Equal(200, (await overlord.SendAsync("POST", Path, shown.ToJsonString())).Status);
        var stored = await StoredAsync(database);
        Assert.Equal((2, JsonNode.Parse(posted)!["spec"]!["ioConfig"]!["consumerProperties"]!.ToJsonString().Replace("hunter\",", "gatherer\",", StringComparison.Ordinal)), ((int)stored["spec"]!["ioConfig"]!["taskCount"]!, stored["spec"]!["ioConfig"]!["consumerProperties"]!.ToJsonString()));
    }

    [Fact]
    public async Task Mask_that_stands_for_nothing_is_refused_with_its_path()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        var masked = JsonNode.Parse(Secretive())!;
        masked["spec"]!["ioConfig"]!["consumerProperties"]!["sasl.jaas.config"] = ConsumerSecrets.Mask;
        masked["spec"]!["ioConfig"]!["consumerProperties"]!["ssl.key.password"]!["password"] = ConsumerSecrets.Mask;
        var answer = await overlord.SendAsync("POST", Path, masked.ToJsonString());
        Assert.Equal((400, "$.spec.ioConfig.consumerProperties.sasl.jaas.config $.spec.ioConfig.consumerProperties.ssl.key.password.password"),
            (answer.Status, string.Join(' ', JsonNode.Parse(answer.Body)!["problems"]!.AsArray().Select(p => (string)p!["path"]!))));
        Assert.Equal("[]", (await overlord.SendAsync("GET", Path)).Body);
    }

    [Theory]
    [InlineData("""{"bootstrap.servers":"evil:1"}""", "bootstrap.servers")]
    [InlineData("""{"metadata.broker.list":"evil:1"}""", "metadata.broker.list")]
    [InlineData("""{"security.protocol":"SASL_PLAINTEXT"}""", "security.protocol")]
    [InlineData("""{"security.protocol":null}""", "security.protocol")]
    [InlineData("""{"enable.ssl.certificate.verification":"false"}""", "enable.ssl.certificate.verification")]
    [InlineData("""{"druid.dynamic.config.provider":{"type":"mapString","config":{"ssl.endpoint.identification.algorithm":"none"} } }""", "druid.dynamic.config.provider")]
    [InlineData("""{"druid.dynamic.config.provider":{"type":"mapString","config":{"ssl.endpoint.identification.algorithm":"https","bootstrap.servers":"evil:1"} } }""", "druid.dynamic.config.provider")]
    [InlineData("""{"druid.dynamic.config.provider":{"type":"environment","variables":{"ssl.endpoint.identification.algorithm":"https"} } }""", "druid.dynamic.config.provider")]
    [InlineData("""{"druid.dynamic.config.provider":null}""", "druid.dynamic.config.provider")]
    [InlineData("""{"bootstrap.servers":"********"}""", "bootstrap.servers")]
    public async Task Mask_stands_for_no_secret_that_would_go_elsewhere(string change, string property)
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var overlord = await RunningOverlord.StartAsync(database);
        var posted = JsonNode.Parse(Secretive())!;
        posted["spec"]!["ioConfig"]!["consumerProperties"]!["druid.dynamic.config.provider"] = JsonNode.Parse("""{"type":"mapString","config":{"ssl.endpoint.identification.algorithm":"https"} }""");
        Assert.Equal(200, (await overlord.SendAsync("POST", Path, posted.ToJsonString())).Status);
        var stored = (await StoredAsync(database)).ToJsonString();
        var shown = JsonNode.Parse((await overlord.SendAsync("GET", $"{Path}/wiki")).Body)!;
        foreach (var (name, value) in JsonNode.Parse(change)!.AsObject()) shown["spec"]!["ioConfig"]!["consumerProperties"]![name] = value?.DeepClone();
        var why = $"[********] stands for a secret that goes only where it went before, and [{property}] differs: give the value itself";
        foreach (var query in (string[])["", "?dryRun=true"])
        {
            var answer = await overlord.SendAsync("POST", Path + query, shown.ToJsonString());
            Assert.Equal((query, 400, $"$.spec.ioConfig.consumerProperties.sasl.jaas.config: {why}, $.spec.ioConfig.consumerProperties.ssl.key.password.password: {why}"),
                (query, answer.Status, string.Join(", ", JsonNode.Parse(answer.Body)!["problems"]!.AsArray().Select(p => $"{p!["path"]}: {p["message"]}"))));
        }
        Assert.Equal(400, (await overlord.SendAsync("POST", "/druid/indexer/v1/sampler", shown.ToJsonString())).Status);
        Assert.Equal(stored, (await StoredAsync(database)).ToJsonString());
    }

    [Fact]
    public void Masks_stand_for_secrets_as_long_as_only_what_is_harmless_or_itself_a_secret_differs()
    {
        const string stored = """{"spec":{"ioConfig":{"consumerProperties":{"bootstrap.servers":"k:1","sasl.password":"x","ssl.key.password":"y","fetch.min.bytes":1} } } }""";
        Assert.Equal(("""{"spec":{"tuningConfig":{},"ioConfig":{"consumerProperties":{"sasl.password":"x","ssl.key.password":"new","bootstrap.servers":"k:1","client.id":"c","max.poll.records":5}}}}""", 0),
            Restored("""{"spec":{"tuningConfig":{},"ioConfig":{"consumerProperties":{"sasl.password":"********","ssl.key.password":"new","bootstrap.servers":"k:1","client.id":"c","max.poll.records":5} } } }"""));
        Assert.Equal(("""{"spec":{"ioConfig":{"consumerProperties":{"bootstrap.servers":"evil:1","sasl.password":"new"}}}}""", 0), Restored("""{"spec":{"ioConfig":{"consumerProperties":{"bootstrap.servers":"evil:1","sasl.password":"new"} } } }"""));
        const string url = """{"spec":{"ioConfig":{"consumerProperties":{"bootstrap.servers":"k:1","a.url":"https://id:secret@idp","sasl.password":"x"}}}}""";
        Assert.Equal((url, 0), Restored(url.Replace("https://id:secret@idp", "********", StringComparison.Ordinal).Replace("\"x\"", "\"********\"", StringComparison.Ordinal), url));
        Assert.Equal(1, Restored(url.Replace("@idp", "@evil", StringComparison.Ordinal).Replace("\"x\"", "\"********\"", StringComparison.Ordinal), url).Problems);
        // Whichever of two counts.
        Assert.Equal(1, Restored("""{"spec":{"ioConfig":{"consumerProperties":{"bootstrap.servers":"evil:1","bootstrap.servers":"k:1","sasl.password":"********"} } } }""").Problems);
        Assert.Equal(1, Restored("""{"spec":{"ioConfig":{"consumerProperties":{"sasl.password":"********"} } } }""").Problems);

        static (string Json, int Problems) Restored(string posted, string before = stored)
        {
            var (json, problems) = ConsumerSecrets.Restored(JsonDocument.Parse(posted).RootElement, before);
            return (json, problems.Count);
        }
    }

    [Fact]
    public async Task Spec_that_names_a_variable_with_the_keys_of_deep_storage_is_refused_and_a_worker_does_not_read_it()
    {
        const string access = "KEYS_OF_DEEP_STORAGE_1", secret = "KEYS_OF_DEEP_STORAGE_2";
        foreach (var name in (string[])[access, secret]) Environment.SetEnvironmentVariable(name, Secret);
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync(), more:
            ["--deep-storage", "s3://bucket/base", "--druid.s3.accessKey", $$"""{"type":"environment","variable":"{{access}}"}""", "--druid.s3.secretKey", $$"""{"type":"environment","variable":"{{secret}}"}"""]);
        const string password = $$"""{"type":"environment","variable":"{{secret}}"}""", provider = $$$"""{"type":"environment","variables":{"sasl.password":"{{{secret}}}"} }""";
        foreach (var (property, json) in ((string, string)[])[("ssl.key.password", password), ("druid.dynamic.config.provider", provider)])
        {
            var answer = await overlord.SendAsync("POST", Path, PostedSpecs.Wiki(spec => spec["spec"]!["ioConfig"]!["consumerProperties"]![property] = JsonNode.Parse(json)));
            Assert.Equal((400, $"$.spec.ioConfig.consumerProperties.{property}: names the variable [{secret}], which holds what overlords and workers need themselves: give the secret in another one"),
                (answer.Status, (string)JsonNode.Parse(answer.Body)!["error"]!));
            Assert.Null(Assert.Single(SecretProvider.Resolve(property, json, Environment.GetEnvironmentVariable)).Value);
        }
    }

    [Theory]
    [InlineData("""{"a":{"consumerProperties":{"sasl.password":"x","group.id":"y"} } }""", """{"a":{"consumerProperties":{"sasl.password":"********","group.id":"y"}}}""")]
    [InlineData("""{"consumerProperties":{"ssl.key.password":null,"sasl.oauthbearer.client.secret":7,"sasl.oauthbearer.token.endpoint.url":"http://t"}}""", """{"consumerProperties":{"ssl.key.password":null,"sasl.oauthbearer.client.secret":"********","sasl.oauthbearer.token.endpoint.url":"http://t"}}""")]
    [InlineData("""{"consumerProperties":{"druid.dynamic.config.provider":{"type":"mapString","config":{"sasl.password":"x","client.id":"c"} } } }""", """{"consumerProperties":{"druid.dynamic.config.provider":{"type":"mapString","config":{"sasl.password":"********","client.id":"c"}}}}""")]
    [InlineData("""{"consumerProperties":{"druid.dynamic.config.provider":{"type":"environment","variables":{"sasl.password":"NAME"} } } }""", null)]
    [InlineData("""{"consumerProperties":{"sasl.oauthbearer.token.endpoint.url":"https://id:secret@idp/token","druid.dynamic.config.provider":{"type":"mapString","config":{"schema.registry.URL":"http://u:p\u0040r"} } } }""",
        """{"consumerProperties":{"sasl.oauthbearer.token.endpoint.url":"********","druid.dynamic.config.provider":{"type":"mapString","config":{"schema.registry.URL":"********"}}}}""")]
    [InlineData("""{"consumer\u0050roperties":{"sasl.passwor\u0064":"x"}}""", """{"consumerProperties":{"sasl.password":"********"}}""")]
    [InlineData("""{"type":"NoopSupervisorSpec","type":"noop","password":"not a property"}""", null)]
    public void Properties_are_secret_by_their_names(string json, string? redacted) => Assert.Equal(redacted ?? json, ConsumerSecrets.Redacted(json));

    private static string Secretive() => PostedSpecs.Wiki(spec => spec["spec"]!["ioConfig"]!["consumerProperties"] = JsonNode.Parse("""
        {"bootstrap.servers":"k:1","client.id":"hunter","security.protocol":"SASL_SSL","sasl.mechanism":"PLAIN",
         "sasl.jaas.config":"org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"hunter2\";",
         "ssl.key.password":{"type":"default","password":"hunter2"},"ssl.truststore.password":{"type":"environment","variable":"NAME"}}
        """));

    private static async Task<JsonNode> StoredAsync(string database)
    {
        await using var connection = new NpgsqlConnection(database);
        return JsonNode.Parse(Encoding.UTF8.GetString(await connection.QuerySingleAsync<byte[]>("SELECT payload FROM druid_supervisors ORDER BY id DESC LIMIT 1")))!;
    }
}
