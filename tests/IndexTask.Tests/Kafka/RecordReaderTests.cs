using System.Text;
using Ingestion.Contracts.Stream;
using Ingestion.IndexTask.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.IndexTask.Tests.Kafka;

public sealed class RecordReaderTests : IDisposable
{
    private readonly MockKafka kafka = new();

    public void Dispose() => kafka.Dispose();

    private RecordReader Open(params StreamPartition[] partitions) =>
        new(ReaderProperties.For([KeyValuePair.Create("bootstrap.servers", kafka.Address)], NullLogger.Instance), "events", partitions, NullLogger.Instance);

    private static List<string> ReadUntil(RecordReader reader, int events, int ends)
    {
        var read = new List<string>();
        for (var turn = 0; turn < 200 && (events > 0 || ends > 0); turn++)
        {
            var count = reader.Read(100);
            for (var i = 0; i < count; i++)
            {
                var record = reader[i];
                if (record.Kind == KafkaRecordKind.Event) events--;
                if (record.Kind == KafkaRecordKind.EndOfPartition) ends--;
                read.Add($"{record.Partition}@{record.Offset} {(record.Kind == KafkaRecordKind.Event ? Encoding.UTF8.GetString(record.Value) : record.Kind)}");
            }
        }
        return read;
    }

    [Fact]
    public void Partitions_are_read_from_exactly_the_offsets_given_and_their_ends_are_told()
    {
        kafka.CreateTopic("events");
        kafka.Produce("events", 1, "a", "b", "c");
        kafka.Produce("events", 3, "x");
        using var reader = Open(1, 3);
        reader.Assign([1, 0]);
        Assert.Equal(["0@1 b", "0@2 c", "0@3 EndOfPartition", "1@0 x", "1@1 EndOfPartition"], ReadUntil(reader, 3, 2).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Partitions_of_several_topics_are_read_and_told_apart()
    {
        foreach (var topic in new[] { "wiki_a", "wiki_b" }) kafka.CreateTopic(topic);
        kafka.Produce("wiki_a", 1, "a", "b");
        kafka.Produce("wiki_b", 1, "x");
        kafka.Produce("wiki_b", 2, "y");
        using var reader = Open(new("wiki_a", 1), new("wiki_b", 1), new("wiki_b", 2));
        reader.Assign([1, 0, 0]);
        Assert.Equal(["0@1 b", "0@2 EndOfPartition", "1@0 x", "1@1 EndOfPartition", "2@0 y", "2@1 EndOfPartition"], ReadUntil(reader, 3, 3).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Offset_that_kafka_does_not_have_is_told_and_nothing_is_skipped()
    {
        kafka.CreateTopic("events");
        kafka.Produce("events", 0, "a");
        using var reader = Open(0);
        reader.Assign([50]);
        var kinds = new List<KafkaRecordKind>();
        for (var turn = 0; turn < 100 && kinds.Count == 0; turn++)
            if (reader.Read(100) > 0) kinds.Add(reader[0].Kind);
        Assert.Equal([KafkaRecordKind.OffsetOutOfRange], kinds);
    }

    [Fact]
    public void Waiting_reader_is_woken()
    {
        kafka.CreateTopic("events");
        using var reader = Open(0);
        reader.Assign([0]);
        ReadUntil(reader, 0, 1);
        reader.Wake();
        var began = Environment.TickCount64;
        Assert.Equal(0, reader.Read(30_000));
        Assert.InRange(Environment.TickCount64 - began, 0, 10_000);
    }

    [Fact]
    public void Property_with_a_bad_value_is_refused_in_librdkafkas_words()
    {
        var properties = ReaderProperties.For([KeyValuePair.Create("fetch.min.bytes", "many")], NullLogger.Instance);
        Assert.Contains("fetch.min.bytes", Assert.Throws<KafkaSettingException>(() => new RecordReader(properties, "events", [0], NullLogger.Instance)).Message, StringComparison.Ordinal);
    }
}
