using System.Globalization;
using System.Text;
using System.Text.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Parsing;
using Ingestion.IndexTask.Parsing.Formats;
using Ingestion.IndexTask.Segment;
using Ingestion.IndexTask.Tests.Segment;

namespace Ingestion.IndexTask.Tests.Parsing;

/// <summary>What Druid 33's own classes made of records of Kafka (<c>Fixtures/events</c>, recorded by <c>tests/record-druid/events</c>): rows, parse errors, and columns and rows of the segment.</summary>
public sealed class RecordedEventsTests
{
    /// <summary>What Druid takes and we refuse, by name of the case.</summary>
    private static readonly HashSet<string> RefusedHere = ["kafka within kafka", "header in windows-1252"];

    /// <summary>Where Druid gives up a JSON event because of bytes that are not UTF-8 and we read on.</summary>
    private const string NoText = "no text";

    /// <summary>Cases with objects in string columns, where Druid has <c>{a=1}</c> and we have JSON: their segments are not compared.</summary>
    private static readonly HashSet<string> WithObjects = ["key of objects, nulls, lists first", "value's fields go first", "value's fields go first, dimensions listed"];

    private static readonly Interval AllTime = new(DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds());

    [Theory]
    [InlineData("kafka")]
    public void Rows_errors_and_segments_are_those_of_Druid(string file)
    {
        var lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Fixtures", "events", file + ".jsonl"));
        var differences = new List<string>();
        foreach (var line in lines)
        {
            var recorded = JsonDocument.Parse(line).RootElement;
            var name = recorded.GetProperty("name").GetString()!;
            if (name.Contains(NoText, StringComparison.Ordinal))
                continue;
            var (expected, actual) = (Expected(recorded.GetProperty("druid"), withSegment: !WithObjects.Contains(name)), Actual(recorded, withSegment: !WithObjects.Contains(name)));
            if (actual == expected || (actual.StartsWith("refused", StringComparison.Ordinal) && (expected == "refused" || RefusedHere.Contains(name))))
                continue;
            differences.Add($"## {name}\n{recorded.GetProperty("format").GetRawText()}\n{recorded.GetProperty("records").GetRawText()}\n-- Druid:\n{expected}\n-- here:\n{actual}");
        }

        Assert.True(differences.Count == 0, $"{differences.Count} of {lines.Length} differ:\n{string.Join('\n', differences)}");
    }

