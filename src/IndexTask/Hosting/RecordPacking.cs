using System.Text;
using Ingestion.Contracts.Stream;
using Ingestion.IndexTask.Kafka;
using Ingestion.IndexTask.Parsing;

namespace Ingestion.IndexTask.Hosting;

/// <summary>Packs records of Kafka for formats that want more of them than the value.</summary>
/// <param name="topic">Of partitions that name none.</param>
/// <param name="partitions">What records refer to by index.</param>
internal sealed class RecordPacking(string topic, IEnumerable<StreamPartition> partitions, bool withHeaders)
{
    private readonly byte[][] topics = [.. partitions.Select(p => Encoding.UTF8.GetBytes(p.Topic ?? topic))];
    private readonly RecordEnvelope.Writer writer = new();

    /// <returns>Good until the next call; <c>default</c> for a record without a value, of which nothing is read.</returns>
    public ReadOnlySpan<byte> Pack(in KafkaRecord record)
    {
        if (RecordValue.IsNull(record.Value)) return default;
        writer.Begin(record.TimestampMillis, topics[record.Partition], record.Key, record.HasKey);
        for (var headers = record.Headers; withHeaders && headers.MoveNext();) writer.Header(headers.Name, headers.Value, headers.HasValue);
        return writer.End(record.Value);
    }
}
