using System.Runtime.InteropServices;
using System.Text;
using Confluent.Kafka;

namespace Ingestion.IndexTask.Tests.Kafka;

/// <summary>librdkafka's mock broker (rdkafka_mock.h) in this process, with topics of four partitions.</summary>
internal sealed partial class MockKafka : IDisposable
{
    private readonly IProducer<Null, byte[]> owner;
    private readonly nint cluster;
    private readonly nint client;

    public unsafe MockKafka()
    {
        var error = stackalloc byte[512];
        client = New(0, NewConf(), error, 512);
        cluster = NewCluster(client, 1);
        Address = Marshal.PtrToStringUTF8(Bootstraps(cluster))!;
        owner = new ProducerBuilder<Null, byte[]>(new ProducerConfig { BootstrapServers = Address, LingerMs = 0 }).Build();
    }

    public string Address { get; }

    public void CreateTopic(string topic) => CreateTopic(cluster, topic, 4, 1);

    public void Produce(string topic, int partition, params IEnumerable<string> values)
    {
        foreach (var value in values) owner.Produce(new TopicPartition(topic, partition), new Message<Null, byte[]> { Value = Encoding.UTF8.GetBytes(value) });
        Assert.Equal(0, owner.Flush(TimeSpan.FromSeconds(10)));
    }

    /// <summary>A record with all that it may have. A header's value, and the record's, may be null.</summary>
    public void Produce(string topic, int partition, string? key, string? value, DateTimeOffset time, params (string Name, string? Value)[] headers)
    {
        using var producer = new DependentProducerBuilder<byte[]?, byte[]?>(owner.Handle).Build();
        var message = new Message<byte[]?, byte[]?> { Key = Bytes(key), Value = Bytes(value), Timestamp = new Timestamp(time.UtcDateTime), Headers = [] };
        foreach (var (name, content) in headers) message.Headers.Add(name, Bytes(content));
        producer.Produce(new TopicPartition(topic, partition), message);
        Assert.Equal(0, owner.Flush(TimeSpan.FromSeconds(10)));
    }

    private static byte[]? Bytes(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);

    public void Dispose()
    {
        owner.Dispose();
        DestroyCluster(cluster);
        Destroy(client);
    }

    [LibraryImport("librdkafka", EntryPoint = "rd_kafka_conf_new")] private static partial nint NewConf();
    [LibraryImport("librdkafka", EntryPoint = "rd_kafka_new")] private static unsafe partial nint New(int type, nint conf, byte* error, nuint length);
    [LibraryImport("librdkafka", EntryPoint = "rd_kafka_destroy")] private static partial void Destroy(nint client);
    [LibraryImport("librdkafka", EntryPoint = "rd_kafka_mock_cluster_new")] private static partial nint NewCluster(nint client, int brokers);
    [LibraryImport("librdkafka", EntryPoint = "rd_kafka_mock_cluster_destroy")] private static partial void DestroyCluster(nint cluster);
    [LibraryImport("librdkafka", EntryPoint = "rd_kafka_mock_cluster_bootstraps")] private static partial nint Bootstraps(nint cluster);
    [LibraryImport("librdkafka", EntryPoint = "rd_kafka_mock_topic_create", StringMarshalling = StringMarshalling.Utf8)] private static partial int CreateTopic(nint cluster, string topic, int partitions, int replicas);
}
