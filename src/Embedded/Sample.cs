using System.IO.Compression;
using System.Text;
using Confluent.Kafka;

namespace Ingestion.Embedded;

/// <summary>39,244 real Wikipedia edits of 2015-09-12 (Druid's tutorial data), one JSON event a line.</summary>
public static class Sample
{
    public const string FileName = "wikiticker-2015-09-12-sampled.json.gz";
    public const int Events = 39_244;

    /// <summary>The sample's lines, without their line ends.</summary>
    public static IEnumerable<byte[]> Read(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress), Encoding.UTF8);
        while (reader.ReadLine() is { } line) yield return Encoding.UTF8.GetBytes(line);
    }

    /// <summary>The file, looked for upwards from the running program: <c>samples/</c> of the clone.</summary>
    public static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (Path.Combine(folder.FullName, "samples", FileName) is var path && File.Exists(path)) return path;
        throw new FileNotFoundException($"samples/{FileName} is in no folder above {AppContext.BaseDirectory}");
    }

    /// <summary>Deals events round robin over partitions, as <see cref="Send"/> takes them.</summary>
    public static IEnumerable<(int Partition, byte[] Event)> Deal(IEnumerable<byte[]> events, int partitions) => events.Select((e, i) => (i % partitions, e));

    /// <summary>Events ever sent to a topic: the sum of its partitions' ends.</summary>
    public static long Count(string bootstrapServers, string topic, int partitions) => Ends(bootstrapServers, topic, partitions).Sum();

    /// <summary>What of a round of events a topic lacks: partitions hold whole rounds of their share, and at most one that was interrupted.</summary>
    /// <param name="again">Begin another round where partitions hold whole ones.</param>
    public static IEnumerable<(int Partition, byte[] Event)> Missing(string bootstrapServers, string topic, IReadOnlyList<byte[]> events, int partitions, bool again)
    {
        var ends = Ends(bootstrapServers, topic, partitions);
        var skip = new long[partitions];
        for (var p = 0; p < partitions; p++)
        {
            var share = (events.Count - p + partitions - 1) / partitions;
            skip[p] = ends[p] > 0 && ends[p] % share == 0 && !again ? share : ends[p] % share;
        }
        return Deal(events, partitions).Where((e, i) => i / partitions >= skip[e.Partition]);
    }

    /// <summary>Sends events, in order within each partition, lz4-compressed, and waits until the broker has them.</summary>
    /// <returns>Events sent.</returns>
    /// <exception cref="KafkaException">The broker did not take one.</exception>
    public static int Send(string bootstrapServers, string topic, IEnumerable<(int Partition, byte[] Event)> events)
    {
        using var producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig
        {
            BootstrapServers = bootstrapServers, CompressionType = CompressionType.Lz4, LingerMs = 20, Acks = Acks.All, QueueBufferingMaxMessages = 1_000_000, QueueBufferingMaxKbytes = 1 << 20,
        }).Build();
        Error? failure = null;
        var sent = 0;
        foreach (var (partition, value) in events)
        {
            producer.Produce(new TopicPartition(topic, partition), new Message<Null, byte[]> { Value = value }, report => { if (report.Error.IsError) failure = report.Error; });
            if (++sent % 50_000 == 0) producer.Flush(TimeSpan.FromSeconds(60));
        }
        producer.Flush(TimeSpan.FromSeconds(60));
        return failure is null ? sent : throw new KafkaException(failure);
    }

    private static long[] Ends(string bootstrapServers, string topic, int partitions)
    {
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = bootstrapServers, GroupId = "sample", AllowAutoCreateTopics = true }).Build();
        return [.. Enumerable.Range(0, partitions).Select(p => consumer.QueryWatermarkOffsets(new TopicPartition(topic, p), TimeSpan.FromSeconds(20)).High.Value)];
    }
}
