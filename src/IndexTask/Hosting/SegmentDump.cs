using System.Text.Json;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Hosting;

/// <summary><c>worker dump-segment PATH|s3://BUCKET/KEY|LOAD_SPEC</c>: the rows of a segment, one JSON object a line; with <c>--structure</c> its columns.</summary>
internal static class SegmentDump
{
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Stream target, TextWriter errors)
    {
        var structure = arguments.Contains("--structure");
        if (arguments.Where(a => a != "--structure").ToList() is not [var name, .. var more] || name.StartsWith("--", StringComparison.Ordinal)) throw new FormatException("dump-segment takes one segment");
        var options = WorkerOptions.Pairs(more);
        var s3 = DeepStorageOptions.TakeS3(options);
        if (options.Count > 0) throw new FormatException($"unknown option {options.Keys.First()}");
        await using var output = new BufferedStream(target, 1 << 16);
        try
        {
            using var stored = await StoredSegment.OpenAsync(name, s3, CancellationToken.None);
            using var segment = SegmentReader.Open(stored.Directory);
            if (structure) Structure(output, segment);
            else Rows(output, segment);
            return 0;
        }
        catch (Exception problem) when (problem is InvalidSegmentException or UnsupportedSegmentException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            await errors.WriteLineAsync($"worker: {problem.Message}");
            return 1;
        }
    }

    private static void Rows(Stream output, SegmentReader segment)
    {
        foreach (var row in segment.Rows())
        {
            Line(output, writer =>
            {
                foreach (var (name, value) in row)
                {
                    writer.WritePropertyName(name);
                    Write(writer, value);
                }
            });
        }
    }

    private static void Structure(Stream output, SegmentReader segment)
    {
        Line(output, writer =>
        {
            writer.WriteString("interval", new Contracts.Segments.Interval(segment.IntervalStartMillis, segment.IntervalEndMillis).ToString());
            writer.WriteNumber("rows", segment.RowCount);
            writer.WriteString("bitmap", segment.Bitmap.ToString().ToLowerInvariant());
        });
        foreach (var column in segment.Columns)
        {
            Line(output, writer =>
            {
                writer.WriteString("column", column.Name);
                writer.WriteString("kind", column.Kind.ToString().ToLowerInvariant());
                writer.WriteString("part", column.Part);
                writer.WriteBoolean("multipleValues", column.HasMultipleValues);
                writer.WriteNumber("bytes", column.SizeBytes);
            });
        }
    }

    private static void Line(Stream output, Action<Utf8JsonWriter> members)
    {
        using (var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }
        output.WriteByte((byte)'\n');
    }

    private static void Write(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null: writer.WriteNullValue(); break;
            case long number: writer.WriteNumberValue(number); break;
            case float number when float.IsFinite(number): writer.WriteNumberValue(number); break;
            case double number when double.IsFinite(number): writer.WriteNumberValue(number); break;
            case TimedValue timed:
                writer.WriteStartObject();
                writer.WriteNumber("lhs", timed.Time);
                writer.WritePropertyName("rhs");
                Write(writer, timed.Value);
                writer.WriteEndObject();
                break;
            case string text: writer.WriteStringValue(text); break;
            case System.Collections.IEnumerable list:
                writer.WriteStartArray();
                foreach (var element in list) Write(writer, element);
                writer.WriteEndArray();
                break;
            default: writer.WriteStringValue(Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)); break;
        }
    }
}
