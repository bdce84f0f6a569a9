using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Kafka;
using Ingestion.IndexTask.Parsing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.Bench;

/// <summary>What a part could do if the others cost nothing: events per CPU-second of this process, printed on standard output. Start-up and compilation are left out
/// by a round that is not counted.</summary>
internal static class Limits
{
    public static int Run(string kind, string input, string bootstrapServers)
    {
        var rate = kind switch
        {
            "consumer" => Consumer(input, bootstrapServers),
            "parser-raw" => Parser(Workload.Raw(input)),
            "parser-rollup" => Parser(Workload.Rollup(input)),
            _ => throw new ArgumentException($"no limit [{kind}]"),
        };
        Console.WriteLine(rate.ToString("0", CultureInfo.InvariantCulture));
        return 0;
    }

    /// <summary>Reads the whole topic and looks at nothing but the lengths.</summary>
    private static double Consumer(string topic, string bootstrapServers)
    {
        var properties = ReaderProperties.For(ImmutableSortedDictionary<string, string>.Empty.Add("bootstrap.servers", bootstrapServers), NullLogger.Instance);
        double rate = 0;
        for (var round = 0; round < 2; round++) // the second counts
        {
            var start = Environment.CpuUsage.TotalTime;
            using var reader = new RecordReader(properties, topic, [new StreamPartition(0), new StreamPartition(1)], NullLogger.Instance);
            reader.Assign([0, 0]);
            var (events, bytes, idle) = (0, 0L, 0);
            while (events < Inputs.Events)
            {
                var read = reader.Read(waitMillis: 100);
                if (read == 0 && ++idle > 300) throw new TimeoutException($"only {events:N0} events came");
                for (var i = 0; i < read; i++)
                {
                    if (reader[i].Kind != KafkaRecordKind.Event) continue;
                    events++;
                    bytes += reader[i].Value.Length;
                }
            }
            rate = events / (Environment.CpuUsage.TotalTime - start).TotalSeconds;
        }
        return rate;
    }

    /// <summary>Events in memory into columns; no segment is written.</summary>
    private static double Parser(Workload workload)
    {
        using var json = JsonDocument.Parse(workload.DataSchema.ToJsonString());
        var problems = new List<SpecProblem>();
        var schema = DataSchema.Read(json.RootElement, "$", problems) ?? throw new InvalidOperationException(string.Join("; ", problems));
        var events = Inputs.Of(workload.Input).ToList();
        Parse(schema, events);
        var start = Environment.CpuUsage.TotalTime;
        Parse(schema, events);
        return events.Count / (Environment.CpuUsage.TotalTime - start).TotalSeconds;
    }

    private static void Parse(DataSchema schema, List<byte[]> events)
    {
        var parser = new EventParser(schema);
        var row = new ParsedRow();
        var sinks = new Dictionary<long, Sink>();
        foreach (var json in events)
        {
            var result = parser.Parse(json, row);
            if (result.Outcome != ParseOutcome.Row) throw new InvalidOperationException($"{result.Outcome}: {result.Problem?.Details[0]}");
            var chunk = schema.SegmentGranularity.Truncate(row.TimeMillis);
            if (!sinks.TryGetValue(chunk, out var sink)) sinks[chunk] = sink = new Sink(schema, schema.SegmentGranularity.Bucket(row.TimeMillis));
            sink.Append(row);
        }
        foreach (var sink in sinks.Values) sink.Dispose();
    }
}
