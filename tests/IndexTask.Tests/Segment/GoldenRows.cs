using System.Text.Json;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Tests.Segment;

/// <summary>The rows of which Druid 36 made the fixtures: "small" has 4 rows with every kind of null, "big" 200,000 by a formula.</summary>
internal static class GoldenRows
{
    private const long May1 = 1714521600000;
    private const int BigCount = 200_000;

    public static SegmentContent Small(IndexSpec spec) => Content(spec, [May1, May1, May1 + 3_600_000, May1 + 7_200_000],
        [
            Columns.Strings("country", null, "de", "us", ""),
            Columns.MultiStrings("tags", ["a", "b"], [], ["b"], [null, "c"]),
            Columns.Floats("score", 0.5f, null, 2.0f, 4.25f),
            Columns.Longs("age", null, 30, 41, 7),
            Columns.Strings("note", null, null, null, null),
            Columns.Doubles("dd", 1.5, null, -2.25, 0.0),
        ],
        [
            Columns.Doubles("price", 1.5, null, -2.25, 0.0),
            Columns.Longs("count", 1, 1, 1, 1),
            Columns.Longs("clicks", 3, 1, null, 7),
        ]);

    public static SegmentContent Big(IndexSpec spec) => Content(spec, [.. Each(i => May1 + (100 * (long)i))],
        [
            Columns.Strings("country", [.. Each(i => $"v{i / 20000:D2}")]),
            Columns.MultiStrings("tags", [.. Each(i => i % 5 == 0 ? new[] { $"t{i % 7}", $"u{i % 300}" } : [$"t{i % 7}"])]),
            Columns.Floats("score", [.. Each(i => (float?)(i % 100))]),
            Columns.Longs("age", [.. Each(i => (long?)i)]),
            Columns.Strings("note", [.. Each(i => i % 3 == 0 ? null : i % 2 == 0 ? "even" : "odd")]),
            Columns.Doubles("dd", [.. Each(i => i % 50000 == 7 ? null : (double?)i)]),
        ],
        [
            Columns.Longs("clicks", [.. Each(i => (long?)(i % 10))]),
            Columns.Longs("count", [.. Each(_ => (long?)1)]),
            Columns.Doubles("price", [.. Each(i => (double?)(i * 0.25))]),
        ]);

    private static IEnumerable<T> Each<T>(Func<int, T> value) => Enumerable.Range(0, BigCount).Select(value);

    private static SegmentContent Content(IndexSpec spec, long[] time, ColumnSource[] dimensions, ColumnSource[] metrics) => new()
    {
        IntervalStartMillis = May1,
        IntervalEndMillis = May1 + 86_400_000,
        RowCount = time.Length,
        Time = time,
        Dimensions = dimensions,
        Metrics = metrics,
        IndexSpec = spec,
        Metadata = new SegmentMetadata
        {
            // The harness that wrote the fixtures left the aggregators' types out.
            Aggregators = [.. new[] { "clicks", "count", "price" }.Select(name => Json($$"""{"name":"{{name}}","fieldName":"{{name}}"}"""))],
            TimestampSpec = Json("""{"column":"ts","format":"auto","missingValue":null}"""),
            QueryGranularity = Json("""{"type":"none"}"""),
            Rollup = false,
            Ordering = [.. dimensions.Select(dimension => dimension.Name).Prepend("__time")],
        },
    };

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
