using System.Text;
using System.Text.Json.Nodes;
using Confluent.Kafka;
using Ingestion.Embedded;
using Ingestion.EndToEnd.Specs;

namespace Ingestion.EndToEnd;

/// <summary>Brokers and topics that are not set up as usual.</summary>
public sealed class BrokerSettingsTests(Servers servers)
{
    private const string User = "druid";
    private const string Password = "s3cret;=x", WrongPassword = "wr0ng;=y";
    private const string LoginModule = "org.apache.kafka.common.security.plain.PlainLoginModule required";

    [Fact]
    public async Task Login_that_is_written_as_for_a_Java_client_is_let_in_and_a_wrong_password_shows_in_the_status()
    {
        await using var pipeline = await servers.PipelineAsync(ownBroker: true, settings: WithLogin);
        await pipeline.Stack.StartOverlordAsync("--request-log", Path.Combine(pipeline.Folder, "overlord-requests"));
        await pipeline.Stack.StartWorkerAsync(4, "--request-log", Path.Combine(pipeline.Folder, "worker-requests"));
        pipeline.Produce(Events.Sample.Take(500));
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s => Login(s, pipeline, WrongPassword)).ToJsonString());
        await pipeline.UntilAsync("the supervisor says that it is not let in", async () =>
        {
            var status = await pipeline.Stack.Client.StatusAsync(pipeline.Name);
            return status.GetProperty("detailedState").GetString() == "UNABLE_TO_CONNECT_TO_STREAM" && status.GetProperty("recentErrors").GetRawText().Contains("uthentication", StringComparison.Ordinal);
        });
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s => Login(s, pipeline, Password)).ToJsonString());
        await pipeline.UntilPublishedAsync(500);
        Events.AssertExactly(Events.Sample.Take(500), await pipeline.RowsAsync());
        Assert.DoesNotContain(Password, (await pipeline.Stack.Client.GetAsync($"/druid/indexer/v1/supervisor/{pipeline.Name}")).GetRawText(), StringComparison.Ordinal);
        await AssertNowhereWrittenAsync(pipeline);
    }

    /// <summary>Of all that is left behind but in the two tables that keep specs and payloads: logs of the processes and of requests, logs and reports of tasks, segments, the audit table.</summary>
    private static async Task AssertNowhereWrittenAsync(Pipeline pipeline)
    {
        Assert.Equal(200, (await pipeline.Stack.Client.SendAsync(HttpMethod.Post, $"/druid/indexer/v1/supervisor/{pipeline.Name}/suspend")).Status);
        var taskLogs = Path.Combine(pipeline.Folder, "task-logs");
        await pipeline.UntilAsync("the tasks are over and have left their logs and reports", async () =>
            (await pipeline.Stack.Client.GetAsync("/druid/indexer/v1/runningTasks")).GetArrayLength() == 0 && Directory.Exists(taskLogs) && Directory.EnumerateFiles(taskLogs).Count() > 1);
        Assert.Superset(new HashSet<string> { "overlord.log", "overlord-requests", "worker-1.log", "worker-requests", "task-logs" }, FilesWith(pipeline, pipeline.Name).Select(f => f.Split(Path.DirectorySeparatorChar)[0]).ToHashSet());
        Assert.True(await AuditedAsync(pipeline, pipeline.Name) > 0);
        foreach (var password in (string[])[Password, WrongPassword])
        {
            Assert.Equal([], FilesWith(pipeline, password));
            Assert.Equal((password, 0L), (password, await AuditedAsync(pipeline, password)));
        }
    }

    /// <summary>But for the broker's own, and the payloads in the worker's directory, which must have the password.</summary>
    private static List<string> FilesWith(Pipeline pipeline, string text) =>
    [
        .. from file in Directory.EnumerateFiles(pipeline.Folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(pipeline.Folder, f))
           where file.Split(Path.DirectorySeparatorChar)[0] is not ("kafka" or "worker-1") && File.ReadAllBytes(Path.Combine(pipeline.Folder, file)).AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0
           select file,
    ];

    private static Task<long> AuditedAsync(Pipeline pipeline, string text) => pipeline.ScalarAsync<long>($"SELECT count(*) FROM druid_audit WHERE strpos(convert_from(payload, 'UTF8'), '{text}') > 0");

    [Fact]
    public async Task Compacted_topic_is_read_from_an_offset_that_is_gone_across_gaps_and_tombstones_and_nothing_is_lost()
    {
        await using var pipeline = await servers.PipelineAsync(partitions: 1, ownBroker: true, settings: _ => ["log.cleaner.backoff.ms=100"]);
        await pipeline.Stack.StartOverlordAsync();
        await pipeline.Stack.StartWorkerAsync();
        var topic = $"{pipeline.Name}-compacted";
        // A record that is a minute younger than the segment of the log that it would go to begins the next one; all but the last are compacted.
        await pipeline.Kafka.CreateTopicAsync(topic, 1, new() { ["cleanup.policy"] = "compact", ["segment.ms"] = "60000", ["min.cleanable.dirty.ratio"] = "0.001", ["delete.retention.ms"] = "0" });
        var start = DateTimeOffset.UtcNow.AddHours(-1);

        // Ten keys three times each, all of which are read before they are compacted.
        Send(0, Enumerable.Range(0, 30).Select(i => (Key: $"k{i % 10}", Value: (byte[]?)Events.Sample[i])));
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s => { s["spec"]!["ioConfig"]!["topic"] = topic; s["spec"]!["ioConfig"]!["taskDuration"] = "PT1H"; }).ToJsonString());
        await pipeline.SuspendAsync(30);
        // Again, and tombstones for two of them, and five records in the segment that is not compacted.
        Send(10, Enumerable.Range(30, 30).Select(i => (Key: $"k{i % 10}", Value: (byte[]?)Events.Sample[i])).Concat([("k0", null), ("k1", null)]));
        Send(20, Enumerable.Range(60, 5).Select(i => (Key: $"other{i}", Value: (byte[]?)Events.Sample[i])));
        await pipeline.UntilAsync("the topic is compacted", () => Task.FromResult(Offsets(pipeline.Kafka.BootstrapServers, topic) is { Count: > 0 } offsets && offsets.All(o => o >= 52)));

        Assert.Equal(200, (await pipeline.Stack.Client.SendAsync(HttpMethod.Post, $"/druid/indexer/v1/supervisor/{pipeline.Name}/resume")).Status);
        await pipeline.SuspendAsync(67);
        Events.AssertExactly([.. Events.Sample.Take(30), .. Events.Sample.Skip(52).Take(13)], await pipeline.RowsAsync());
        Assert.Equal("""{"0":0} {"0":30}""", await pipeline.ScalarAsync<string>(
            "SELECT string_agg(convert_from(payload, 'UTF8')::json -> 'ioConfig' -> 'startSequenceNumbers' ->> 'partitionSequenceNumberMap', ' ' ORDER BY created_date) FROM druid_tasks"));

        void Send(int minutes, IEnumerable<(string Key, byte[]? Value)> records) => TopicRecord.Send(pipeline.Kafka.BootstrapServers,
            records.Select(r => (topic, new TopicRecord(r.Value, Encoding.UTF8.GetBytes(r.Key), [], start.AddMinutes(minutes).ToUnixTimeMilliseconds()))));
    }

    private static string[] WithLogin(int port) =>
    [
        $"listeners=PLAINTEXT://127.0.0.1:{port},SASL_PLAINTEXT://{KafkaBroker.Spare(port)},CONTROLLER://127.0.0.1:{port + 1}",
        $"advertised.listeners=PLAINTEXT://127.0.0.1:{port},SASL_PLAINTEXT://{KafkaBroker.Spare(port)}",
        "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
        "listener.name.sasl_plaintext.sasl.enabled.mechanisms=PLAIN",
        $"listener.name.sasl_plaintext.plain.sasl.jaas.config={LoginModule} user_{User}=\"{Password}\";",
    ];

    private static void Login(JsonNode spec, Pipeline pipeline, string password) => spec["spec"]!["ioConfig"]!["consumerProperties"] = new JsonObject
    {
        ["bootstrap.servers"] = pipeline.Kafka.SpareAddress, ["security.protocol"] = "SASL_PLAINTEXT", ["sasl.mechanism"] = "PLAIN",
        ["sasl.jaas.config"] = $"{LoginModule} username=\"{User}\" password=\"{password}\";",
        ["key.deserializer"] = "org.apache.kafka.common.serialization.ByteArrayDeserializer",
    };

    /// <summary>Of all records that a topic of one partition still has.</summary>
    private static List<long> Offsets(string bootstrapServers, string topic)
    {
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = bootstrapServers, GroupId = topic, EnableAutoCommit = false, EnablePartitionEof = true }).Build();
        consumer.Assign(new TopicPartitionOffset(topic, 0, Offset.Beginning));
        var offsets = new List<long>();
        while (consumer.Consume(TimeSpan.FromSeconds(10)) is { IsPartitionEOF: false } record) offsets.Add(record.Offset.Value);
        return offsets;
    }
}
