using System.Text.Json;
using Ingestion.Contracts.Json;

namespace Ingestion.IndexTask.Hosting;

/// <summary>Row statistics and parse errors as Druid 33's chat endpoints rowStats and unparseableEvents write them.</summary>
internal static class RowStatsJson
{
    private static readonly string[] Counters = ["processed", "processedBytes", "processedWithError", "thrownAway", "unparseable"];

    public static void WriteStats(Utf8JsonWriter writer, RowMeter meter)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("movingAverages");
        writer.WriteStartObject("buildSegments");
        for (var window = 0; window < RowMeter.Windows.Length; window++)
        {
            writer.WriteStartObject(RowMeter.Windows[window].Name);
            for (var counter = 0; counter < Counters.Length; counter++) writer.WriteNumber(Counters[counter], meter.Rate(window, counter));
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteStartObject("totals");
        writer.WritePropertyName("buildSegments");
        JsonSerializer.Serialize(writer, meter.Totals, ContractsJson.Default.RowTotals);
        writer.WriteEndObject();
        if (meter.IdleRatio is { } idle)
        {
            writer.WriteStartObject("autoscalerMetrics");
            writer.WriteNumber("pollIdleRatio", idle);
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }

    public static void WriteErrors(Utf8JsonWriter writer, IReadOnlyList<ParseErrorReport>? errors)
    {
        if (errors is null) { writer.WriteNullValue(); return; }
        writer.WriteStartArray();
        foreach (var error in errors)
        {
            writer.WriteStartObject();
            writer.WriteString("input", error.Input);
            writer.WriteString("errorType", error.ErrorType);
            writer.WriteStartArray("details");
            foreach (var detail in error.Details) writer.WriteStringValue(detail);
            writer.WriteEndArray();
            writer.WriteNumber("timeOfExceptionMillis", error.TimeOfExceptionMillis);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }
}
