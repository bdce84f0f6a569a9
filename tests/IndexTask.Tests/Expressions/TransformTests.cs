using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Parsing;
using Ingestion.IndexTask.Tests.Parsing;

namespace Ingestion.IndexTask.Tests.Expressions;

/// <summary>Events through formats, transforms, filter, cells and segment.</summary>
public sealed class TransformTests
{
    private const string Json = """{"type":"json"}""";

    [Fact]
    public void Transforms_add_fields_and_stand_for_fields_and_do_not_see_one_another()
    {
        var schema = Schema("x doubled:Long shout tags n:Double", """
            {"transforms":[{"type":"expression","name":"doubled","expression":"n * 2"},{"type":"expression","name":"n","expression":"n + 0.5"},{"type":"expression","name":"shout","expression":"upper(x)"},
            {"type":"expression","name":"x","expression":"concat(x, '!')"},{"type":"expression","name":"tags","expression":"map((t) -> concat(t, n), tags)"}]}
            """);
        var (results, rows) = Read(schema, Json, """{"time":"2015-09-12T01","x":"a","n":3,"tags":["q","p"]}""", """{"time":"2015-09-12T02"}""");
        Assert.Equal(["x='a!' doubled=6 shout='A' tags=['p3','q3'] n=3.5", "x=null doubled=null shout=null tags=null n=null"], rows);
        Assert.Equal([default, default], results);
    }

    [Fact]
    public void Filter_sees_the_transformed_row_and_what_it_does_not_want_is_thrown_away()
    {
        var schema = Schema("x", """{"transforms":[{"type":"expression","name":"x","expression":"lower(x)"}],"filter":{"type":"not","field":{"type":"selector","dimension":"x","value":"bot"}}}""");
        var (results, rows) = Read(schema, Json, """{"time":"2015-09-12T01","x":"BOT"}""", """{"time":"2015-09-12T02","x":"Man"}""", """{"time":"2015-09-12T03"}""", """{"time":"never","x":"Bot"}""");
        Assert.Equal(["x='man'"], rows);
        Assert.Equal([ParseOutcome.ThrownAway, ParseOutcome.Row, ParseOutcome.ThrownAway, ParseOutcome.Unparseable], results.Select(r => r.Outcome));
    }

    [Fact]
    public void Time_is_read_as_milliseconds_and_can_be_transformed()
    {
        var schema = Schema("hour:Long was:Long", """
            {"transforms":[{"type":"expression","name":"__time","expression":"timestamp_floor(__time, 'PT1H')"},{"type":"expression","name":"hour","expression":"timestamp_extract(__time, 'HOUR')"},
            {"type":"expression","name":"was","expression":"__time"}],"filter":{"type":"interval","dimension":"__time","intervals":["2015-09-12T01/2015-09-12T02:00:00.001Z"]}}
            """);
        var parser = IEventParser.For(schema, Ingested.Format(Json));
        var (results, sink) = Ingested.Into(parser, schema, ["""{"time":"2015-09-12T01:59:59Z"}""", """{"time":"2015-09-12T02:30:00Z"}""", """{"time":"2015-09-12T03:00:00Z"}"""]);
        Assert.Equal(["hour=1 was=1442023199000", "hour=2 was=1442025000000"], Ingested.Rows(sink));
        Assert.Equal([ParseOutcome.Row, ParseOutcome.Row, ParseOutcome.ThrownAway], results.Select(r => r.Outcome));
    }

    [Fact]
    public void Window_of_wanted_times_is_that_of_transformed_times()
    {
        var schema = Schema("x", """{"transforms":[{"type":"expression","name":"__time","expression":"timestamp_shift(__time, 'P1D', shift)"}]}""");
        var parser = IEventParser.For(schema, Ingested.Format(Json));
        (parser.MinimumMessageTime, parser.MaximumMessageTime) = (Ingested.Day.StartMillis, Ingested.Day.EndMillis - 1);
        var (results, sink) = Ingested.Into(parser, schema, ["""{"time":"2015-09-11","shift":1,"x":"late"}""", """{"time":"2015-09-12","shift":1,"x":"early"}""", """{"time":"2015-09-11","shift":0,"x":"old"}"""]);
        Assert.Equal(["x='late'"], Ingested.Rows(sink));
        Assert.Equal([default, new ParseResult(ParseOutcome.ThrownAway, Reason: ThrownAwayReason.AfterMaximumMessageTime), new ParseResult(ParseOutcome.ThrownAway, Reason: ThrownAwayReason.BeforeMinimumMessageTime)], results);
    }

