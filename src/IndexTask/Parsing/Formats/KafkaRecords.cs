using System.Text;
using Ingestion.Contracts.Specs;

namespace Ingestion.IndexTask.Parsing.Formats;

/// <summary>
/// kafka: the rows of the value, each with the record's headers, timestamp, topic and key. As in Druid the value's own fields go first, of the others a header before the timestamp, that
/// before the topic and the key last; the last of several headers of one name counts, and a key that cannot be read makes the record unparseable.
/// </summary>
internal sealed class KafkaRecords : IRecordFormat
{
    private readonly InputFormat.Kafka format;
    private readonly IRecordFormat values;
    private readonly IRecordFormat? keys;
    private readonly bool discovers;
    private readonly IReadOnlyList<string> listed;
    private readonly HashSet<string> excluded;
    private readonly List<EventRecord> records = [];

    public KafkaRecords(InputFormat.Kafka format, DataSchema schema)
    {
        this.format = format;
        values = IRecordFormat.For(format.Value, schema);
        keys = format.Key is { } key ? IRecordFormat.For(key, FieldDiscovery.Nested) : null;
        discovers = schema.DiscoversDimensions;
        listed = [.. schema.Dimensions.Select(d => d.Name)];
        excluded = new(schema.DimensionExclusions.Concat(schema.Metrics.SelectMany(m => new[] { m.Name, m.FieldName ?? m.Name })), StringComparer.Ordinal) { schema.Timestamp.Column };
    }

    /// <param name="value">A <see cref="RecordEnvelope"/>.</param>
    public IReadOnlyList<EventRecord> Read(ReadOnlySpan<byte> value)
    {
        records.Clear();
        var envelope = new RecordEnvelope(value);
        var around = Around(envelope);
        if (keys is not null && envelope.HasKey && keys.Read(envelope.Key) is { Count: > 0 } read)
        {
            if (read[0].Problem is { } problem)
            {
                records.Add(new EventRecord([], problem, read[0].Line));
                return records;
            }

            var key = read[0].Rows[0];
            if (key.Discoverable.FirstOrDefault() is { } first && key.Value(first) is { } found && around.GetValueOrDefault(format.KeyColumn) is null)
                around[format.KeyColumn] = found;
        }

        IReadOnlyCollection<string> names = JavaHashOrder.Of([], around.Keys);
        foreach (var record in values.Read(envelope.Value))
        {
            if (record.Problem is not null)
                records.Add(record);
            foreach (var row in record.Rows)
                records.Add(new EventRecord([new BlendedFields(row, Own(row), around, names)], null, record.Line, IsBlended: true));
        }

        return records;
    }

    private OrderedDictionary<string, object?> Around(RecordEnvelope envelope)
    {
        var around = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
        if (format.Headers is { } encoding)
        {
            foreach (var header in envelope.Headers)
                around[format.HeaderPrefix + Encoding.UTF8.GetString(header.Name)] = header.HasValue ? encoding.GetString(header.Value.ToArray()) : null;
        }

        if (around.GetValueOrDefault(format.TimestampColumn) is null)
            around[format.TimestampColumn] = envelope.TimestampMillis;
        if (around.GetValueOrDefault(format.TopicColumn) is null)
            around[format.TopicColumn] = Encoding.UTF8.GetString(envelope.Topic);
        return around;
    }

    private IReadOnlyCollection<string> Own(FieldValues row) => discovers ? [.. listed.Concat(row.Discoverable.Where(name => !excluded.Contains(name))).Distinct(StringComparer.Ordinal)] : listed;
}
