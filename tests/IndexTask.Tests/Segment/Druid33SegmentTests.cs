using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Hosting;
using Ingestion.IndexTask.Parsing;
using Ingestion.IndexTask.Segment;
using Ingestion.IndexTask.Tests.Parsing;

namespace Ingestion.IndexTask.Tests.Segment;

/// <summary>Segments that Druid 33 made of the events and schemas in <c>Fixtures/Druid33</c> (recorded by <c>tests/record-druid/segments</c>), byte for byte.</summary>
public sealed class Druid33SegmentTests
{
    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Fixtures", "Druid33");

    public static TheoryData<string> Cases => [.. Directory.GetDirectories(Folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Events_become_the_bytes_that_Druid_writes(string name)
    {
        var recorded = new RecordedCase(name);
        foreach (var parser in (Func<IEventParser>[])[() => new EventParser(recorded.Schema), () => new FieldParser(recorded.Schema, Ingested.Format("""{"type":"json"}"""))])
        {
            using var spills = new SegmentDirectory();
            using var sink = new Sink(recorded.Schema, recorded.Interval, spills.Path);
            var rowsWithErrors = recorded.Append(sink, parser());
            using var written = SegmentDirectory.Of(sink.ToContent(recorded.IndexSpec));

            AssertSameFiles(recorded.Path, written.Path);
            Assert.Equal(File.ReadAllLines(Path.Combine(recorded.Path, "errors.txt")).Length, rowsWithErrors);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Dump_of_a_segment_of_Druid_has_the_rows_that_Druid_reads(string name)
    {
        var recorded = new RecordedCase(name);
        using var output = new MemoryStream();
        using var errors = new StringWriter();
        Assert.Equal(0, await SegmentDump.RunAsync([recorded.Path], output, errors));
        var expected = File.ReadAllLines(Path.Combine(recorded.Path, "rows.jsonl"));
        var actual = Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(recorded.IsGenerated || expected.Length == actual.Length, $"{actual.Length} rows, not {expected.Length}");
        foreach (var (theirs, ours) in expected.Zip(actual))
            Assert.True(JsonNode.DeepEquals(Normal(JsonNode.Parse(theirs)), Normal(JsonNode.Parse(ours))), $"{ours}\ninstead of\n{theirs}");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_segment_of_Druid_read_and_written_again_is_the_same(string name)
    {
        var recorded = new RecordedCase(name);
        using var reader = SegmentReader.Open(recorded.Path);
        using var written = SegmentDirectory.Of(Rewriting.Content(reader, recorded.IndexSpec));

        AssertSameFiles(recorded.Path, written.Path);
    }

    [Fact]
    public void Structure_of_a_segment_names_columns_of_pairs()
    {
        using var reader = SegmentReader.Open(Path.Combine(Folder, "first-last-plain"));
        Assert.Equal(
            ["__time:Long:longV2", "first_double:Pair:complex", "first_float:Pair:complex", "first_long:Pair:complex", "first_string:Pair:complex", "last_double:Pair:complex", "last_float:Pair:complex", "last_long:Pair:complex", "last_string:Pair:complex", "d:String:stringDictionary"],
            reader.Columns.Select(column => $"{column.Name}:{column.Kind}:{column.Part}"));
    }

    private static void AssertSameFiles(string expected, string actual)
    {
        var (theirs, ours) = (SegmentDirectory.InternalFiles(expected), SegmentDirectory.InternalFiles(actual));
        Assert.Equal(theirs.Keys, ours.Keys);
        Assert.Equal(Encoding.UTF8.GetString(theirs["metadata.drd"]), Encoding.UTF8.GetString(ours["metadata.drd"]));
        SegmentDirectory.AssertSame(theirs, ours);
        Assert.Equal(File.ReadAllBytes(Path.Combine(expected, "00000.smoosh")), File.ReadAllBytes(Path.Combine(actual, "00000.smoosh")));
    }

    // Jackson writes 1.0 for what is 1 here; Druid's column reads an empty row as null.
    private static JsonNode? Normal(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => KeyValuePair.Create(m.Key, Normal(m.Value)))),
        JsonArray { Count: 0 } => null,
        JsonArray elements => new JsonArray([.. elements.Select(Normal)]),
        JsonValue value when value.GetValueKind() == JsonValueKind.Number => JsonValue.Create(value.GetValue<double>()),
        _ => node?.DeepClone(),
    };
}
