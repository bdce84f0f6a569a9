using System.Text.Json;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Core;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Hosting;

/// <summary>A task's payload, understood: everything that can be wrong with it is found before it starts.</summary>
public sealed record TaskSpec(IndexTaskPayload Payload, DataSchema Schema, TuningConfig Tuning, IndexSpec IndexSpec)
{
    public InputFormat Format { get; init; } = InputFormat.Plain;

    /// <returns>Null, with at least one problem, where the task cannot be run.</returns>
    public static TaskSpec? Read(IndexTaskPayload payload, List<SpecProblem> problems)
    {
        var schema = DataSchema.Read(payload.DataSchema, "$.dataSchema", problems);
        var tuning = TuningConfig.Read(new SpecNode(payload.TuningConfig, "$.tuningConfig", problems));
        var indexSpec = IndexSpec.Default;
        if (payload.TuningConfig is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("indexSpec", out var given) && given.ValueKind == JsonValueKind.Object)
        {
            var parsed = IndexSpec.Parse(given);
            indexSpec = parsed.Spec;
            problems.AddRange(parsed.Problems.Select(p => new SpecProblem("$.tuningConfig.indexSpec", p)));
        }
        CheckOffsets(payload, problems);
        var format = InputFormat.Plain;
        if (payload.IoConfig.InputFormat is { ValueKind: JsonValueKind.Object } input) format = InputFormat.Read(new SpecNode(input, "$.ioConfig.inputFormat", problems), problems);
        return problems.Count == 0 ? new TaskSpec(payload, schema!, tuning, indexSpec) { Format = format! } : null;
    }

    internal TaskPlan Plan(WorkerOptions options) => new()
    {
        BaseSequenceName = Payload.IoConfig.BaseSequenceName,
        Start = Payload.StartCheckpoints(),
        End = Payload.IoConfig.EndSequenceNumbers.Offsets,
        MaxRowsPerSegment = Tuning.MaxRowsPerSegment,
        MaxTotalRows = Tuning.MaxTotalRows,
        IntermediateHandoffMillis = Tuning.IntermediateHandoffPeriod == TimeSpan.MaxValue ? long.MaxValue : (long)Tuning.IntermediateHandoffPeriod.TotalMilliseconds,
        PauseLeaseMillis = (long)options.PauseLease.TotalMilliseconds,
        CheckpointWaitMillis = (long)options.CheckpointWait.TotalMilliseconds,
    };

    private static void CheckOffsets(IndexTaskPayload payload, List<SpecProblem> problems)
    {
        var (start, end) = (payload.IoConfig.StartSequenceNumbers, payload.IoConfig.EndSequenceNumbers);
        if (start.Name != end.Name || start.Name.Length == 0) problems.Add(new("$.ioConfig.endSequenceNumbers.stream", $"[{end.Name}] is not the start's [{start.Name}]"));
        if (start.Offsets.Count == 0) problems.Add(new("$.ioConfig.startSequenceNumbers", "names no partitions"));
        foreach (var (partition, offset) in start.Offsets)
            if (offset < 0) problems.Add(new("$.ioConfig.startSequenceNumbers", $"partition {partition} starts at {offset}, which is no offset"));
        if (!start.Offsets.SamePartitionsAs(end.Offsets)) problems.Add(new("$.ioConfig.endSequenceNumbers", "names other partitions than the start"));
        else if (!start.Offsets.AtMost(end.Offsets)) problems.Add(new("$.ioConfig.endSequenceNumbers", "lies before the start"));
        foreach (var (id, offsets) in CheckpointsOf(payload, problems))
            if (!offsets.SamePartitionsAs(start.Offsets)) problems.Add(new("$.context.checkpoints", $"sequence {id} names other partitions than the start"));
        if (!payload.IoConfig.ConsumerProperties.ContainsKey("bootstrap.servers")) problems.Add(new("$.ioConfig.consumerProperties", "bootstrap.servers is missing"));
    }

    private static IEnumerable<KeyValuePair<int, Contracts.Stream.PartitionOffsets>> CheckpointsOf(IndexTaskPayload payload, List<SpecProblem> problems)
    {
        try
        {
            return payload.StartCheckpoints();
        }
        catch (JsonException problem)
        {
            problems.Add(new("$.context.checkpoints", problem.Message));
            return [];
        }
    }
}
