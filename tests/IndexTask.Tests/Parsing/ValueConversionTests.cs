using System.Text;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Parsing;

namespace Ingestion.IndexTask.Tests.Parsing;

public sealed class ValueConversionTests
{
    [Theory]
    [InlineData("null", "null")]
    [InlineData("\"\"", "''")]
    [InlineData("\"text\"", "'text'")]
    [InlineData("true", "'true'")]
    [InlineData("false", "'false'")]
    [InlineData("36", "'36'")]
    [InlineData("-0", "'0'")]
    [InlineData("1.0", "'1.0'")]
    [InlineData("1.50", "'1.5'")]
    [InlineData("1e3", "'1000.0'")]
    [InlineData("1e7", "'1.0E7'")]
    [InlineData("-0.00012", "'-1.2E-4'")]
    [InlineData("9223372036854775807", "'9223372036854775807'")]
    [InlineData("-9223372036854775808", "'-9223372036854775808'")]
    [InlineData("9223372036854775808", "'9.223372036854776E18'")]
    [InlineData("1e999", "'Infinity'")]
    [InlineData("[\"b\",\"a\"]", "['a','b']")]
    [InlineData("[\"b\",null,\"b\",1,2.0,true]", "[null,'1','2.0','b','b','true']")]
    [InlineData("[ \"only\" ]", "'only'")]
    [InlineData("[[1, 2],{\"a\" : 1}]", "['[1, 2]','{\"a\" : 1}']")]
    [InlineData("{\"a\" : [1, \"x\"]}", "'{\"a\" : [1, \"x\"]}'")]
    [InlineData("\"\\u0041\\n\\\"\\\\\\/\\b\\f\\r\\t\"", "'A\n\"\\/\b\f\r\t'")]
    [InlineData("\"\\ud83d\\ude00 \\u00e9 \\u20ac\"", "'\U0001F600 é €'")]
    [InlineData("\"\\ud83d\\u0041 \\ude00\"", "'?A ?'")]
    [InlineData("[\"\\u0062\",\"a\\\\\"]", "['a\\','b']")]
    public void String_dimension_takes_a_value_as_Druid_prints_it(string json, string expected) =>
        Assert.Equal(expected, Ingested.Value(Ingested.Schema("x"), json));

    [Theory]
    [InlineData("SORTED_ARRAY", "[null,'a','b','b']")]
    [InlineData("SORTED_SET", "[null,'a','b']")]
    [InlineData("ARRAY", "['b','a',null,'b']")]
    public void Multi_value_handling_decides_about_order_and_repetition(string handling, string expected) =>
        Assert.Equal(expected, Ingested.Value(Ingested.Schema($"x:String:{handling}"), "[\"b\",\"a\",null,\"b\"]"));

    [Fact]
    public void Empty_list_stays_an_empty_row_beside_rows_with_several_values()
    {
        var events = new[] { "[]", "[\"a\",\"b\"]", "null" }.Select(x => Ingested.Event($"\"x\":{x}")).ToArray();
        Assert.Equal(["x=[]", "x=null", "x=['a','b']"], Ingested.Rows(Ingested.Schema("x"), events));
        Assert.Equal(["x=null c=2", "x=['a','b'] c=1"], Ingested.Rows(Ingested.Schema("x", "c:Count", rollup: true), events));
    }

    [Theory]
    [InlineData("Long", "36", "36")]
    [InlineData("Long", "1.9", "1")]
    [InlineData("Long", "-1.9", "-1")]
    [InlineData("Long", "1e30", "9223372036854775807")]
    [InlineData("Long", "\"123\"", "123")]
    [InlineData("Long", "\"1.0\"", "1")]
    [InlineData("Long", "true", "1")]
    [InlineData("Long", "null", "null")]
    [InlineData("Double", "36", "36")]
    [InlineData("Double", "1.25e2", "125")]
    [InlineData("Double", "\"-0.5\"", "-0.5")]
    [InlineData("Float", "0.1", "0.1")]
    [InlineData("Float", "16777217", "16777216")]
    [InlineData("Float", "\"1e-3\"", "0.001")]
    public void Numeric_dimension_takes_numbers_and_texts_of_numbers(string kind, string json, string expected) =>
        Assert.Equal(expected, Ingested.Value(Ingested.Schema($"x:{kind}"), json));

