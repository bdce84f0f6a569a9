using System.Text;
using Ingestion.Contracts.Json;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Parsing;

namespace Ingestion.IndexTask.Tests.Parsing;

public sealed class TimestampTests
{
    [Theory]
    [InlineData("iso", "\"2015-09-12T00:46:58.771Z\"", "2015-09-12T00:46:58.771Z")]
    [InlineData("iso", "\"2015-09-12T00:46:58.771\"", "2015-09-12T00:46:58.771Z")]
    [InlineData("iso", "\"2015-09-12T00:46:58.7719+02:00\"", "2015-09-11T22:46:58.771Z")]
    [InlineData("iso", "\"2015-09-12T00:46-0130\"", "2015-09-12T02:16:00.000Z")]
    [InlineData("iso", "\"2015-09-12T05\"", "2015-09-12T05:00:00.000Z")]
    [InlineData("iso", "\"2015-09-12\"", "2015-09-12T00:00:00.000Z")]
    [InlineData("iso", "\"2015-09\"", "2015-09-01T00:00:00.000Z")]
    [InlineData("iso", "\"2015\"", "2015-01-01T00:00:00.000Z")]
    [InlineData("iso", "2015", "2015-01-01T00:00:00.000Z")]
    [InlineData("iso", "1442018818771", "2015-09-12T00:46:58.771Z")]
    [InlineData("auto", "\"2015-09-12 00:46:58\"", "2015-09-12T00:46:58.000Z")]
    [InlineData("auto", "1442018818771", "2015-09-12T00:46:58.771Z")]
    [InlineData("auto", "\"1442018818771\"", "2015-09-12T00:46:58.771Z")]
    [InlineData("auto", "1.442018818771e12", "2015-09-12T00:46:58.771Z")]
    [InlineData("millis", "-1", "1969-12-31T23:59:59.999Z")]
    [InlineData("posix", "1442018818", "2015-09-12T00:46:58.000Z")]
    [InlineData("posix", "\"1442018818\"", "2015-09-12T00:46:58.000Z")]
    public void Time_is_read_in_the_format_of_the_spec(string format, string json, string expected) => Assert.Equal(expected, Read(format, json));

    [Theory]
    [InlineData("iso", "\"2015-09-12T00:46:60.771Z\"")]
    [InlineData("iso", "\"2015-02-30T00:46:58.771Z\"")]
    [InlineData("iso", "\"2015-09-12T24:00:00.000Z\"")]
    [InlineData("iso", "\"2015-09-12T00:46:5x.771Z\"")]
    [InlineData("iso", "\"2015-09-12T00:46:58.771Zz\"")]
    [InlineData("iso", "\"2015-09-12 00:46:58.771\"")]
    [InlineData("iso", "\"09/12/2015\"")]
    [InlineData("iso", "\"\"")]
    [InlineData("iso", "true")]
    [InlineData("auto", "[1]")]
    [InlineData("millis", "\"2015-09-12\"")]
    [InlineData("millis", "9223372036854775807")]
    [InlineData("posix", "9223372036854775807")]
    public void What_is_no_time_in_the_format_is_unparseable(string format, string json) => Assert.Equal("Unparseable", Read(format, json));

    [Fact]
    public void Missing_time_takes_the_value_of_the_spec()
    {
        var schema = Ingested.Schema("x") with { Timestamp = new("time", "iso", 1000) };
        var row = new ParsedRow();
        Assert.Equal((default, 1000), (new EventParser(schema).Parse("{\"x\":1}"u8, row), row.TimeMillis));
        Assert.Equal((default, 1000), (new EventParser(schema).Parse("{\"time\":null}"u8, row), row.TimeMillis));
        Assert.Equal(ParseOutcome.Unparseable, new EventParser(schema).Parse("{\"time\":\"\"}"u8, row).Outcome);
    }

    private static string Read(string format, string json)
    {
        var row = new ParsedRow();
        var outcome = new EventParser(Ingested.Schema("x", format: format)).Parse(Encoding.UTF8.GetBytes($"{{\"time\":{json}}}"), row).Outcome;
        return outcome == ParseOutcome.Row ? IsoTime.Write(row.TimeMillis) : outcome.ToString();
    }
}
