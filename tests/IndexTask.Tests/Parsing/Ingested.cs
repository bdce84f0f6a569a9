using System.Globalization;
using System.Text;
using System.Text.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Parsing;
using Ingestion.IndexTask.Segment;
using Ingestion.IndexTask.Tests.Segment;

namespace Ingestion.IndexTask.Tests.Parsing;

/// <summary>Events taken through parser, sink and segment: what a query would see.</summary>
internal static class Ingested
{
    public static readonly Interval Day = Granularity.Day.Bucket(1442016000000);
    private const string Time = "\"time\":\"2015-09-12T00:00:00.000Z\"";

    /// <summary>Dimensions as <c>name:kind:multiValueHandling</c>, metrics as <c>name:kind:field</c>.</summary>
    public static DataSchema Schema(string dimensions, string metrics = "", bool rollup = false, string format = "auto", string exclusions = "") => new()
    {
        DataSource = "test",
        Timestamp = new TimestampSpec("time", format, null),
        Dimensions = [.. Words(dimensions).Select(d => d.Split(':')).Select(d => new DimensionSchema(d[0], Enum.Parse<ValueKind>(d.ElementAtOrDefault(1) ?? "String"), d.ElementAtOrDefault(2) ?? "SORTED_ARRAY"))],
        DimensionExclusions = [.. Words(exclusions)],
        Metrics = [.. Words(metrics).Select(m => m.Split(':')).Select(m => new AggregatorSpec(m[0], Enum.Parse<AggregatorKind>(m[1]), m.ElementAtOrDefault(2)))],
        SegmentGranularity = Granularity.Day,
        QueryGranularity = Granularity.None,
        Rollup = rollup,
    };

    /// <summary>An event of the first instant of <see cref="Day"/>.</summary>
    public static string Event(string members) => members.Length == 0 ? $"{{{Time}}}" : $"{{{Time},{members}}}";

    public static (IReadOnlyList<ParseResult> Results, Sink Sink) Into(DataSchema schema, IEnumerable<string> events) => Into(new EventParser(schema), schema, events);

    public static (IReadOnlyList<ParseResult> Results, Sink Sink) Into(IEventParser parser, DataSchema schema, IEnumerable<string> events)
    {
        var (row, sink) = (new ParsedRow(), new Sink(schema, Day));
        List<ParseResult> results = [];
        foreach (var text in events)
        {
            for (var result = parser.Parse(Encoding.UTF8.GetBytes(text), row); ; result = parser.Next(row))
            {
                results.Add(result with { HasMore = false });
                if (result.Outcome is ParseOutcome.Row or ParseOutcome.RowWithErrors)
                    sink.Append(row);
                if (!result.HasMore)
                    break;
            }
        }

        return (results, sink);
    }

    /// <summary>An inputFormat as a spec has it.</summary>
    public static InputFormat Format(string json)
    {
        List<SpecProblem> problems = [];
        var format = InputFormat.Read(new SpecNode(JsonDocument.Parse(json).RootElement, "$", problems), problems);
        return format ?? throw new ArgumentException(string.Join("; ", problems));
    }

    /// <summary>Rows of the segment without their time: <c>a='x' b=['y','z']</c>.</summary>
    public static string[] Rows(DataSchema schema, params string[] events) => Rows(Into(schema, events).Sink);

    public static string[] Rows(Sink sink)
    {
        using var directory = SegmentDirectory.Of(sink.ToContent(IndexSpec.Default));
        using var reader = SegmentReader.Open(directory.Path);
        return [.. reader.Rows().Select(row => string.Join(' ', row.Where(v => v.Key != "__time").Select(v => $"{v.Key}={Text(v.Value)}")))];
    }

    /// <summary>A single value through the single dimension x.</summary>
    public static string Value(DataSchema schema, string json) => Rows(schema, Event($"\"x\":{json}"))[0][2..];

    public static string Text(object? value) => value switch
    {
        null => "null",
        string text => $"'{text}'",
        string?[] list => $"[{string.Join(',', list.Select(Text))}]",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
