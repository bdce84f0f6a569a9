using System.Text;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Parsing;

namespace Ingestion.IndexTask.Tests.Parsing;

/// <summary>Events of any format through cells, sink and segment. What the formats make of bytes is compared with Druid by <see cref="RecordedFormatsTests"/>.</summary>
public sealed class FieldParserTests
{
    private const string Csv = """{"type":"csv","columns":["time","x","n"],"listDelimiter":"|"}""";

    [Fact]
    public void Csv_values_become_strings_lists_numbers_and_nulls()
    {
        var schema = Ingested.Schema("x n:Long", "c:Count s:DoubleSum:n");
        var (results, rows) = Read(schema, Csv, "2015-09-12T01,a,5\n2015-09-12T02,\"q, \"\"r\"\"\",\r\n2015-09-12T03,\"\",1.0", "2015-09-12T04,c|b|,x", "2015-09-12T05");
        Assert.Equal(["x='a' n=5 c=1 s=5", "x='q, \"r\"' n=null c=1 s=null", "x='' n=1 c=1 s=1", "x=['','b','c'] n=null c=1 s=null", "x=null n=null c=1 s=null"], rows);
        var problem = new ParseProblem("{time=2015-09-12T04, x=[c, b, ], n=x}", ["Could not convert value [x] to long for dimension [n].", "Unable to parse value[x] for field[n]"]);
        Assert.Equal([default, default, default, new ParseResult(ParseOutcome.RowWithErrors, problem), default], results);
    }

    [Fact]
    public void Flattened_fields_are_found_where_the_dimensions_name_them_and_members_beside_them()
    {
        const string flatten = """{"type":"json","flattenSpec":{"fields":[{"type":"path","name":"first","expr":"$.items[0].id"},{"type":"path","name":"ids","expr":"$.items[*].id"},{"type":"tree","name":"deep","nodes":["a","b"]},{"type":"root","name":"renamed","expr":"plain"}]}}""";
        var schema = Ingested.Schema("first:Long ids deep renamed plain o");
        var (results, rows) = Read(schema, flatten,
            """{"time":"2015-09-12T01","items":[{"id":1},{"id":2.5},{}],"a":{"b":{"c":[1,1.0,"\u00e9\"",null,true]}},"plain":"p","o":{"k":[]}}""",
            """{"time":"2015-09-12T02","items":[{"id":"1x"}],"a":{"b":[[1],"y"]}}""", """{"time":"2015-09-12T03"}""");
        Assert.Equal(
        [
            """first=1 ids=[null,'1','2.5'] deep='{"c":[1,1.0,"é\"",null,true]}' renamed='p' plain='p' o='{"k":[]}'""",
            "first=null ids='1x' deep=['[1]','y'] renamed=null plain=null o=null",
            "first=null ids=[] deep=null renamed=null plain=null o=null",
        ], rows);
        Assert.Equal([ParseOutcome.Row, ParseOutcome.RowWithErrors, ParseOutcome.Row], results.Select(r => r.Outcome));
    }

    [Fact]
    public void Fields_become_dimensions_where_none_are_listed()
    {
        var json = """{"type":"json","flattenSpec":{"fields":[{"type":"path","name":"p","expr":"$.o.p"}]}}""";
        string[] events = ["""{"time":"2015-09-12T01","z":null,"o":{"p":1},"a":[1,2],"b":[{}]}""", """{"time":"2015-09-12T02","late":true}"""];
        Assert.Equal(["p='1' a=['1','2'] late=null", "p=null a=null late='true'"], Read(Ingested.Schema(""), json, events).Rows);
        Assert.Equal(["p='1'", "p=null"], Read(Ingested.Schema(""), json.Replace("{\"fields\"", "{\"useFieldDiscovery\":false,\"fields\"", StringComparison.Ordinal), events).Rows);
        Assert.Equal(["x='1' n=null", "x=null n='2'"], Read(Ingested.Schema("", exclusions: "y"), """{"type":"csv","columns":["n","time","y","x"]}""", ",2015-09-12T01,1,1", "2,2015-09-12T02").Rows);
    }

