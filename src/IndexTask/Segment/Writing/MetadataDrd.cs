using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Ingestion.IndexTask.Segment.Writing;

/// <summary>The internal file <c>metadata.drd</c>: JSON with its members in Druid's order.</summary>
internal static class MetadataDrd
{
    public const string Name = "metadata.drd";

    // Druid's JSON leaves everything but quotes, backslashes and control characters as it is.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(SegmentMetadata metadata, SegmentOutput output)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WritePropertyName("container");
            if (metadata.Container is { ValueKind: JsonValueKind.Object } container)
            {
                container.WriteTo(json);
            }
            else
            {
                json.WriteStartObject();
                json.WriteEndObject();
            }

            WriteAggregators(metadata.Aggregators, json);
            WriteOrNull("timestampSpec", metadata.TimestampSpec, json);
            WriteOrNull("queryGranularity", metadata.QueryGranularity, json);
            json.WriteBoolean("rollup", metadata.Rollup);
            if (metadata.Ordering is { } ordering)
                WriteOrdering(ordering, json);
            json.WriteEndObject();
        }

        output.Write(buffer.WrittenSpan);
    }

    private static void WriteAggregators(IReadOnlyList<JsonElement>? aggregators, Utf8JsonWriter json)
    {
        json.WritePropertyName("aggregators");
        if (aggregators is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartArray();
        foreach (var aggregator in aggregators)
            aggregator.WriteTo(json);
        json.WriteEndArray();
    }

    private static void WriteOrNull(string name, JsonElement? value, Utf8JsonWriter json)
    {
        json.WritePropertyName(name);
        if (value is { ValueKind: not JsonValueKind.Undefined } present)
            present.WriteTo(json);
        else
            json.WriteNullValue();
    }

    private static void WriteOrdering(IReadOnlyList<string> ordering, Utf8JsonWriter json)
    {
        json.WriteStartArray("ordering");
        foreach (var column in ordering)
        {
            json.WriteStartObject();
            json.WriteString("columnName", column);
            json.WriteString("order", "ascending");
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