    [Theory]
    [InlineData("Long", "\"abc\"", "Could not convert value [abc] to long for dimension [x].")]
    [InlineData("Long", "\"1.9\"", "Could not convert value [1.9] to long for dimension [x].")]
    [InlineData("Long", "\"\"", "Could not convert value [] to long for dimension [x].")]
    [InlineData("Double", "\"1,5\"", "Could not convert value [1,5] to double for dimension [x].")]
    [InlineData("Float", "[1,2]", "Could not ingest value [[1, 2]] as float for dimension [x]. A float column cannot have multiple values in the same row.")]
    [InlineData("Long", "{\"a\":1}", "Could not convert value [{a=1}] to long for dimension [x]. Invalid type: [class java.util.LinkedHashMap]")]
    [InlineData("Float", "true", "Could not convert value [true] to float for dimension [x]. Invalid type: [class java.lang.Boolean]")]
    [InlineData("Double", "false", "Could not convert value [false] to double for dimension [x]. Invalid type: [class java.lang.Boolean]")]
    public void Value_that_is_no_number_is_null_and_the_row_is_kept_with_an_error(string kind, string json, string message)
    {
        var (results, sink) = Ingested.Into(Ingested.Schema($"x:{kind} y"), [Ingested.Event($"\"x\":{json},\"y\":\"kept\"")]);
        Assert.Equal(ParseOutcome.RowWithErrors, results[0].Outcome);
        Assert.Equal([message], results[0].Problem!.Details);
        Assert.Equal(["x=null y='kept'"], Ingested.Rows(sink));
    }

    [Theory]
    [InlineData("LongSum", "\" +1,234 \"", "1234")]
    [InlineData("LongSum", "1.9", "1")]
    [InlineData("LongMax", "null", "null")]
    [InlineData("LongSum", "\"x\"", "null")]
    [InlineData("LongSum", "true", "null")]
    [InlineData("DoubleSum", "\"1.5\"", "1.5")]
    [InlineData("FloatMin", "2", "2")]
    public void Metric_takes_numbers_with_separators_and_null_for_what_is_none(string type, string json, string expected) =>
        Assert.Equal([$"d=null x={expected}"], Ingested.Rows(Ingested.Schema("d:Long", $"x:{type}:x"), Ingested.Event($"\"x\":{json}")));

    [Fact]
    public void One_field_feeds_several_columns()
    {
        var schema = Ingested.Schema("n s:String", "sum:DoubleSum:n max:LongMax:n");
        Assert.Equal(["n='7' s=null max=7 sum=7"], Ingested.Rows(schema, Ingested.Event("\"n\":7")));
        Assert.Equal(["n=['1','a'] s=null max=null sum=null"], Ingested.Rows(schema, Ingested.Event("\"n\":[\"\\u0061\",1]")));
    }

    [Fact]
    public void Last_of_equal_names_counts_and_case_matters()
    {
        Assert.Equal(["x=null X='upper'"], Ingested.Rows(Ingested.Schema("x X"), Ingested.Event("\"x\":\"first\",\"X\":\"upper\",\"x\":null")));
        Assert.Equal(["x='2'"], Ingested.Rows(Ingested.Schema("x"), Ingested.Event("\"x\":[1,2],\"\\u0078\":2")));
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_become_replacement_characters()
    {
        var schema = Ingested.Schema("x");
        var (row, sink) = (new ParsedRow(), new Sink(schema, Ingested.Day));
        var json = Encoding.UTF8.GetBytes(Ingested.Event("\"x\":\"a*b\""));
        json[Array.LastIndexOf(json, (byte)'*')] = 0xC3;
        Assert.Equal(default, new EventParser(schema).Parse(json, row));
        sink.Append(row);
        Assert.Equal(["x='a\uFFFDb'"], Ingested.Rows(sink));
    }
}
