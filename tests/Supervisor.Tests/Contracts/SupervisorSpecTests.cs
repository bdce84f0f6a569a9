using System.Text.Json.Nodes;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;

namespace Ingestion.Supervisor.Tests.Contracts;

public sealed class SupervisorSpecTests
{
    private const string Wiki = """
        {"type":"kafka","spec":{
          "dataSchema":{"dataSource":"wiki","timestampSpec":{"column":"time","format":"iso"},
            "dimensionsSpec":{"dimensions":["channel",{"type":"long","name":"delta"}]},
            "metricsSpec":[{"type":"count","name":"count"}],
            "granularitySpec":{"segmentGranularity":"DAY","queryGranularity":"NONE","rollup":true}},
          "ioConfig":{"topic":"wiki","inputFormat":{"type":"json"},"consumerProperties":{"bootstrap.servers":"k:9092"},"taskCount":2,"replicas":1,"taskDuration":"PT1M"},
          "tuningConfig":{"type":"kafka","maxRowsPerSegment":5000}}}
        """;

    [Fact]
    public void Spec_that_is_right_is_read_with_defaults()
    {
        var spec = Read(Wiki);
        Assert.Equal(("wiki", "wiki", false), (spec.Id, spec.DataSource, spec.Suspended));
        Assert.Equal(new TuningConfig { MaxRowsPerSegment = 5000 }, spec.TuningConfig);
        Assert.Equal((2, 1, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(30), false, TimeSpan.FromMinutes(30), 2),
            (spec.IoConfig.TaskCount, spec.IoConfig.Replicas, spec.IoConfig.TaskDuration, spec.IoConfig.Period, spec.IoConfig.UseEarliestOffset, spec.IoConfig.CompletionTimeout, spec.IoConfig.StopTaskCount));
    }

    [Fact]
    public void Task_count_is_written_out_with_what_follows_from_it()
    {
        var stated = Wiki.Replace("\"taskCount\":2", "\"taskCount\":5", StringComparison.Ordinal);
        var unstated = Read(Wiki.Replace("\"taskCount\":2,", "", StringComparison.Ordinal));
        Assert.Equal((false, 1, 1), (unstated.StatesTaskCount, unstated.IoConfig.TaskCount, unstated.IoConfig.StopTaskCount));
        var five = unstated.WithTaskCount(5);
        Assert.Equal((true, 5, 5, Read(stated).Json), (five.StatesTaskCount, five.IoConfig.TaskCount, five.IoConfig.StopTaskCount, five.Json));
    }

    [Fact]
    public void Canonical_form_does_not_depend_on_formatting_key_order_or_defaults_written_out()
    {
        var reordered = """
            {"suspended":false,"spec":{"tuningConfig":{"maxRowsPerSegment":5000,"type":"kafka","chatRetries":8},
              "ioConfig":{"replicas":1,"taskDuration":"PT60S","taskCount":2,"consumerProperties":{"bootstrap.servers":"k:9092"},"inputFormat":{"type":"json"},"topic":"wiki","period":"PT30S"},
              "dataSchema":{"granularitySpec":{"rollup":true,"queryGranularity":{"type":"none"},"segmentGranularity":{"type":"period","period":"P1D"}},"metricsSpec":[{"type":"count","name":"count"}],
                "dimensionsSpec":{"dimensions":[{"type":"string","name":"channel"},{"type":"long","name":"delta","createBitmapIndex":false}]},
                "timestampSpec":{"format":"iso","column":"time"},"dataSource":"wiki"}},"type":"kafka"}
            """;
        Assert.Equal(Read(Wiki).Json, Read(reordered).Json);
    }