    [Fact]
    public void Rows_of_one_event_are_thrown_away_counted_and_kept_each_by_itself()
    {
        var schema = Ingested.Schema("x");
        var parser = IEventParser.For(schema, Ingested.Format(Csv));
        parser.MinimumMessageTime = DateTimeOffset.Parse("2015-09-12T02:00Z").ToUnixTimeMilliseconds();
        parser.MaximumMessageTime = DateTimeOffset.Parse("2015-09-12T03:00Z").ToUnixTimeMilliseconds();
        var (results, sink) = Ingested.Into(parser, schema, ["2015-09-12T01,a\n2015-09-12T02,b\nbad,c\n2015-09-12T03,d\n2015-09-12T04,e", ""]);
        Assert.Equal(["x='b'", "x='d'"], Ingested.Rows(sink));
        var bad = new ParseProblem("{time=bad, x=c}", ["Timestamp[bad] is unparseable! Event: {time=bad, x=c} (Record: 3, Line: 3)"]);
        Assert.Equal(
        [
            new(ParseOutcome.ThrownAway, Reason: ThrownAwayReason.BeforeMinimumMessageTime), default, new(ParseOutcome.Unparseable, bad), default,
            new(ParseOutcome.ThrownAway, Reason: ThrownAwayReason.AfterMaximumMessageTime), new(ParseOutcome.Nothing),
        ], results);
        Assert.Equal(new ParseResult(ParseOutcome.ThrownAway, Reason: ThrownAwayReason.Null), parser.Parse(default, new ParsedRow()));
    }

    [Fact]
    public void Header_that_names_a_column_twice_makes_its_event_unparseable()
    {
        var schema = Ingested.Schema("x");
        var (results, rows) = Read(schema, """{"type":"csv","findColumnsFromHeader":true}""", "time,x,x\n2015-09-12,a,b", "x,time\nb,2015-09-12", "time,x\n2015-09-12,c");
        Assert.Equal(["x='b'", "x='c'"], rows);
        Assert.Equal(new ParseProblem("time,x,x", ["Duplicate column entries found : [x] (Record: 1, Line: 1)"]), results[0].Problem);
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_become_replacement_characters()
    {
        foreach (var format in new[] { Csv, """{"type":"json","flattenSpec":{"fields":["x"]}}""" })
        {
            var schema = Ingested.Schema("x");
            var text = format == Csv ? "2015-09-12,a*b" : "{\"time\":\"2015-09-12\",\"x\":\"a*b\"}";
            var bytes = Encoding.UTF8.GetBytes(text);
            bytes[text.IndexOf('*', StringComparison.Ordinal)] = 0xC3;
            var (row, sink) = (new ParsedRow(), new Sink(schema, Ingested.Day));
            Assert.Equal(default, IEventParser.For(schema, Ingested.Format(format)).Parse(bytes, row));
            sink.Append(row);
            Assert.Equal(["x='a\uFFFDb'"], Ingested.Rows(sink));
        }
    }

    [Theory]
    [InlineData("""{"type":"json"}""", "x", true)]
    [InlineData("""{"type":"json","flattenSpec":{"useFieldDiscovery":true,"fields":[]}}""", "x", true)]
    [InlineData("""{"type":"json","flattenSpec":{"useFieldDiscovery":true,"fields":[]}}""", "", true)]
    [InlineData("""{"type":"json","flattenSpec":{"useFieldDiscovery":false}}""", "x", true)]
    [InlineData("""{"type":"json","flattenSpec":{"useFieldDiscovery":false}}""", "", false)]
    [InlineData("""{"type":"json","useJsonNodeReader":true}""", "x", false)]
    [InlineData("""{"type":"json","flattenSpec":{"fields":["x"]}}""", "x", false)]
    [InlineData(Csv, "x", false)]
    public void Plain_JSON_takes_the_fast_path(string format, string dimensions, bool isFast) =>
        Assert.Equal(isFast, IEventParser.For(Ingested.Schema(dimensions), Ingested.Format(format)) is EventParser);

    private static (IReadOnlyList<ParseResult> Results, string[] Rows) Read(DataSchema schema, string format, params string[] events)
    {
        var (results, sink) = Ingested.Into(IEventParser.For(schema, Ingested.Format(format)), schema, events);
        return (results, Ingested.Rows(sink));
    }
}
