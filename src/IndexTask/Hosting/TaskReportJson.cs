using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Hosting;

/// <summary>What <c>GET /druid/indexer/v1/task/{id}/reports</c> says, as Druid 33 writes it: of a running task its <c>IngestionStatsAndErrors</c> with moving averages, of one that is
/// over with totals alone and beside it its context.</summary>
internal static class TaskReportJson
{
    public static void WriteLive(Utf8JsonWriter writer, IndexTaskRunner task)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("ingestionStatsAndErrors");
        writer.WriteStartObject("payload");
        WriteErrors(writer, task.Errors.Saved);
        writer.WritePropertyName("rowStats");
        RowStatsJson.WriteStats(writer, task.Meter);
        writer.WriteString("ingestionState", State(task.Report));
        writer.WriteEndObject();
        WriteKind(writer, "ingestionStatsAndErrors", task.Id);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <param name="errors">Null where none are saved.</param>
    /// <param name="recordsProcessed">Rows that were kept, by partition.</param>
    public static void WriteFinal(Utf8JsonWriter writer, IndexTaskPayload payload, TaskReport report, IReadOnlyList<ParseErrorReport>? errors, IEnumerable<(StreamPartition Partition, long Rows)> recordsProcessed)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("ingestionStatsAndErrors");
        WriteKind(writer, "ingestionStatsAndErrors", payload.Id);
        writer.WriteStartObject("payload");
        writer.WriteString("ingestionState", State(report));
        WriteErrors(writer, errors);
        writer.WriteStartObject("rowStats");
        writer.WritePropertyName("buildSegments");
        JsonSerializer.Serialize(writer, report.Rows, ContractsJson.Default.RowTotals);
        writer.WriteEndObject();
        writer.WriteString("errorMsg", report.ErrorMsg);
        // A task of ours ends when its segments are published; Druid's waits for Historicals to serve them.
        writer.WriteBoolean("segmentAvailabilityConfirmed", false);
        writer.WriteNumber("segmentAvailabilityWaitTimeMs", 0);
        writer.WriteStartObject("recordsProcessed");
        foreach (var ((topic, number), rows) in recordsProcessed)
            if (rows > 0) writer.WriteNumber($"KafkaTopicPartition{{partition={number}, topic='{topic ?? "null"}', multiTopicPartition={(topic is null ? "false" : "true")}}}", rows);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteStartObject("taskContext");
        WriteKind(writer, "taskContext", payload.Id);
        writer.WritePropertyName("payload");
        if (payload.Context is { ValueKind: JsonValueKind.Object } context) context.WriteTo(writer);
        else { writer.WriteStartObject(); writer.WriteEndObject(); }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteKind(Utf8JsonWriter writer, string type, string taskId)
    {
        writer.WriteString("type", type);
        writer.WriteString("taskId", taskId);
    }

    private static void WriteErrors(Utf8JsonWriter writer, IReadOnlyList<ParseErrorReport>? errors)
    {
        writer.WriteStartObject("unparseableEvents");
        if (errors is { Count: > 0 })
        {
            writer.WritePropertyName("buildSegments");
            RowStatsJson.WriteErrors(writer, errors);
        }
        writer.WriteEndObject();
    }

    private static string State(TaskReport report) => report switch
    {
        { Outcome: TaskOutcome.Success } => "COMPLETED",
        { StartTime: null } => "NOT_STARTED",
        _ => "BUILD_SEGMENTS",
    };
}
