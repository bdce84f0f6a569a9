using System.Text;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Parsing;

namespace Ingestion.IndexTask.Tests.Parsing;

/// <summary>The messages are those of Druid 33's parseErrors.</summary>
public sealed class RefusedEventTests
{
    [Theory]
    [InlineData("not json at all", "not json at all", "Unable to parse row [not json at all] (Record: 1)")]
    [InlineData("", "", "Unable to parse [] as the intermediateRow resulted in empty input row (Record: 1)")]
    [InlineData("{\"page\":\"no time\"}", "{page=no time}", "Timestamp[null] is unparseable! Event: {page=no time} (Record: 1)")]
    [InlineData("{\"time\":\"not a time\",\"page\":\"x\"}", "{time=not a time, page=x}", "Timestamp[not a time] is unparseable! Event: {time=not a time, page=x} (Record: 1)")]
    [InlineData("{\"page\":null,\"tags\":[\"a\",1.0,null],\"o\":{},\"l\":[[]],\"t\":true}", "{tags=[a, 1.0, null], t=true}", "Timestamp[null] is unparseable! Event: {tags=[a, 1.0, null], t=true} (Record: 1)")]
    [InlineData("[1,2]", "{}", "Timestamp[null] is unparseable! Event: {} (Record: 1)")]
    [InlineData("null", "{}", "Timestamp[null] is unparseable! Event: {} (Record: 1)")]
    public void Unparseable_event_is_reported_as_Druid_does(string json, string input, string message) =>
        Assert.Equal(new ParseResult(ParseOutcome.Unparseable, new ParseProblem(input, [message])), Parse(json));

    [Fact]
    public void Long_event_is_cut_in_messages()
    {
        var text = "{page=" + new string('x', 94) + "...";
        Assert.Equal(new ParseProblem(text, [$"Timestamp[null] is unparseable! Event: {text} (Record: 1)"]), Parse($"{{\"page\":\"{new string('x', 200)}\"}}").Problem);
    }

    [Theory]
    [InlineData("{\"time\":1} x")]
    [InlineData("{\"time\":1,}")]
    [InlineData("{\"time\":1 \"a\":2}")]
    [InlineData("{\"time\" 1}")]
    [InlineData("{time:1}")]
    [InlineData("{\"time\":01}")]
    [InlineData("{\"time\":-}")]
    [InlineData("{\"time\":1.}")]
    [InlineData("{\"time\":1e}")]
    [InlineData("{\"time\":.5}")]
    [InlineData("{\"time\":+1}")]
    [InlineData("{\"time\":NaN}")]
    [InlineData("{\"time\":1,\"a\":tru}")]
    [InlineData("{\"time\":1,\"a\":nulls}")]
    [InlineData("{\"time\":1,\"a\":\"\\x\"}")]
    [InlineData("{\"time\":1,\"a\":\"\\u12g4\"}")]
    [InlineData("{\"time\":1,\"a\":\"tab\there\"}")]
    [InlineData("{\"time\":1,\"a\":[1,2}")]
    [InlineData("{\"time\":1,\"a\":[1,]}")]
    [InlineData("{\"time\":1,\"a\":{\"b\":1]}")]
    [InlineData("{\"time\":1,\"a\":{\"b\"}}")]
    [InlineData("{\"time\":1,\"a\":{,}}")]
    public void What_is_not_one_JSON_value_is_refused(string json) =>
        Assert.Equal(new ParseProblem(json, [$"Unable to parse row [{json}] (Record: 1)"]), Parse(json).Problem);

    [Fact]
    public void Every_truncation_is_refused()
    {
        const string json = "{\"time\":\"2015-09-12T00:00:00Z\",\"page\":\"a\\u00e9\\\\\",\"x\":[1,{\"y\":[true,null]},-1.5e+3],\"added\":12}";
        for (var length = 0; length < json.Length; length++)
            Assert.Equal(ParseOutcome.Unparseable, Parse(json[..length]).Outcome);
        Assert.Equal(default, Parse(json));
    }

    [Fact]
    public void Nesting_is_read_to_a_depth_of_1000()
    {
        Assert.Equal(default, Parse(Nested(999)));
        Assert.Equal(ParseOutcome.Unparseable, Parse(Nested(1000)).Outcome);

        static string Nested(int depth) => $"{{\"time\":1,\"a\":{new string('[', depth)}{new string(']', depth)}}}";
    }

    [Fact]
    public void Events_without_payload_or_outside_the_wanted_times_are_thrown_away()
    {
        var parser = new EventParser(Ingested.Schema("page")) { MinimumMessageTime = 1000, MaximumMessageTime = 2000 };
        var row = new ParsedRow();
        Assert.Equal(new ParseResult(ParseOutcome.ThrownAway, Reason: ThrownAwayReason.Null), parser.Parse(default, row));
        Assert.Equal(new ParseResult(ParseOutcome.ThrownAway, Reason: ThrownAwayReason.BeforeMinimumMessageTime), parser.Parse("{\"time\":999}"u8, row));
        Assert.Equal(new ParseResult(ParseOutcome.ThrownAway, Reason: ThrownAwayReason.AfterMaximumMessageTime), parser.Parse("{\"time\":2001}"u8, row));
        Assert.Equal(default, parser.Parse("{\"time\":1000}"u8, row));
        Assert.Equal(default, parser.Parse("{\"time\":2000}"u8, row));
    }

    private static ParseResult Parse(string json) => new EventParser(Ingested.Schema("page added:Long")).Parse(Encoding.UTF8.GetBytes(json), new ParsedRow());
}
