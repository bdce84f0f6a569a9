using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Parsing;
using Ingestion.IndexTask.Segment;
using Ingestion.IndexTask.Tests.Parsing;
using Ingestion.IndexTask.Tests.Segment;

namespace Ingestion.IndexTask.Tests.Columns;

public sealed class SinkTests
{
    [Fact]
    public void Random_events_become_the_rows_that_a_naive_computation_finds()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            var schema = RandomEvents.Schema(random);
            if (schema.DiscoversDimensions)
                continue;
            var events = RandomEvents.Events(random, random.Next(1, 400));
            var expected = NaiveRows.Of(schema, events);
            using var directory = SegmentDirectory.Of(Ingested.Into(schema, events).Sink.ToContent(IndexSpec.Default));
            var actual = Lines(directory.Path, schema);
            AssertSameRows(expected, actual, schema, seed);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Wikiticker_sample_becomes_the_rows_that_a_naive_computation_finds(bool rollup)
    {
        var schema = rollup
            ? Ingested.Schema("channel page user namespace", "count:Count added:LongSum:added deleted:LongSum:deleted delta:LongSum:delta", rollup: true) with { QueryGranularity = new(Ingestion.Contracts.Segments.GranularityKind.Minute) }
            : Ingested.Schema("channel cityName comment countryIsoCode countryName isAnonymous isMinor isNew isRobot isUnpatrolled metroCode namespace page regionIsoCode regionName user delta:Long added:Long deleted:Long", "", rollup: false);
        var events = Ingestion.Embedded.Sample.Read(Ingestion.Embedded.Sample.Find()).Select(System.Text.Encoding.UTF8.GetString).ToList();
        Assert.Equal(39_244, events.Count);
        using var directory = SegmentDirectory.Of(Ingested.Into(schema, events).Sink.ToContent(IndexSpec.Default));
        AssertSameRows(NaiveRows.Of(schema, events), Lines(directory.Path, schema), schema, 0);
    }

    [Fact]
    public void Metadata_says_how_the_segment_was_made()
    {
        var schema = Ingested.Schema("s l:Long", "n:Count total:DoubleSum:v", rollup: true) with { QueryGranularity = new(Ingestion.Contracts.Segments.GranularityKind.Hour) };
        using var directory = SegmentDirectory.Of(Ingested.Into(schema, [Ingested.Event("\"s\":1")]).Sink.ToContent(IndexSpec.Default));
        using var reader = SegmentReader.Open(directory.Path);
        Assert.Equal(
            """
            {"container":{},"aggregators":[{"type":"longSum","name":"n","fieldName":"n"},{"type":"doubleSum","name":"total","fieldName":"total"}],"timestampSpec":{"column":"time","format":"auto","missingValue":null},"queryGranularity":"HOUR","rollup":true,"ordering":[{"columnName":"__time","order":"ascending"},{"columnName":"s","order":"ascending"},{"columnName":"l","order":"ascending"}]}
            """,
            reader.Metadata!.Value.GetRawText());
        Assert.Equal(Ingested.Day, new(reader.IntervalStartMillis, reader.IntervalEndMillis));
    }

    [Fact]
    public void Rows_and_bytes_are_counted()
    {
        var schema = Ingested.Schema("s", "n:Count", rollup: true);
        var (_, sink) = Ingested.Into(schema, [Ingested.Event("\"s\":1"), Ingested.Event("\"s\":1"), Ingested.Event("\"s\":2")]);
        Assert.Equal((2, 2), (sink.RowCount, sink.RowsInMemory));
        Assert.True(sink.IsFull(maxRows: 2, maxBytes: 0));
        Assert.False(sink.IsFull(maxRows: 3, maxBytes: sink.BytesInMemory + 1));
        Assert.True(sink.IsFull(maxRows: 3, maxBytes: sink.BytesInMemory));
        Assert.InRange(sink.BytesInMemory, 1000, 1_000_000);
    }

    [Fact]
    public void Sink_without_rows_makes_no_segment() =>
        Assert.Throws<InvalidOperationException>(() => new Sink(Ingested.Schema("s"), Ingested.Day).ToContent(IndexSpec.Default));

    private static List<string> Lines(string directory, DataSchema schema)
    {
        using var reader = SegmentReader.Open(directory);
        var metrics = schema.Metrics.Select(m => m.Name).Order(StringComparer.Ordinal).ToList();
        return [.. reader.Rows().Select(row => $"{row["__time"]} " + string.Join(' ', schema.Dimensions.Select(d => d.Name).Concat(metrics).Select(name => $"{name}={NaiveRows.Line(row[name])}")))];
    }

    // Rows that are equal in all they are sorted by may stand in any order in the naive computation; an empty list sorts as null.
    private static void AssertSameRows(List<string> expected, List<string> actual, DataSchema schema, int seed)
    {
        Assert.True(
            expected.Order(StringComparer.Ordinal).SequenceEqual(actual.Order(StringComparer.Ordinal)),
            $"seed {seed}: rows missing\n{string.Join('\n', expected.Except(actual).Take(3))}\nand not expected\n{string.Join('\n', actual.Except(expected).Take(3))}");
        Assert.True(Keys(expected).SequenceEqual(Keys(actual)), $"seed {seed}: other order");

        IEnumerable<string> Keys(IEnumerable<string> rows) => rows.Select(r => r[..End(r)].Replace("=[]", "=null", StringComparison.Ordinal));

        int End(string row) => schema.Metrics.IsEmpty ? row.Length : row.IndexOf($" {schema.Metrics.Select(m => m.Name).Min(StringComparer.Ordinal)}=", StringComparison.Ordinal);
    }
}
