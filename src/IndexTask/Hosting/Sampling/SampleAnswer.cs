using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Parsing.Formats;

namespace Ingestion.IndexTask.Hosting.Sampling;

/// <summary>A sample in the JSON of Druid's <c>SamplerResponse</c>.</summary>
internal static class SampleAnswer
{
    private const string Time = "__time";

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
            foreach (var dimension in dimensions) WriteSchema(json, dimension.Column.Name, dimension.Column.Type.ToLowerInvariant(), "SORTED_ARRAY", dimension.Column.Type == "STRING");
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

    private static void WritePhysical(Utf8JsonWriter json, DimensionSchema dimension)
    {
        var isAuto = dimension.Typing != DimensionTyping.Declared;
        var isText = dimension.Kind == ValueKind.String;
        WriteSchema(json, dimension.Name, isAuto ? "auto" : dimension.Kind.ToString().ToLowerInvariant(), isAuto || !isText ? "SORTED_ARRAY" : dimension.MultiValueHandling, isAuto || isText && dimension.HasBitmaps);
    }

    private static void WriteSchema(Utf8JsonWriter json, string name, string type, string multiValueHandling, bool hasBitmaps)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WriteString("name", name);
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