    [Fact]
    public void Canonical_form_is_its_own_canonical_form_and_keeps_members_that_druid_33_lacks()
    {
        var given = JsonNode.Parse(Wiki)!;
        given["spec"]!["ioConfig"]!["lagAggregator"] = JsonNode.Parse("""{"type":"default"}""");
        var spec = Read(given.ToJsonString());
        Assert.Equal(spec.Json, Read(spec.Json).Json);
        Assert.Equal("default", (string?)JsonNode.Parse(spec.Json)!["spec"]!["ioConfig"]!["lagAggregator"]!["type"]);
    }

    [Fact]
    public void Legacy_form_without_spec_is_read()
    {
        var given = JsonNode.Parse(Wiki)!.AsObject();
        var legacy = given["spec"]!.DeepClone().AsObject();
        legacy["type"] = "kafka";
        Assert.Equal(Read(Wiki).Json, Read(legacy.ToJsonString()).Json);
    }

    [Fact]
    public void Suspended_is_the_only_member_that_suspending_changes()
    {
        var suspended = Read(Wiki).WithSuspended(true);
        Assert.True(suspended.Suspended);
        Assert.Equal(Read(Wiki).Json.Replace("\"suspended\":false", "\"suspended\":true", StringComparison.Ordinal), suspended.Json);
        Assert.Equal(Read(Wiki).Json, suspended.WithSuspended(false).Json);
    }