    private static string Expected(JsonElement druid, bool withSegment)
    {
        if (druid.TryGetProperty("refused", out _))
            return "refused";
        var text = Texts(druid, "rows").Concat(Texts(druid, "unparseable").Select(u => "unparseable: " + u)).ToList();
        if (druid.TryGetProperty("thrownAway", out var thrown))
            text.Add($"thrown away: {thrown}");
        if (withSegment && druid.TryGetProperty("segment", out var segment))
            text.AddRange(Texts(segment, "columns").Where(c => !c.StartsWith("__time:", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Concat(Texts(segment, "rows")));
        return string.Join('\n', text);
    }

    private static IEnumerable<string> Texts(JsonElement json, string name) => json.TryGetProperty(name, out var list) ? list.EnumerateArray().Select(t => t.GetString()!) : [];

    private static string Actual(JsonElement recorded, bool withSegment)
    {
        List<SpecProblem> problems = [];
        var format = InputFormat.Read(new SpecNode(recorded.GetProperty("format"), "$.inputFormat", problems), problems);
        using var dataSchema = JsonDocument.Parse($$"""
            {"dataSource":"test","timestampSpec":{{Part(recorded, "timestamp", "{\"column\":\"time\",\"format\":\"auto\"}")}},"dimensionsSpec":{{Part(recorded, "dimensions", "{}")}},
             "metricsSpec":{{Part(recorded, "metrics", "[]")}},"granularitySpec":{"segmentGranularity":"ALL","rollup":{{Part(recorded, "rollup", "false")}} } }
            """);
        var schema = DataSchema.Read(dataSchema.RootElement, "$", problems);
        if (format is null || schema is null)
            return $"refused: {string.Join("; ", problems)}";
        var (parser, row, sink) = (new FieldParser(schema, format), new ParsedRow(), new Sink(schema, AllTime));
        List<string> rows = [], unparseable = [];
        var thrownAway = 0;
        foreach (var record in recorded.GetProperty("records").EnumerateArray())
        {
            for (var result = parser.Parse(Value(record, format), row); result.Outcome != ParseOutcome.Nothing; result = parser.Next(row))
            {
                if (result.Outcome == ParseOutcome.Unparseable)
                    unparseable.Add($"unparseable: {string.Join("; ", result.Problem!.Details)} <- {result.Problem.Input}");
                else if (result.Outcome == ParseOutcome.ThrownAway)
                    thrownAway++;
                else
                    rows.Add(Row(parser.Fields!, schema, row));
                if (result.Outcome is ParseOutcome.Row or ParseOutcome.RowWithErrors)
                    sink.Append(row);
                if (!result.HasMore)
                    break;
            }
        }

        List<string> text = [.. rows, .. unparseable];
        if (thrownAway > 0)
            text.Add($"thrown away: {thrownAway}");
        if (withSegment && sink.RowCount > 0)
            text.AddRange(SegmentText(sink));
        return string.Join('\n', text);
    }

    private static string Part(JsonElement recorded, string name, string fallback) => recorded.TryGetProperty(name, out var part) ? part.GetRawText() : fallback;

    private static ReadOnlySpan<byte> Value(JsonElement record, InputFormat format)
    {
        if (format is not InputFormat.Kafka)
            return Bytes(record.ValueKind == JsonValueKind.Object ? record.GetProperty("value") : record);
        if (record.ValueKind != JsonValueKind.Object)
            return Packed(default, Bytes(record));
        return record.GetProperty("value").ValueKind == JsonValueKind.Null ? default : Packed(record, Bytes(record.GetProperty("value")));
    }

    private static ReadOnlySpan<byte> Packed(JsonElement record, byte[]? value)
    {
        var writer = new RecordEnvelope.Writer();
        var isObject = record.ValueKind == JsonValueKind.Object;
        var key = isObject && record.TryGetProperty("key", out var given) ? Bytes(given) : null;
        writer.Begin(isObject && record.TryGetProperty("time", out var time) ? time.GetInt64() : -1, Encoding.UTF8.GetBytes(isObject && record.TryGetProperty("topic", out var topic) ? topic.GetString()! : "events"), key, key is not null);
        if (isObject && record.TryGetProperty("headers", out var headers))
        {
            foreach (var header in headers.EnumerateArray())
            {
                var content = Bytes(header[1]);
                writer.Header(Encoding.UTF8.GetBytes(header[0].GetString()!), content, content is not null);
            }
        }

        return writer.End(value);
    }

    private static byte[]? Bytes(JsonElement text) => text.ValueKind == JsonValueKind.Null ? null
        : text.GetString()!.StartsWith("hex:", StringComparison.Ordinal) ? Convert.FromHexString(text.GetString()!.AsSpan(4)) : Encoding.UTF8.GetBytes(text.GetString()!);

    private static string Row(FieldValues fields, DataSchema schema, ParsedRow row)
    {
        HashSet<string> excluded = [.. schema.DimensionExclusions, schema.Timestamp.Column, .. schema.Metrics.Select(m => m.Name), .. schema.Metrics.Select(m => m.FieldName ?? m.Name)];
        IEnumerable<string> dimensions = schema.Dimensions.Select(d => d.Name);
        if (schema.DiscoversDimensions)
            dimensions = dimensions.Concat(fields.Discoverable.Where(n => !excluded.Contains(n))).Distinct();
        return string.Join(" | ", dimensions.Select(d => $"{d}={Typed(fields.Value(d))}").Prepend($"{row.TimeMillis}"));
    }

    private static IEnumerable<string> SegmentText(Sink sink)
    {
        using var directory = SegmentDirectory.Of(sink.ToContent(IndexSpec.Default));
        using var reader = SegmentReader.Open(directory.Path);
        return [.. reader.Columns.Where(c => c.Name != "__time").Select(c => $"{c.Name}:{c.Kind.ToString().ToUpperInvariant()}").Order(StringComparer.Ordinal), .. reader.Rows().Select(row => string.Join(" | ", row.Where(v => v.Key != "__time").Select(v => $"{v.Key}={Typed(v.Value)}")))];
    }

    private static string Typed(object? value) => value switch
    {
        null => "null",
        string text => $"String:{text}",
        bool => $"Boolean:{JavaText.Of(value)}",
        long => $"Long:{JavaText.Of(value)}",
        double => $"Double:{JavaText.Of(value)}",
        float number => $"Float:{number.ToString(CultureInfo.InvariantCulture)}",
        JsonMap => $"Map:{JavaText.Of(value)}",
        string?[] list => $"List:{JavaText.Of(list)}",
        _ => $"List:{JavaText.Of(value)}",
    };
}
