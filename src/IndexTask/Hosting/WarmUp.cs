using System.Text;
using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Core;
using Ingestion.IndexTask.Parsing;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Hosting;

/// <summary>Has the program compiled before the first task asks for it: a payload is read and a task's phases are gone through, and a few made-up events go
/// from JSON to a segment file, in each of the ways that rows are kept. Without it the first task of a process spends its first second compiling.</summary>
internal static class WarmUp
{
    private const string Schema = """
        {"dataSource":"warm-up","timestampSpec":{"column":"time","format":"iso"},
         "dimensionsSpec":{"dimensions":["a","b",{"type":"long","name":"l"},{"type":"float","name":"f"},{"type":"double","name":"d"}]},
         "metricsSpec":[{"type":"count","name":"n"},{"type":"longSum","name":"sum","fieldName":"l"},{"type":"doubleMax","name":"max","fieldName":"d"}],
         "granularitySpec":{"queryGranularity":"MINUTE","rollup":ROLLUP} }
        """;

    private const string Payload = """
        {"type":"index_kafka","id":"warm-up","groupId":"index_kafka_warm-up","resource":{"availabilityGroup":"warm-up","requiredCapacity":1},"dataSource":"warm-up",
         "dataSchema":SCHEMA,"tuningConfig":{"type":"KafkaTuningConfig"},
         "ioConfig":{"type":"kafka","taskGroupId":0,"baseSequenceName":"warm-up","inputFormat":{"type":"json"},"consumerProperties":{"bootstrap.servers":"localhost"},"useTransaction":true,
           "startSequenceNumbers":{"type":"start","stream":"warm-up","partitionSequenceNumberMap":{"0":0},"exclusivePartitions":[]},
           "endSequenceNumbers":{"type":"end","stream":"warm-up","partitionSequenceNumberMap":{"0":9223372036854775807} } },
         "context":{"checkpoints":"{\"0\":{\"0\":0}}"} }
        """;

    /// <param name="folder">Of this process alone; the segment files in it are removed afterwards.</param>
    /// <returns>The phase that a task is in after a pause that new end offsets have ended, and the rows that were written to segment files.</returns>
    public static (TaskPhase Phase, int Rows) Run(string folder, WorkerOptions options) => (Control(options), Data(folder));

    private static TaskPhase Control(WorkerOptions options)
    {
        var problems = new List<SpecProblem>();
        var payload = IndexTaskPayload.FromJson(Encoding.UTF8.GetBytes(Payload.Replace("SCHEMA", Schema.Replace("ROLLUP", "true", StringComparison.Ordinal), StringComparison.Ordinal)));
        if (TaskSpec.Read(payload, problems) is not { } spec) throw new InvalidOperationException(string.Join("; ", problems));
        var machine = new TaskMachine(spec.Plan(options));
        machine.BeginStarting();
        machine.BeginReading(0);
        machine.Pause(0, null);
        machine.SetEndOffsets(PartitionOffsets.Of((0, 0)), finish: true, 0);
        var report = new TaskReport { Id = payload.Id, Outcome = TaskOutcome.Running, Phase = machine.Phase, CurrentOffsets = PartitionOffsets.Of((0, 0)), Checkpoints = payload.StartCheckpoints() };
        JsonSerializer.Serialize(new WorkerState { NodeId = "", BootId = "", Counter = 0, Capacity = 0, Tasks = [report] }, ContractsJson.Default.WorkerState);
        TaskAction allocate = new TaskAction.SegmentAllocate { DataSource = payload.DataSource, Timestamp = DateTimeOffset.UnixEpoch, PreferredSegmentGranularity = Granularity.Day, SequenceName = payload.Id };
        JsonSerializer.Serialize(allocate, ContractsJson.Default.TaskAction);
        var segment = new SegmentIdWithShardSpec { DataSource = payload.DataSource, Interval = Granularity.Day.Bucket(0), Version = "", ShardSpec = new NumberedShardSpec { PartitionNum = 0 } };
        JsonSerializer.SerializeToElement(segment, ContractsJson.Default.SegmentIdWithShardSpec).Deserialize(ContractsJson.Default.SegmentIdWithShardSpec);
        return machine.Phase;
    }

    private static int Data(string folder)
    {
        var rows = 0;
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
            using (var segment = SegmentReader.Open(target)) rows += segment.RowCount;
            Directory.Delete(target, recursive: true);
        }
        return rows;
    }
}
