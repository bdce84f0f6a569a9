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
    private static readonly HashSet<string> RefusedHere =
    [
        "kafka within kafka", "header in windows-1252", "cast to ARRAY<STRING>", "cast a list or object to ARRAY<STRING>", "cast to COMPLEX<json>", "cast a list or object to COMPLEX<json>",
        "cast to nonsense", "cast a list or object to nonsense",
    ];

    /// <summary>A list with null in a column of auto type makes Druid's persisting fail.</summary>
    private const string TakenHere = "arrays of strings";

    /// <summary>Where Druid gives up a JSON event because of bytes that are not UTF-8 and we read on.</summary>
    private const string NoText = "no text";

    /// <summary>Cases of which the segments are not compared.</summary>
    private static readonly HashSet<string> WithOtherSegment =
    [
        // Objects in string columns: Druid has {a=1}, we have JSON.
        "key of objects, nulls, lists first", "value's fields go first", "value's fields go first, dimensions listed",
        // A column of empty lists alone, which we write.
        "strings: numbers, booleans and lists",
        // Longs and doubles that are equal are told apart by our rollup in memory.
        "rollup of longs and doubles",
        // In a column that mixes types 1, 1.0, "1" and true are told apart by Druid's rollup, and sorted by their type first.
        "rollup of mixed", "order of mixed",
    ];

    private static readonly Interval AllTime = new(DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds());

    [Theory]
    [InlineData("kafka")]
    [InlineData("json")]
    [InlineData("discovery")]
    public void Rows_errors_and_segments_are_those_of_Druid(string file)
    {
        var lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Fixtures", "events", file + ".jsonl"));
        var differences = new List<string>();
        foreach (var line in lines)
        {
            var recorded = JsonDocument.Parse(line).RootElement;
            var name = recorded.GetProperty("name").GetString()!;
            if (name.Contains(NoText, StringComparison.Ordinal) || name == TakenHere)
                continue;
            var withSegment = !WithOtherSegment.Contains(name) && !HasNested(recorded.GetProperty("druid"));
            var (expected, actual) = (Expected(recorded.GetProperty("druid"), withSegment), Actual(recorded, withSegment, isFast: false));
            if (actual == expected && Actual(recorded, withSegment, isFast: true) is { Length: > 0 } fast)
                (expected, actual) = (Expected(recorded.GetProperty("druid"), withSegment, withRows: false), fast);
            if (actual == expected || (actual.StartsWith("refused", StringComparison.Ordinal) && (expected == "refused" || RefusedHere.Contains(name))))
                continue;
            differences.Add($"## {name}\n{recorded.GetProperty("format").GetRawText()}\n{recorded.GetProperty("records").GetRawText()}\n-- Druid:\n{expected}\n-- here:\n{actual}");
        }

        Assert.True(differences.Count == 0, $"{differences.Count} of {lines.Length} differ:\n{string.Join('\n', differences)}");
    }

    // Lists and objects in columns of auto type.
    private static bool HasNested(JsonElement druid) => druid.TryGetProperty("segment", out var segment) && Texts(segment, "columns").Any(c => c.Contains('<'));

    private static string Expected(JsonElement druid, bool withSegment, bool withRows = true)
    {
        if (druid.TryGetProperty("refused", out _))
            return "refused";
        var text = (withRows ? Texts(druid, "rows") : []).Concat(Texts(druid, "unparseable").Select(u => "unparseable: " + u)).ToList();
        if (druid.TryGetProperty("thrownAway", out var thrown))
            text.Add($"thrown away: {thrown}");
        if (withSegment && druid.TryGetProperty("segment", out var segment))
            text.AddRange(Texts(segment, "columns").Where(c => !c.StartsWith("__time:", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Concat(Texts(segment, "rows").Select(row => ByType(row, [.. Texts(segment, "columns")]))));
        return string.Join('\n', text);
    }

    // Columns of auto type keep what they were given; queries see it as the column's type.
    private static string ByType(string row, List<string> columns) => string.Join(" | ", row.Split(" | ").Select(value =>
    {
        var (name, text) = (value[..value.IndexOf('=', StringComparison.Ordinal)], value[(value.IndexOf('=', StringComparison.Ordinal) + 1)..]);
        if (columns.Contains($"{name}:STRING") && (text.StartsWith("Long:", StringComparison.Ordinal) || text.StartsWith("Double:", StringComparison.Ordinal)))
            return $"{name}=String:{text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..]}";
        if (columns.Contains($"{name}:DOUBLE") && text.StartsWith("Long:", StringComparison.Ordinal))
            return $"{name}=Double:{JavaText.Of((double)long.Parse(text.AsSpan(5), CultureInfo.InvariantCulture))}";
        return value;
    }));

    private static IEnumerable<string> Texts(JsonElement json, string name) => json.TryGetProperty(name, out var list) ? list.EnumerateArray().Select(t => t.GetString()!) : [];

    /// <param name="isFast">By the parser for plain JSON; empty where that is not the one.</param>
    private static string Actual(JsonElement recorded, bool withSegment, bool isFast)
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
        var (row, sink) = (new ParsedRow(), new Sink(schema, AllTime));
        IEventParser parser = isFast ? IEventParser.For(schema, format) : new FieldParser(schema, format);
        if (isFast && parser is FieldParser)
            return "";
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
                else if (parser is FieldParser general)
                    rows.Add(Row(general.Fields!, schema, row));
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
