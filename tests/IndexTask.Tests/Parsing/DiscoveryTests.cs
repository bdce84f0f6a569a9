using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Parsing;

namespace Ingestion.IndexTask.Tests.Parsing;

public sealed class DiscoveryTests
{
    [Fact]
    public void Unknown_fields_become_string_dimensions_in_order_of_their_first_value()
    {
        var schema = Ingested.Schema("", "count:Count total:LongSum:n", exclusions: "secret");
        var rows = Ingested.Rows(
            schema,
            Ingested.Event("\"b\":null,\"z\":1,\"n\":5,\"secret\":\"s\",\"total\":9,\"count\":3"),
            Ingested.Event("\"b\":\"\\u0062\",\"o\":{\"k\":1},\"deep\":[[1]],\"list\":[\"y\",\"x\"],\"z\":2,\"a,b\":1,\"\":1,\"__time\":1"));
        Assert.Equal(["z='1' b=null list=null count=1 total=5", "z='2' b='b' list=['x','y'] count=1 total=null"], rows);
    }

    [Fact]
    public void With_schema_discovery_null_makes_a_column_in_the_segments_that_have_the_field()
    {
        var schema = Ingested.Schema("") with { UsesSchemaDiscovery = true };
        string[] events = [Ingested.Event("\"n\":null,\"a\":1"), Ingested.Event("\"b\":\"x\",\"n\":null,\"a\":null"), Ingested.Event("")];
        string[] expected = ["n=null a=null b=null", "n=null a=null b='x'", "n=null a=1 b=null"];
        Assert.Equal(expected, Ingested.Rows(schema, events));
        var general = new FieldParser(schema, InputFormat.Plain);
        Assert.Equal(expected, Ingested.Rows(Ingested.Into(general, schema, events).Sink));
        // The parser knows n by now; a segment without it has no such column.
        Assert.Equal(["a=1"], Ingested.Rows(Ingested.Into(general, schema, [Ingested.Event("\"a\":1")]).Sink));
    }

    [Fact]
    public void Thousands_of_different_names_are_read_and_not_remembered_for_ever()
    {
        var events = Enumerable.Range(0, 10_000).Select(i => Ingested.Event($"\"id{i}\":{i},\"x\":\"same\""));
        Assert.Equal(Enumerable.Repeat("x='same'", 10_000), Ingested.Rows(Ingested.Into(Ingested.Schema("x"), events).Sink));
    }

    [Fact]
    public void Names_longer_than_a_vector_are_told_apart()
    {
        var name = new string('n', 31);
        var schema = Ingested.Schema($"{name} {name}a {name}b");
        var json = Ingested.Event($"\"{name}a\":1,\"{name}b\":2,\"{name}\":0");
        Assert.Equal(Enumerable.Repeat($"{name}='0' {name}a='1' {name}b='2'", 3), Ingested.Rows(schema, json, Ingested.Event($"\"{name}\":0,\"{name}b\":2,\"{name}a\":1"), json));
    }
}
