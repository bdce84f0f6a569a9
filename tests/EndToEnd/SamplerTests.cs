using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Confluent.Kafka;
using Ingestion.Overlord.Tests.Api;

namespace Ingestion.EndToEnd;

/// <summary>Samples of a topic, compared with what a real Druid 33 answered of the same records (06-sampler-kafka.json).</summary>
public sealed partial class SamplerTests(Servers servers)
{
    private static readonly (string? Key, string? Value, string? Environment)[] Records =
    [
        ("k1", """{"time":"2015-09-12T00:46:58.771Z","channel":"#en","added":36}""", "prod"),
        (null, """{"time":"2015-09-12T00:47:00.496Z","channel":"#ca","added":17}""", null),
        ("k3", "no json", null),
        ("k4", null, null),
        ("k5", """{"time":"2015-09-12T00:59:00Z","channel":"#en","added":4}""", "test"),
    ];

    [Fact]
    public async Task Samples_of_a_topic_are_answered_as_druid_does()
    {
        await using var pipeline = await servers.PipelineAsync(partitions: 1);
        await pipeline.StartAllInOneAsync();
        await SendAsync(pipeline);
        var differences = Recording.DifferencesOf("06");
        var failures = new List<string>();
        foreach (var recorded in Recording.Read("06-sampler-kafka.json"))
        {
            var body = recorded.Body!.Replace("localhost:9092", pipeline.Kafka.BootstrapServers, StringComparison.Ordinal).Replace("\"sampled\"", $"\"{pipeline.Name}\"", StringComparison.Ordinal);
            var actual = await pipeline.Stack.Client.SendAsync(HttpMethod.Post, recorded.Path, body);
            var different = differences.Find(recorded.Note);
            var (expected, answer) = different is null && recorded.Status == 200
                ? ($"{recorded.Status} {Timeless(Recording.Normal(recorded.Answer))}", $"{actual.Status} {Timeless(Recording.Normal(actual.Body, ($"\"{pipeline.Name}\"", "\"sampled\"")))}")
                : ($"{different?.Status ?? recorded.Status}", $"{actual.Status}");
            if (expected != answer) failures.Add($"{recorded.Note}\n  Druid: {expected}\n  ours:  {answer}");
        }
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    [Fact]
    public async Task Sample_from_the_end_has_what_arrives_while_it_waits()
    {
        await using var pipeline = await servers.PipelineAsync(partitions: 1);
        await pipeline.StartAllInOneAsync();
        await SendAsync(pipeline);
        var spec = pipeline.Spec(s =>
        {
            s["spec"]!["ioConfig"]!["useEarliestOffset"] = false;
            s["samplerConfig"] = JsonNode.Parse("""{"numRows":1,"timeoutMs":30000}""");
        });
        var sample = pipeline.Stack.Client.SendAsync(HttpMethod.Post, "/druid/indexer/v1/sampler?for=connect", spec.ToJsonString());
        await pipeline.UntilAsync("an event is sampled", () =>
        {
            pipeline.Produce(Events.Sample.Take(1));
            return Task.FromResult(sample.IsCompleted);
        });
        Assert.Equal(1, (int)JsonNode.Parse((await sample).Body)!["numRowsIndexed"]!);
    }

    private static async Task SendAsync(Pipeline pipeline)
    {
        using var producer = new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig { BootstrapServers = pipeline.Kafka.BootstrapServers }).Build();
        foreach (var (key, value, environment) in Records)
        {
            var headers = new Headers();
            if (environment is not null) headers.Add("env", Encoding.UTF8.GetBytes(environment));
            await producer.ProduceAsync(pipeline.Name, new Message<byte[]?, byte[]?> { Key = key is null ? null : Encoding.UTF8.GetBytes(key), Value = value is null ? null : Encoding.UTF8.GetBytes(value), Headers = headers });
        }
    }

    /// <summary>When the records were sent differs.</summary>
    private static string Timeless(string answer) => Now().Replace(answer, "NOW");

    [GeneratedRegex(@"\b1[7-9]\d{11}\b")]
    private static partial Regex Now();
}
