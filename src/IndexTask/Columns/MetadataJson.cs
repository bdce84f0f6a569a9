using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Columns;

/// <summary>What Druid notes in a segment about the schema it was made with (<c>metadata.drd</c>).</summary>
internal static class MetadataJson
{
    public static SegmentMetadata Of(DataSchema schema, IEnumerable<string> dimensions) => new()
    {
        Aggregators = [.. schema.Metrics.OrderBy(m => m.Name, StringComparer.Ordinal).Select(m => Json(w =>
        {
            w.WriteStartObject();
            w.WriteString("type", m.Kind == AggregatorKind.Count ? "longSum" : m.Type);
            w.WriteString("name", m.Name);
            w.WriteString("fieldName", m.Name);
            if (m.IsTimed)
                w.WriteString("timeColumn", m.TimeColumn ?? "__time");
            if (m is { IsTimed: true, ValueKind: ValueKind.String })
                w.WriteNumber("maxStringBytes", m.MaxStringBytes);
            w.WriteEndObject();
        }))],
        TimestampSpec = Json(w =>
        {
            w.WriteStartObject();
            w.WriteString("column", schema.Timestamp.Column);
            w.WriteString("format", schema.Timestamp.Format);
            w.WriteString("missingValue", schema.Timestamp.MissingValue is { } millis ? IsoTime.Write(millis) : null);
            w.WriteEndObject();
        }),
        QueryGranularity = Json(schema.QueryGranularity.Write),
        Rollup = schema.Rollup,
        Ordering = ["__time", .. dimensions],
    };

    private static JsonElement Json(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
            write(writer);
        return JsonDocument.Parse(buffer.ToArray()).RootElement;
    }
}
