using System.Text;
using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Parsing;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Hosting;

/// <summary>Has the data plane compiled before the first task asks for it: a few made-up events go from JSON to a segment file, in each of the ways that rows
/// are kept. Without it the first task of a process spends its first second compiling.</summary>
internal static class WarmUp
{
    private const string Schema = """
        {"dataSource":"warm-up","timestampSpec":{"column":"time","format":"iso"},
         "dimensionsSpec":{"dimensions":["a","b",{"type":"long","name":"l"},{"type":"float","name":"f"},{"type":"double","name":"d"}]},
         "metricsSpec":[{"type":"count","name":"n"},{"type":"longSum","name":"sum","fieldName":"l"},{"type":"doubleMax","name":"max","fieldName":"d"}],
         "granularitySpec":{"queryGranularity":"MINUTE","rollup":ROLLUP} }
        """;

    /// <param name="folder">Of this process alone; the segment files in it are removed afterwards.</param>
    public static void Run(string folder)
    {
        foreach (var rollup in (string[])["false", "true"])
        {
            using var json = JsonDocument.Parse(Schema.Replace("ROLLUP", rollup, StringComparison.Ordinal));
            var schema = DataSchema.Read(json.RootElement, "$", [])!;
            var parser = new EventParser(schema);
            var row = new ParsedRow();
            using var sink = new Sink(schema, Granularity.Day.Bucket(0));
            for (var i = 0; i < 200; i++)
            {
                parser.Parse(Encoding.UTF8.GetBytes($$"""{"time":"1970-01-01T00:{{i % 60:00}}:00.{{i:000}}Z","a":"v{{i % 7}}\n","b":{{(i % 3 == 0 ? "null" : "[\"x\",\"y\"]")}},"l":{{i}},"f":{{i}}.5,"d":-{{i}}e-1,"more":{"x":[1,true]} }"""), row);
                sink.Append(row);
            }
            var target = Path.Combine(folder, $"warm-up-{rollup}");
            Directory.CreateDirectory(target);
            SegmentWriter.Write(target, sink.ToContent(IndexSpec.Default), CancellationToken.None);
            Directory.Delete(target, recursive: true);
        }
        JsonSerializer.Serialize(new WorkerState { NodeId = "", BootId = "", Counter = 0, Capacity = 0, Tasks = [new TaskReport { Id = "", Outcome = TaskOutcome.Running, Phase = TaskPhase.Reading }] }, ContractsJson.Default.WorkerState);
    }
}
