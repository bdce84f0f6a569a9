using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Parsing.Formats;

namespace Ingestion.IndexTask.Hosting.Sampling;

/// <summary>A sample in the JSON of Druid's <c>SamplerResponse</c>.</summary>
internal static class SampleAnswer
{
    private const string Time = "__time", SortedArray = "SORTED_ARRAY";

    public static byte[] Write(SampleRun run, SampleLimits limits)
    {
        var dimensions = run.Table.Dimensions();
        var metrics = run.Table.Metrics();
        SampledColumn[] columns = [.. dimensions.Select(d => d.Column), .. metrics];
        var (rows, read, indexed) = Cut(run, columns, limits);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("numRowsRead", read);
            json.WriteNumber("numRowsIndexed", indexed);
            json.WriteStartArray("logicalDimensions");
            foreach (var dimension in dimensions) WriteLogical(json, dimension);
            json.WriteEndArray();
            json.WriteStartArray("physicalDimensions");
            foreach (var dimension in dimensions) WritePhysical(json, dimension.Schema);
            json.WriteEndArray();
            json.WriteStartArray("logicalSegmentSchema");
            WriteColumn(json, Time, "LONG");
            foreach (var column in columns) WriteColumn(json, column.Name, column.Type);
            json.WriteEndArray();
            json.WriteStartArray("data");
            foreach (var row in rows) json.WriteRawValue(row, skipInputValidation: true);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }

    /// <summary>The rows to be shown, within the limits of rows and bytes. A row that rollup has merged into another counts and is not shown.</summary>
    private static (List<string> Rows, int Read, int Indexed) Cut(SampleRun run, SampledColumn[] columns, SampleLimits limits)
    {
        var rows = new List<string>();
        var (read, withInput, bytes) = (0, 0, 0L);
        foreach (var row in run.Rows.Take(limits.Rows))
        {
            var text = RowJson(row, run.Table, columns);
            read++;
            if (row.Input is not null) withInput++;
            if (row.TableRow is not null || row.Error is not null) rows.Add(text);
            bytes += Encoding.UTF8.GetByteCount(text);
            if (limits.ResponseBytes > 0 && bytes > limits.ResponseBytes) return (rows, read, withInput);
        }
        return (rows, read, run.Indexed);
    }

    private static string RowJson(SampledRow row, SampleTable table, SampledColumn[] columns)
    {
        var members = new List<string>();
        if (row.Input is not null) members.Add($"\"input\":{row.Input}");
        if (row.TableRow is { } at) members.Add($"\"parsed\":{SampleTexts.Json(columns.Select(c => KeyValuePair.Create(c.Name, c.Value(at))).Prepend(KeyValuePair.Create(Time, (object?)table.TimeOf(at))))}");
        if (row.Error is not null) members.Add($"\"unparseable\":true,\"error\":{JsonWriting.Of(row.Error)}");
        return $"{{{string.Join(',', members)}}}";
    }

    /// <summary>As the spec has it; what was discovered, by its type.</summary>
    private static void WriteLogical(Utf8JsonWriter json, SampledDimension dimension)
    {
        if (!dimension.IsDiscovered && dimension.Schema.Typing != DimensionTyping.Declared) WritePhysical(json, dimension.Schema);
        else WriteSchema(json, dimension.Column.Name, dimension.Column.Type.ToLowerInvariant(), dimension.IsDiscovered ? SortedArray : dimension.Schema.MultiValueHandling, dimension.Column.Type == "STRING" && dimension.Schema.HasBitmaps);
    }

    private static void WritePhysical(Utf8JsonWriter json, DimensionSchema dimension)
    {
        if (dimension.Typing == DimensionTyping.Declared) WriteSchema(json, dimension.Name, dimension.Kind.ToString().ToLowerInvariant(), SortedArray, dimension.Kind == ValueKind.String && dimension.HasBitmaps);
        else WriteSchema(json, dimension.Name, "auto", SortedArray, hasBitmaps: true, dimension.Typing == DimensionTyping.Cast ? dimension.Kind.ToString().ToUpperInvariant() : null);
    }

    private static void WriteSchema(Utf8JsonWriter json, string name, string type, string multiValueHandling, bool hasBitmaps, string? castToType = null)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WriteString("name", name);
        if (castToType is not null) json.WriteString("castToType", castToType);
        json.WriteString("multiValueHandling", multiValueHandling);
        json.WriteBoolean("createBitmapIndex", hasBitmaps);
        json.WriteEndObject();
    }

    private static void WriteColumn(Utf8JsonWriter json, string name, string type)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("type", type);
        json.WriteEndObject();
    }
}
