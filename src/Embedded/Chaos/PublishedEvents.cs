using Confluent.Kafka;
using Ingestion.IndexTask.Segment;
using Npgsql;

namespace Ingestion.Embedded.Chaos;

/// <summary>Compares what a topic of <see cref="NumberedEvents"/> holds with what was published of it: the rows of the segments that the metadata calls used.</summary>
/// <param name="InTopic">Events in the topic.</param>
/// <param name="Rows">Rows in the segments.</param>
/// <param name="Lost">Events that are in no segment.</param>
/// <param name="Duplicates">Rows too many of events that are in the topic.</param>
/// <param name="Strangers">Rows of events that are not in the topic.</param>
/// <param name="Where">Which offsets are lost or there too often, for who looks for the cause.</param>
public sealed record PublishedEvents(long InTopic, long Rows, long Lost, long Duplicates, long Strangers, IReadOnlyList<string> Where)
{
    private const int RangesShown = 20;
    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(60);

    public static async Task<PublishedEvents> CompareAsync(string bootstrapServers, string topic, int partitions, NpgsqlDataSource database, string dataSource)
    {
        var numbers = await Task.Run(() => Numbers(bootstrapServers, topic, partitions));
        var (rows, strangers) = (0L, 0L);
        var published = new int[numbers.Max(p => p.DefaultIfEmpty(-1).Max()) + 1]; // by number
        foreach (var path in await PublishedMetadata.SegmentPathsAsync(database, dataSource))
        {
            using var segment = SegmentReader.Open(path);
            if (segment.RowCount == 0 || segment.Read(NumberedEvents.Column) is not ColumnContent.LongColumn column) continue;
            foreach (var number in column.Values.Span)
            {
                rows++;
                if (number >= 0 && number < published.Length) published[number]++;
                else strangers++;
            }
        }
        return Tally(numbers, published, rows, strangers);
    }

    /// <param name="numbers">By partition, in the order of the offsets.</param>
    /// <param name="published">How often, by number.</param>
    public static PublishedEvents Tally(IReadOnlyList<IReadOnlyList<long>> numbers, int[] published, long rows, long strangers)
    {
        var (inTopic, lost, duplicates) = (0L, 0L, 0L);
        var where = new List<string>();
        for (var partition = 0; partition < numbers.Count; partition++)
        {
            var times = numbers[partition].Select(number => published[number]).ToList();
            inTopic += times.Count;
            for (int begin = 0, end; begin < times.Count; begin = end)
            {
                for (end = begin + 1; end < times.Count && times[end] == times[begin];) end++;
                if (times[begin] == 0) lost += end - begin;
                else duplicates += (long)(times[begin] - 1) * (end - begin);
                if (times[begin] != 1 && where.Count < RangesShown) where.Add($"partition {partition}, offsets {begin} to {end - 1}: published {times[begin]} times");
            }
        }
        var known = new bool[published.Length];
        foreach (var number in numbers.SelectMany(p => p)) known[number] = true;
        strangers += published.Where((_, number) => !known[number]).Sum(times => (long)times);
        return new PublishedEvents(inTopic, rows, lost, duplicates, strangers, where);
    }

    /// <summary>All of the topic, by partition.</summary>
    private static List<long>[] Numbers(string bootstrapServers, string topic, int partitions)
    {
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(new ConsumerConfig { BootstrapServers = bootstrapServers, GroupId = "published-events", EnableAutoCommit = false, EnablePartitionEof = false }).Build();
        List<TopicPartition> all = [.. Enumerable.Range(0, partitions).Select(p => new TopicPartition(topic, p))];
        var left = all.Sum(p => consumer.QueryWatermarkOffsets(p, ReadLimit).High.Value);
        var numbers = Array.ConvertAll(all.ToArray(), _ => new List<long>());
        consumer.Assign(all.Select(p => new TopicPartitionOffset(p, Offset.Beginning)));
        for (; left > 0; left--)
        {
            var record = consumer.Consume(ReadLimit) ?? throw new TimeoutException($"topic {topic} could not be read to its end: {left} events are left");
            numbers[record.Partition.Value].Add(NumberedEvents.NumberOf(record.Message.Value));
        }
        return numbers;
    }
}
