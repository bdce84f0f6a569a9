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

    public void CreateTopic(string topic, int partitions = 4) => CreateTopic(cluster, topic, partitions, 1);

    public void Produce(string topic, int partition, params IEnumerable<string> values)
    {
        foreach (var value in values) owner.Produce(new TopicPartition(topic, partition), new Message<Null, byte[]> { Value = Encoding.UTF8.GetBytes(value) });
        Assert.Equal(0, owner.Flush(TimeSpan.FromSeconds(10)));
    }

    /// <summary>Produces to partitions from 0 on, compressed: the mock keeps the last 5 MiB of each as they came.</summary>
    /// <param name="value">From partition and offset.</param>
    public void ProduceMany(string topic, int partitions, int count, Func<int, int, byte[]> value)
    {
        using var producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig { BootstrapServers = Address, LingerMs = 20, BatchNumMessages = 2_000, CompressionType = CompressionType.Lz4, QueueBufferingMaxMessages = 0 }).Build();
        for (var partition = 0; partition < partitions; partition++)
        {
            for (var i = 0; i < count; i++) producer.Produce(new TopicPartition(topic, partition), new Message<Null, byte[]> { Value = value(partition, i) });
            Assert.Equal(0, producer.Flush(TimeSpan.FromSeconds(30)));
        }
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
