using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Ingestion.Embedded.Chaos;

/// <summary>Events that can be told apart: each has its number.</summary>
public static class NumberedEvents
{
    public const string Column = "number";
    private static readonly byte[] Prefix = Encoding.UTF8.GetBytes($"{{\"{Column}\":");

    /// <param name="number">From 0.</param>
    public static byte[] Of(long number) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
        $"{{\"{Column}\":{number},\"time\":\"{DateTime.UtcNow:yyyy-MM-ddTHH:mm:ss.fffZ}\",\"page\":\"Page {number % 1_000}\",\"comment\":\"event {number}\"}}"));

    /// <exception cref="FormatException">It is none of these.</exception>
    public static long NumberOf(ReadOnlySpan<byte> json) =>
        json.StartsWith(Prefix) && Utf8Parser.TryParse(json[Prefix.Length..], out long number, out _) ? number : throw new FormatException($"[{Encoding.UTF8.GetString(json)}] is no event with a number");

    /// <summary>A supervisor spec that reads them: no rollup, DAY segments.</summary>
    public static string Spec(string name, string bootstrapServers, int taskCount, int replicas, string taskDuration) => $$"""
        {"type":"kafka","spec":{
          "dataSchema":{"dataSource":"{{name}}","timestampSpec":{"column":"time","format":"iso"},"dimensionsSpec":{"dimensions":[{"type":"long","name":"{{Column}}"},"page","comment"]},
            "metricsSpec":[],"granularitySpec":{"segmentGranularity":"DAY","queryGranularity":"NONE","rollup":false} },
          "ioConfig":{"topic":"{{name}}","inputFormat":{"type":"json"},"consumerProperties":{"bootstrap.servers":"{{bootstrapServers}}" },"taskCount":{{taskCount}},"replicas":{{replicas}},
            "taskDuration":"{{taskDuration}}","startDelay":"PT0S","period":"PT1S","useEarliestOffset":true,"completionTimeout":"PT10M"},
          "tuningConfig":{"type":"kafka"} } }
        """;
}