    [Fact]
    public void Row_without_a_value_is_unparseable_and_its_neighbours_are_not()
    {
        var schema = Schema("x:Long", """{"transforms":[{"type":"expression","name":"x","expression":"100 / x"},{"type":"expression","name":"unused","expression":"1 / 0"}]}""");
        var (results, rows) = Read(schema, """{"type":"csv","columns":["time","x"],"tryParseNumbers":true}""", "2015-09-12T01,5\n2015-09-12T02,0\n2015-09-12T03,4");
        Assert.Equal(["x=20", "x=25"], rows);
        var problem = new ParseProblem("{time=2015-09-12T02, x=0}", ["Could not transform value for x reason: / by zero (Record: 2, Line: 2)"]);
        Assert.Equal([default, new ParseResult(ParseOutcome.Unparseable, problem), default], results);
    }

    [Fact]
    public void Flattened_fields_can_be_transformed_and_transforms_are_no_discovered_dimensions()
    {
        const string flatten = """{"type":"json","flattenSpec":{"fields":[{"type":"path","name":"id","expr":"$.o.id"}]}}""";
        var schema = Schema("", """{"transforms":[{"type":"expression","name":"id","expression":"id + 1"},{"type":"expression","name":"new","expression":"'n'"}],"filter":{"type":"equals","column":"new","matchValueType":"STRING","matchValue":"n"}}""");
        Assert.Equal(["id='8'"], Read(schema, flatten, """{"time":"2015-09-12","o":{"id":7}}""").Rows);
    }

    [Fact]
    public void Lists_objects_and_flags_pass_through_expressions()
    {
        var schema = Schema("a b c d e", """
            {"transforms":[{"type":"expression","name":"a","expression":"t"},{"type":"expression","name":"b","expression":"array_append(l, 'z')"},{"type":"expression","name":"c","expression":"o"},{"type":"expression","name":"d","expression":"d * 2"},
            {"type":"expression","name":"e","expression":"array(d - 0.5, 0.0 / 0, -1.0 / 0)"}]}
            """);
        Assert.Equal(["a='1' b=['1','z'] c='{\"k\":[1]}' d='5.0' e=['-Infinity','2.0','NaN']"], Read(schema, Json, """{"time":"2015-09-12","t":true,"l":["1"],"o":{"k":[1]},"d":2.5}""").Rows);
    }

    [Theory]
    [InlineData("{}", true)]
    [InlineData("""{"transforms":[],"filter":null}""", true)]
    [InlineData("""{"filter":{"type":"true"}}""", false)]
    [InlineData("""{"transforms":[{"type":"expression","name":"x","expression":"1"}]}""", false)]
    public void Specs_without_transforms_and_filter_take_the_fast_path(string transformSpec, bool isFast) =>
        Assert.Equal(isFast, IEventParser.For(Schema("x", transformSpec), Ingested.Format(Json)) is EventParser);

    [Fact]
    public void Numbers_are_computed_without_an_object()
    {
        var node = new Ingestion.IndexTask.Expressions.ExpressionCompiler().Compile(Contracts.Expressions.Expression.TryParse("if(__time % 7 > 2, __time * 2.5 - 1, abs(__time / 3) + timestamp_floor(__time, 'PT1H'))", out _)!);
        var row = new Ingestion.IndexTask.Expressions.RowScope(0) { Fields = Recorded.Rows[0], Time = 1442018818771 };
        node.Eval(row);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (row.Time = 0; row.Time < 1_000; row.Time++)
            node.Eval(row);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000);
    }

    private static DataSchema Schema(string dimensions, string transformSpec) => Ingested.Schema(dimensions) with { Transforms = TransformSpecs.Read(transformSpec) };

    private static (IReadOnlyList<ParseResult> Results, string[] Rows) Read(DataSchema schema, string format, params string[] events)
    {
        var (results, sink) = Ingested.Into(IEventParser.For(schema, Ingested.Format(format)), schema, events);
        return (results, Ingested.Rows(sink));
    }
}