    [Theory]
    [InlineData("", "$", "empty")]
    [InlineData("null", "$", "JSON object")]
    [InlineData("[]", "$", "JSON object")]
    [InlineData("{\"type\":", "$", "not valid JSON")]
    [InlineData("{\"type\":\"kafka\"} x", "$", "not valid JSON")]
    [InlineData("{\"type\":\"bogus\",\"spec\":{}}", "$.type", "[bogus] is not supported")]
    public void Body_that_is_no_spec_is_refused(string body, string path, string message)
    {
        var problem = Assert.Single(SupervisorSpec.Read(body).Problems);
        Assert.Equal(path, problem.Path);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ioConfig.topic", null, "$.spec.ioConfig.topic")]
    [InlineData("ioConfig.topic", "\"a b\"", "$.spec.ioConfig.topic")]
    [InlineData("ioConfig.topic", "\"\"", "$.spec.ioConfig.topic")]
    [InlineData("ioConfig.topicPattern", "\"wiki.*\"", "$.spec.ioConfig.topicPattern")]
    [InlineData("ioConfig.consumerProperties", null, "$.spec.ioConfig.consumerProperties")]
    [InlineData("ioConfig.consumerProperties", "{}", "$.spec.ioConfig.consumerProperties.bootstrap.servers")]
    [InlineData("ioConfig.inputFormat", null, "$.spec.ioConfig.inputFormat")]
    [InlineData("ioConfig.inputFormat", "{\"type\":\"bogus\"}", "$.spec.ioConfig.inputFormat.type")]
    [InlineData("ioConfig.inputFormat", "{\"type\":\"kafka\"}", "$.spec.ioConfig.inputFormat.valueFormat")]
    [InlineData("dataSchema.dimensionsSpec", """{"dimensions":["a","b"],"dimensionExclusions":["b"]}""", "$.spec.dataSchema.dimensionsSpec.dimensionExclusions")]
    [InlineData("dataSchema.dimensionsSpec", """{"dimensions":[{"type":"auto","name":"a","castToType":"ARRAY<STRING>"}]}""", "$.spec.dataSchema.dimensionsSpec.dimensions[0].castToType")]
    [InlineData("ioConfig.taskCount", "0", "$.spec.ioConfig.taskCount")]
    [InlineData("ioConfig.taskCount", "-1", "$.spec.ioConfig.taskCount")]
    [InlineData("ioConfig.taskCount", "\"two\"", "$.spec.ioConfig.taskCount")]
    [InlineData("ioConfig.taskCount", "99999999999", "$.spec.ioConfig.taskCount")]
    [InlineData("ioConfig.replicas", "0", "$.spec.ioConfig.replicas")]
    [InlineData("ioConfig.taskDuration", "\"1 hour\"", "$.spec.ioConfig.taskDuration")]
    [InlineData("ioConfig.taskDuration", "\"PT0S\"", "$.spec.ioConfig.taskDuration")]
    [InlineData("ioConfig.taskDuration", "\"P2147483647D\"", "$.spec.ioConfig.taskDuration")]
    [InlineData("ioConfig.taskDuration", "\"PT-99999999999999999999S\"", "$.spec.ioConfig.taskDuration")]
    [InlineData("ioConfig.period", "\"P36501D\"", "$.spec.ioConfig.period")]
    [InlineData("ioConfig.startDelay", "\"P2147483647D\"", "$.spec.ioConfig.startDelay")]
    [InlineData("ioConfig.completionTimeout", "\"P2147483647D\"", "$.spec.ioConfig.completionTimeout")]
    [InlineData("ioConfig.lateMessageRejectionPeriod", "\"P2147483647D\"", "$.spec.ioConfig.lateMessageRejectionPeriod")]
    [InlineData("ioConfig.earlyMessageRejectionPeriod", "\"P2147483647D\"", "$.spec.ioConfig.earlyMessageRejectionPeriod")]
    [InlineData("tuningConfig.httpTimeout", "\"P2147483647D\"", "$.spec.tuningConfig.httpTimeout")]
    [InlineData("tuningConfig.shutdownTimeout", "5", "$.spec.tuningConfig.shutdownTimeout")]
    [InlineData("ioConfig.stopTaskCount", "0", "$.spec.ioConfig.stopTaskCount")]
    [InlineData("dataSchema.dataSource", null, "$.spec.dataSchema.dataSource")]
    [InlineData("dataSchema.dataSource", "\"a/b\"", "$.spec.dataSchema.dataSource")]
    [InlineData("dataSchema.dataSource", "\"\"", "$.spec.dataSchema.dataSource")]
    [InlineData("dataSchema.dataSource", "\".x\"", "$.spec.dataSchema.dataSource")]
    [InlineData("dataSchema.dataSource", "\"a\\tb\"", "$.spec.dataSchema.dataSource")]
    [InlineData("dataSchema.timestampSpec", null, "$.spec.dataSchema.timestampSpec")]
    [InlineData("dataSchema.timestampSpec.format", "\"yyyy-MM-ddTHH\"", "$.spec.dataSchema.timestampSpec.format")]
    [InlineData("dataSchema.dimensionsSpec.dimensions", "[\"channel\",\"channel\"]", "$.spec.dataSchema")]
    [InlineData("dataSchema.dimensionsSpec.dimensions", "[\"__time\"]", "$.spec.dataSchema.dimensionsSpec.dimensions[0]")]
    [InlineData("dataSchema.dimensionsSpec.dimensions", "[\"a,b\"]", "$.spec.dataSchema.dimensionsSpec.dimensions[0]")]
    [InlineData("dataSchema.metricsSpec", "[{\"type\":\"count\",\"name\":\"channel\"}]", "$.spec.dataSchema")]
    [InlineData("dataSchema.metricsSpec", "[{\"type\":\"bogus\",\"name\":\"x\"}]", "$.spec.dataSchema.metricsSpec[0].type")]
    [InlineData("dataSchema.metricsSpec", "[{\"type\":\"longSum\",\"name\":\"x\"}]", "$.spec.dataSchema.metricsSpec[0].fieldName")]
    [InlineData("dataSchema.metricsSpec", "[{\"type\":\"longSum\",\"name\":\"x\",\"fieldName\":\"v\",\"expression\":\"v + 1\"}]", "$.spec.dataSchema.metricsSpec[0].expression")]
    [InlineData("dataSchema.metricsSpec", "[{\"type\":\"filtered\",\"name\":\"x\",\"filter\":{},\"aggregator\":{}}]", "$.spec.dataSchema.metricsSpec[0].type")]
    [InlineData("dataSchema.metricsSpec", "[{\"type\":\"longFirst\",\"name\":\"x\"}]", "$.spec.dataSchema.metricsSpec[0].fieldName")]
    [InlineData("dataSchema.metricsSpec", "[{\"type\":\"longFirst\",\"name\":\"x\",\"fieldName\":\"v\",\"timeColumn\":5}]", "$.spec.dataSchema.metricsSpec[0].timeColumn")]
    [InlineData("dataSchema.metricsSpec", "[{\"type\":\"stringLast\",\"name\":\"x\",\"fieldName\":\"v\",\"maxStringBytes\":-1}]", "$.spec.dataSchema.metricsSpec[0].maxStringBytes")]
    [InlineData("dataSchema.dimensionsSpec.dimensions", "[{\"type\":\"string\",\"name\":\"d\",\"createBitmapIndex\":\"maybe\"}]", "$.spec.dataSchema.dimensionsSpec.dimensions[0].createBitmapIndex")]
    [InlineData("dataSchema.dimensionsSpec.dimensions", "[{\"type\":\"string\",\"name\":\"d\",\"multiValueHandling\":\"BAG\"}]", "$.spec.dataSchema.dimensionsSpec.dimensions[0].multiValueHandling")]
    [InlineData("tuningConfig.indexSpec", "{\"bitmap\":{\"type\":\"concise\"}}", "$.spec.tuningConfig.indexSpec.bitmap.type")]
    [InlineData("tuningConfig.indexSpec", "{\"dimensionCompression\":\"none\"}", "$.spec.tuningConfig.indexSpec.dimensionCompression")]
    [InlineData("tuningConfig.indexSpec", "{\"metricCompression\":\"zstd\"}", "$.spec.tuningConfig.indexSpec.metricCompression")]
    [InlineData("tuningConfig.indexSpec", "{\"longEncoding\":\"varint\"}", "$.spec.tuningConfig.indexSpec.longEncoding")]
    [InlineData("tuningConfig.indexSpec", "{\"stringDictionaryEncoding\":{\"type\":\"frontCoded\",\"bucketSize\":3}}", "$.spec.tuningConfig.indexSpec.stringDictionaryEncoding.bucketSize")]
    [InlineData("tuningConfig.indexSpec", "{\"stringDictionaryEncoding\":{\"type\":\"frontCoded\",\"formatVersion\":2}}", "$.spec.tuningConfig.indexSpec.stringDictionaryEncoding.formatVersion")]
    [InlineData("dataSchema.granularitySpec.segmentGranularity", "\"BOGUS\"", "$.spec.dataSchema.granularitySpec.segmentGranularity")]
    [InlineData("dataSchema.granularitySpec.queryGranularity", "\"MONTH\"", "$.spec.dataSchema.granularitySpec.queryGranularity")]
    [InlineData("dataSchema.timestampSpec.format", "\"zzzz\"", "$.spec.dataSchema.timestampSpec.format")]
    [InlineData("dataSchema.timestampSpec.format", "\"CC\"", "$.spec.dataSchema.timestampSpec.format")]
    [InlineData("dataSchema.timestampSpec.missingValue", "\"yesterday\"", "$.spec.dataSchema.timestampSpec.missingValue")]
    [InlineData("dataSchema.granularitySpec.queryGranularity", "{\"type\":\"period\",\"period\":\"P1D\",\"timeZone\":\"America/New_York\"}", "$.spec.dataSchema.granularitySpec.queryGranularity")]
    [InlineData("dataSchema.granularitySpec.queryGranularity", "{\"type\":\"period\",\"period\":\"PT36H\"}", "$.spec.dataSchema.granularitySpec.queryGranularity")]
    [InlineData("dataSchema.granularitySpec.segmentGranularity", "{\"type\":\"period\",\"period\":\"P1D\",\"timeZone\":\"Nowhere/Town\"}", "$.spec.dataSchema.granularitySpec.segmentGranularity.timeZone")]
    [InlineData("dataSchema.granularitySpec.segmentGranularity", "{\"type\":\"period\",\"period\":\"P-1D\"}", "$.spec.dataSchema.granularitySpec.segmentGranularity.period")]
    [InlineData("dataSchema.granularitySpec.segmentGranularity", "{\"type\":\"duration\",\"duration\":0}", "$.spec.dataSchema.granularitySpec.segmentGranularity.duration")]
    [InlineData("dataSchema.granularitySpec.segmentGranularity", "{\"type\":\"period\",\"period\":\"P1D\",\"origin\":\"x\"}", "$.spec.dataSchema.granularitySpec.segmentGranularity.origin")]
    [InlineData("dataSchema.transformSpec", "{\"transforms\":[{\"type\":\"expression\",\"name\":\"x\"}]}", "$.spec.dataSchema.transformSpec.transforms[0].expression")]
    [InlineData("dataSchema.transformSpec", "{\"transforms\":[{\"type\":\"expression\",\"name\":\"x\",\"expression\":\"nonsense(1)\"}]}", "$.spec.dataSchema.transformSpec.transforms[0].expression")]
    [InlineData("dataSchema.transformSpec", "{\"filter\":{\"type\":\"search\"}}", "$.spec.dataSchema.transformSpec.filter.type")]
    [InlineData("tuningConfig.type", "\"bogus\"", "$.spec.tuningConfig.type")]
    [InlineData("tuningConfig.maxRowsInMemory", "0", "$.spec.tuningConfig.maxRowsInMemory")]
    [InlineData("tuningConfig.maxReplicaOffsetSkew", "0", "$.spec.tuningConfig.maxReplicaOffsetSkew")]
    public void Each_mistake_is_named_with_its_path(string member, string? value, string path)
    {
        var spec = JsonNode.Parse(Wiki)!;
        var names = member.Split('.');
        var parent = names[..^1].Aggregate(spec["spec"]!.AsObject(), (node, name) => node[name]!.AsObject());
        if (value is null) parent.Remove(names[^1]);
        else parent[names[^1]] = JsonNode.Parse(value);
        var reading = SupervisorSpec.Read(spec.ToJsonString());
        Assert.Null(reading.Spec);
        Assert.Equal([path], reading.Problems.Select(p => p.Path));
    }

    [Fact]
    public void Replicas_may_be_any_distance_apart_unless_the_spec_says_and_tasks_are_the_same_whatever_it_says()
    {
        var spec = JsonNode.Parse(Wiki)!;
        spec["spec"]!["tuningConfig"]!["maxReplicaOffsetSkew"] = 500;
        var (without, with) = (Read(Wiki), Read(spec.ToJsonString()));
        Assert.Equal((null, 500L, without.TaskTuningConfigJson), (without.TuningConfig.MaxReplicaOffsetSkew, with.TuningConfig.MaxReplicaOffsetSkew, with.TaskTuningConfigJson));
        Assert.Equal(500, (int)JsonNode.Parse(with.Json)!["tuningConfig"]!["maxReplicaOffsetSkew"]!);
    }

    [Theory]
    [InlineData("\"[\"", "is not a regular expression")]
    [InlineData("7", "is 7: a string is expected")]
    public void Topic_pattern_that_cannot_be_matched_is_refused(string pattern, string message)
    {
        var problem = Assert.Single(SupervisorSpec.Read(WithPattern(pattern)).Problems);
        Assert.Equal("$.spec.ioConfig.topicPattern", problem.Path);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Topic_pattern_is_the_stream()
    {
        var spec = Read(WithPattern("\"wiki.*\""));
        Assert.Equal(new SourceStream("wiki.*", isPattern: true), spec.IoConfig.Stream);
        var io = JsonNode.Parse(spec.Json)!["spec"]!["ioConfig"]!;
        Assert.Equal((null, "wiki.*", "wiki.*"), ((string?)io["topic"], (string?)io["topicPattern"], (string?)io["stream"]));
        Assert.Equal(spec.Json, Read(spec.Json).Json);
    }

    private static string WithPattern(string pattern)
    {
        var spec = JsonNode.Parse(Wiki)!;
        var io = spec["spec"]!["ioConfig"]!.AsObject();
        io.Remove("topic");
        io["topicPattern"] = JsonNode.Parse(pattern);
        return spec.ToJsonString();
    }

    [Theory]
    [InlineData("P2147483647D")]
    [InlineData("P36501D")]
    public void Intermediate_periods_may_be_never(string never)
    {
        var spec = JsonNode.Parse(Wiki)!;
        var tuning = spec["spec"]!["tuningConfig"]!;
        (tuning["intermediateHandoffPeriod"], tuning["intermediatePersistPeriod"]) = (never, never);
        var read = Read(spec.ToJsonString()).TuningConfig;
        Assert.Equal((TimeSpan.MaxValue, TimeSpan.MaxValue), (read.IntermediateHandoffPeriod, read.IntermediatePersistPeriod));
    }

    [Fact]
    public void Task_that_reports_parse_exceptions_allows_none_and_saves_one()
    {
        var spec = JsonNode.Parse(Wiki)!;
        var tuning = spec["spec"]!["tuningConfig"]!;
        (tuning["reportParseExceptions"], tuning["maxParseExceptions"]) = (true, 7);
        var read = Read(spec.ToJsonString()).TuningConfig;
        Assert.Equal((0, 1), (read.MaxParseExceptions, read.MaxSavedParseExceptions));
    }

    [Theory]
    [InlineData("{\"type\":\"kafka\",\"id\":\"caf\u00E9\"}", "$", "is not UTF-8: byte 0xE9 at 25")]
    [InlineData("{\"type\":\"kafka\",\"id\":\"\\ud800\"}", "$.id", "half of a surrogate pair")]
    [InlineData("{\"type\":\"kafka\",\"context\":{\"a\":[1,{\"\\udc00\":1}]}}", "$.context.a[1]", "half of a surrogate pair")]
    [InlineData("{\"type\":\"kafka\",\"spec\":{\"ioConfig\":{\"topic\":\"a\",\"topic\":\"b\"}}}", "$.spec.ioConfig.topic", "is given more than once")]
    [InlineData("{\"type\":\"kafka\",\"context\":[{\"a\":1,\"\\u0061\":2}]}", "$.context[0].a", "is given more than once")]
    public void Body_that_is_not_plain_json_is_refused_where_it_is_not(string latin1, string path, string message)
    {
        var problem = Assert.Single(SupervisorSpec.Read(System.Text.Encoding.Latin1.GetBytes(latin1)).Problems);
        Assert.Equal(path, problem.Path);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_mistakes_of_a_spec_are_named_at_once()
    {
        var reading = SupervisorSpec.Read("""
            {"type":"kafka","id":"a/b","suspended":"maybe","spec":{"dataSchema":{"dataSource":""},"ioConfig":{"taskCount":0,"taskDuration":"soon","lateMessageRejectionPeriod":"PT1H","lateMessageRejectionStartDateTime":"x"}}}
            """);
        Assert.Equal(
            [
                "$.spec.dataSchema.dataSource", "$.spec.dataSchema.timestampSpec", "$.spec.ioConfig.topic", "$.spec.ioConfig.consumerProperties", "$.spec.ioConfig.inputFormat",
                "$.spec.ioConfig.lateMessageRejectionStartDateTime", "$.spec.ioConfig.lateMessageRejectionStartDateTime", "$.spec.ioConfig.taskCount", "$.spec.ioConfig.taskDuration", "$.id", "$.suspended",
            ], reading.Problems.Select(p => p.Path));
    }

    private static SupervisorSpec Read(string json)
    {
        var reading = SupervisorSpec.Read(json);
        Assert.Empty(reading.Problems);
        return reading.Spec!;
    }
}
