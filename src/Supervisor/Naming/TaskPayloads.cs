using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Supervisor.Groups;

namespace Ingestion.Supervisor.Naming;

/// <summary>Index tasks as Druid's supervisor writes them.</summary>
internal static class TaskPayloads
{
    /// <summary>Our own member of the context, beside Druid's: see <see cref="TaskGroup.Continues"/>.</summary>
    private const string Continues = "continuesUncommitted";

    /// <summary>Reads <see cref="TaskGroup.Continues"/> back.</summary>
    public static PartitionOffsets ContinuesOf(IndexTaskPayload payload)
    {
        if (payload.Context is not { ValueKind: JsonValueKind.Object } context || !context.TryGetProperty(Continues, out var text) || text.ValueKind != JsonValueKind.String) return PartitionOffsets.Empty;
        return JsonSerializer.Deserialize(text.GetString()!, ContractsJson.Default.PartitionOffsets) ?? PartitionOffsets.Empty;
    }

    public static IndexTaskPayload Of(SupervisorSpec spec, TaskGroup group, int replica, long attempt)
    {
        var stream = spec.IoConfig.Stream;
        var checkpoints = group.Checkpoints.From(group.FirstUnpublished);
        return new IndexTaskPayload
        {
            Id = TaskNaming.TaskId(TaskNaming.SequenceName(group.BaseSequenceName, checkpoints.Last.Key), group.BaseSequenceName, replica, attempt),
            SupervisorId = spec.Id,
            Resource = new TaskResource { AvailabilityGroup = group.BaseSequenceName },
            DataSchema = Parse(spec.DataSchemaJson),
            TuningConfig = Parse(spec.TaskTuningConfigJson),
            IoConfig = new IndexTaskIoConfig
            {
                TaskGroupId = group.Id,
                BaseSequenceName = group.BaseSequenceName,
                StartSequenceNumbers = StreamSequence.StartOf(stream.Name, group.Start),
                EndSequenceNumbers = StreamSequence.EndOf(stream.Name, PartitionOffsets.All(group.Start.Partitions, PartitionOffsets.Unbounded)),
                ConsumerProperties = spec.IoConfig.ConsumerProperties,
                MinimumMessageTime = group.MinimumMessageTime,
                MaximumMessageTime = group.MaximumMessageTime,
                InputFormat = Parse(spec.InputFormatJson),
                MultiTopic = stream.IsPattern,
                RefreshRejectionPeriodsInMinutes = Math.Max(1, (long)spec.IoConfig.TaskDuration.TotalMinutes),
            },
            Context = Context(spec, group, checkpoints),
            GroupId = TaskNaming.Prefix + spec.Id,
            DataSource = spec.DataSource,
        };
    }

    private static JsonElement Context(SupervisorSpec spec, TaskGroup group, Checkpoints checkpoints)
    {
        var context = new JsonObject
        {
            ["checkpoints"] = JsonSerializer.Serialize(checkpoints, ContractsJson.Default.Checkpoints),
            ["useLineageBasedSegmentAllocation"] = true,
            ["IS_INCREMENTAL_HANDOFF_SUPPORTED"] = true,
            ["forceTimeChunkLock"] = true,
        };
        if (group.Continues.Count > 0) context[Continues] = JsonSerializer.Serialize(group.Continues, ContractsJson.Default.PartitionOffsets);
        if (JsonNode.Parse(spec.ContextJson) is JsonObject given)
            foreach (var (name, value) in given)
                if (name is not ("checkpoints" or Continues)) context[name] = value?.DeepClone();
        return Parse(context.ToJsonString());
    }

    private static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
