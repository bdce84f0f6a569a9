using System.Text.Json;
using Ingestion.Contracts.Specs;

namespace Ingestion.Supervisor.Tests.Contracts;

public sealed class AggregatorSpecTests
{
    [Fact]
    public void First_and_last_are_read_with_the_defaults_of_Druid()
    {
        var metrics = Read("""
            {"dataSource":"d","timestampSpec":{},"metricsSpec":[
              {"type":"longFirst","name":"a","fieldName":"v"},
              {"type":"doubleLast","name":"b","fieldName":"v","timeColumn":"__time"},
              {"type":"floatFirst","name":"c","fieldName":"v","timeColumn":"when"},
              {"type":"stringLast","name":"d","fieldName":"s","timeColumn":"when","maxStringBytes":10},
              {"type":"stringFirst","name":"e","fieldName":"__time"},
              {"type":"longMax","name":"f","fieldName":"__time"}]}
            """).Metrics;
        Assert.Equal(
        [
            new AggregatorSpec("a", AggregatorKind.LongFirst, "v") { MaxStringBytes = 1024 },
            new AggregatorSpec("b", AggregatorKind.DoubleLast, "v"),
            new AggregatorSpec("c", AggregatorKind.FloatFirst, "v") { TimeColumn = "when" },
            new AggregatorSpec("d", AggregatorKind.StringLast, "s") { TimeColumn = "when", MaxStringBytes = 10 },
            new AggregatorSpec("e", AggregatorKind.StringFirst, "__time"),
            new AggregatorSpec("f", AggregatorKind.LongMax, "__time"),
        ], metrics);
        Assert.Equal(["longFirst", "doubleLast", "floatFirst", "stringLast", "stringFirst", "longMax"], metrics.Select(m => m.Type));
        Assert.Equal([true, true, true, true, true, false], metrics.Select(m => m.IsTimed));
        Assert.Equal([true, false, true, false, true, false], metrics.Select(m => m.IsFirst));
        Assert.Equal([false, false, false, false, false, true], metrics.Select(m => m.ReadsRowTime));
    }

    [Fact]
    public void String_dimension_may_go_without_bitmaps_and_a_number_never_has_any()
    {
        var dimensions = Read("""
            {"dataSource":"d","timestampSpec":{},"dimensionsSpec":{"dimensions":["a",{"name":"b","createBitmapIndex":false,"multiValueHandling":"array"},{"type":"long","name":"c","createBitmapIndex":false}]}}
            """).Dimensions;
        Assert.Equal([new("a", ValueKind.String, "SORTED_ARRAY"), new("b", ValueKind.String, "ARRAY", HasBitmaps: false), new DimensionSchema("c", ValueKind.Long, "SORTED_ARRAY")], dimensions);
    }

    private static DataSchema Read(string json)
    {
        List<SpecProblem> problems = [];
        var schema = DataSchema.Read(JsonDocument.Parse(json).RootElement, "$", problems);
        Assert.Empty(problems);
        return schema!;
    }
}
