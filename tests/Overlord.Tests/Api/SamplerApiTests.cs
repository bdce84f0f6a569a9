using System.Text.Json.Nodes;
using Ingestion.Support;

namespace Ingestion.Overlord.Tests.Api;

/// <summary>The sampler, asked what a real Druid 33 was asked (05-sampler.json).</summary>
public sealed class SamplerApiTests(PostgresFixture postgres)
{
    private const string Path = "/druid/indexer/v1/sampler";

    [Fact]
    public async Task Samples_of_inline_events_are_answered_as_druid_does()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        var differences = Recording.DifferencesOf("05");
        var failures = new List<string>();
        foreach (var recorded in Recording.Read("05-sampler.json"))
        {
            var actual = await overlord.SendAsync(recorded.Method, recorded.Path, recorded.Body);
            var different = differences.Find(recorded.Note);
            var (expected, answer) = different is null && recorded.Status == 200
                ? ($"{recorded.Status} {Recording.Normal(recorded.Answer)}", $"{actual.Status} {Recording.Normal(actual.Body)}")
                : ($"{different?.Status ?? recorded.Status}", $"{actual.Status}");
            if (expected != answer) failures.Add($"{recorded.Note}\n  Druid: {expected}\n  ours:  {answer}");
        }
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    [Theory]
    [InlineData("", "$", "the body is empty: a sampler spec is expected")]
    [InlineData("[]", "$", "a sampler spec is a JSON object")]
    [InlineData("{}", "$.type", "is missing")]
    [InlineData("""{"type":"kinesis"}""", "$.type", "[kinesis] is not sampled here")]
    [InlineData("""{"type":"index","spec":{"dataSchema":{"dataSource":"s","timestampSpec":{}},"ioConfig":{"inputSource":{"type":"http"},"inputFormat":{"type":"json"}}}}""", "$.spec.ioConfig.inputSource.type", "[http] is not read here")]
    [InlineData("""{"type":"index","spec":{"dataSchema":{"dataSource":"s","timestampSpec":{}},"ioConfig":{"inputSource":{"type":"inline","data":"{}"},"inputFormat":{"type":"kafka","valueFormat":{"type":"json"}}}}}""", "$.spec.ioConfig.inputFormat.type", "inline data are none")]
    [InlineData("""{"type":"index","spec":{"dataSchema":{"dataSource":"s","timestampSpec":{}},"ioConfig":{"inputSource":{"type":"inline","data":"{}"},"inputFormat":{"type":"json"}}},"samplerConfig":{"numRows":5001}}""", "$.samplerConfig.numRows", "at most 5000")]
    [InlineData("""{"type":"index","spec":{"dataSchema":{"dataSource":"s","timestampSpec":{}},"ioConfig":{"inputSource":{"type":"inline","data":"{}"},"inputFormat":{"type":"json"}}},"samplerConfig":{"maxBytesInMemory":"much"}}""", "$.samplerConfig.maxBytesInMemory", "[much] is not a number of bytes")]
    [InlineData("""{"type":"kafka","spec":{"dataSchema":{"dataSource":"s","timestampSpec":{}},"ioConfig":{"topic":"t","inputFormat":{"type":"json"},"consumerProperties":{"bootstrap.servers":"127.0.0.1:9","sasl.password":"********"}}}}""", "$.spec.ioConfig.consumerProperties.sasl.password", "give the value itself")]
    [InlineData("""{"type":"kafka","spec":{"dataSchema":{"dataSource":"s","timestampSpec":{}},"ioConfig":{"topic":"t","inputFormat":{"type":"json"},"consumerProperties":{"bootstrap.servers":"127.0.0.1:9","session.timeout.ms":"soon"}}}}""", "$.spec.ioConfig.consumerProperties.session.timeout.ms", "Invalid value")]
    [InlineData("""{"type":"kafka","spec":{"dataSchema":{"dataSource":"s","timestampSpec":{}},"ioConfig":{"topic":"t","inputFormat":{"type":"json"},"consumerProperties":{"bootstrap.servers":"127.0.0.1:9"}}},"samplerConfig":{"timeoutMs":100}}""", "$.spec.ioConfig.consumerProperties", "Kafka")]
    public async Task Mistakes_are_400_with_their_paths(string spec, string path, string words)
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        var actual = await overlord.SendAsync("POST", Path, spec);
        Assert.Equal(400, actual.Status);
        var problem = JsonNode.Parse(actual.Body)!["problems"]![0]!;
        Assert.Equal(path, (string)problem["path"]!);
        Assert.Contains(words, (string)problem["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sample_ends_at_its_limits_of_rows_and_bytes_however_much_is_sent()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        var data = string.Concat(Enumerable.Range(0, 200_000).Select(i => $"{{\"n\":{i}}}\n"));
        var spec = JsonNode.Parse("""
            {"type":"index","spec":{"ioConfig":{"inputSource":{"type":"inline"},"inputFormat":{"type":"json"}},"dataSchema":{"dataSource":"s","timestampSpec":{"column":"!","missingValue":"2010-01-01"},
             "dimensionsSpec":{"dimensions":[{"type":"long","name":"n"}]},"granularitySpec":{"rollup":false}}},"samplerConfig":{"numRows":5000}}
            """)!;
        spec["spec"]!["ioConfig"]!["inputSource"]!["data"] = data;
        var all = JsonNode.Parse((await overlord.SendAsync("POST", Path, spec.ToJsonString())).Body)!;
        Assert.Equal((5000, 5000, 5000), ((int)all["numRowsRead"]!, (int)all["numRowsIndexed"]!, all["data"]!.AsArray().Count));
        spec["samplerConfig"]!["maxBytesInMemory"] = "10KiB";
        var few = JsonNode.Parse((await overlord.SendAsync("POST", Path, spec.ToJsonString())).Body)!;
        Assert.InRange((int)few["numRowsRead"]!, 1, 2_000);
        spec["spec"]!["dataSchema"]!["transformSpec"] = JsonNode.Parse("""{"filter":{"type":"selector","dimension":"n","value":"199999"}}""");
        var none = JsonNode.Parse((await overlord.SendAsync("POST", Path, spec.ToJsonString())).Body)!;
        Assert.Equal(0, (int)none["numRowsRead"]!); // so far down nobody looks
    }
}
