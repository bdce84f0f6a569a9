using System.Text.Json;
using System.Text.Json.Nodes;
using Confluent.Kafka;
using Ingestion.Embedded;

namespace Ingestion.EndToEnd;

/// <summary>One dataSource fed by several topics: by one supervisor of a pattern, and by a supervisor for each.</summary>
public sealed class SeveralTopicsTests(Servers servers)
{
    [Fact]
    public async Task Supervisor_of_a_pattern_publishes_what_its_topics_hold_and_those_that_come_later()
    {
        await using var pipeline = await servers.PipelineAsync();
        var topics = new[] { "a", "b", "c" }.Select(letter => $"{pipeline.Name}_{letter}").ToList();
        foreach (var topic in topics.Take(2)) await pipeline.Kafka.CreateTopicAsync(topic, 2);
        await pipeline.StartAllInOneAsync(capacity: 8);
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s =>
        {
            var io = s["spec"]!["ioConfig"]!.AsObject();
            io.Remove("topic");
            (io["topicPattern"], io["taskCount"], io["period"]) = ($"{pipeline.Name}_.*", 2, "PT1S");
        }).ToJsonString());
        Send(pipeline, topics[0], Events.Sample.Take(3_000));
        Send(pipeline, topics[1], Events.Sample.Skip(3_000).Take(2_000));
        pipeline.Produce(Events.Sample.Take(10)); // the topic of the plain name is none of the pattern's
        await pipeline.UntilPublishedAsync(5_000);

        await pipeline.Kafka.CreateTopicAsync(topics[2], 1);
        Send(pipeline, topics[2], Events.Sample.Skip(5_000).Take(1_000), partitions: 1);
        await pipeline.UntilPublishedAsync(6_000);
        Events.AssertExactly(Events.Sample.Take(6_000), await pipeline.RowsAsync());
        var status = await pipeline.Stack.Client.StatusAsync(pipeline.Name);
        Assert.Equal(($"{pipeline.Name}_.*", 5), (status.GetProperty("stream").GetString(), status.GetProperty("partitions").GetInt32()));
        Assert.Equal(topics.Take(2).SelectMany(t => new[] { $"{t}:0", $"{t}:1" }).Append($"{topics[2]}:0"), status.GetProperty("committedOffsets").EnumerateObject().Select(o => o.Name));
    }

    [Fact]
    public async Task Topic_of_a_pattern_that_is_deleted_does_not_hold_up_the_others()
    {
        await using var pipeline = await servers.PipelineAsync();
        var (kept, deleted) = ($"{pipeline.Name}_kept", $"{pipeline.Name}_deleted");
        foreach (var topic in new[] { kept, deleted }) await pipeline.Kafka.CreateTopicAsync(topic, 2);
        await pipeline.StartAllInOneAsync(capacity: 8);
        await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s =>
        {
            var io = s["spec"]!["ioConfig"]!.AsObject();
            io.Remove("topic");
            (io["topicPattern"], io["period"], io["taskDuration"]) = ($"{pipeline.Name}_.*", "PT1S", "PT1H");
        }).ToJsonString());
        Send(pipeline, kept, Events.Sample.Take(1_000));
        Send(pipeline, deleted, Events.Sample.Skip(1_000).Take(1_000));
        await pipeline.UntilAsync("both are read", async () => await pipeline.ReadAsync() == 2_000);

        using (var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = pipeline.Kafka.BootstrapServers }).Build()) await admin.DeleteTopicsAsync([deleted]);
        await pipeline.UntilPublishedAsync(2_000); // what was read of it is not lost
        Send(pipeline, kept, Events.Sample.Skip(2_000).Take(1_000));
        await pipeline.UntilAsync("the other is read on, alone", async () => (await pipeline.ReadingAsync()).Values.SequenceEqual([2_000]));
        Assert.Equal(200, (await pipeline.Stack.Client.SendAsync(HttpMethod.Post, $"/druid/indexer/v1/supervisor/{pipeline.Name}/suspend")).Status);
        await pipeline.UntilPublishedAsync(3_000);
        Events.AssertExactly(Events.Sample.Take(3_000), await pipeline.RowsAsync());
    }

    [Fact]
    public async Task Two_supervisors_of_one_data_source_publish_beside_each_other()
    {
        await using var pipeline = await servers.PipelineAsync();
        var other = pipeline.Name + "_other";
        await pipeline.Kafka.CreateTopicAsync(other, 2);
        await pipeline.StartAllInOneAsync(capacity: 8);
        foreach (var topic in new[] { pipeline.Name, other })
            await pipeline.Stack.Client.PostSpecAsync(pipeline.Spec(s =>
            {
                s["id"] = topic;
                s["context"] = new JsonObject { ["useConcurrentLocks"] = true };
                s["spec"]!["ioConfig"]!["topic"] = topic;
            }).ToJsonString());
        pipeline.Produce(Events.Sample.Take(3_000));
        Send(pipeline, other, Events.Sample.Skip(3_000).Take(2_000));
        await pipeline.UntilPublishedAsync(3_000);
        await pipeline.UntilPublishedAsync(2_000, other);
        Events.AssertExactly(Events.Sample.Take(5_000), await pipeline.RowsAsync());
    }

    private static void Send(Pipeline pipeline, string topic, IEnumerable<byte[]> events, int partitions = 2) => Assert.True(Sample.Send(pipeline.Kafka.BootstrapServers, topic, Sample.Deal(events, partitions)) > 0);
}
