using System.Text.Json;

namespace Ingestion.Overlord.Commands;

/// <summary>A supervisor's status for people.</summary>
internal static class StatusText
{
    public static void Write(string id, JsonElement status, CommandCall call)
    {
        var (state, detailed) = (status.Text("state"), status.Text("detailedState"));
        call.Write($"{id}: {state}{(detailed == state ? "" : $" ({detailed})")}, {(status.Flag("healthy") ? "healthy" : "unhealthy")}");
        call.Write($"stream {status.Text("stream")}, {Words.Count((int)(status.Number("partitions") ?? 0), "partition")}, into dataSource {status.Text("dataSource")}; "
            + $"replicas {status.Number("replicas")}, taskDuration {Words.Of(TimeSpan.FromSeconds(status.Number("durationSeconds") ?? 0))}");
        var updated = status.Text("offsetsLastUpdated") is { } at ? $" as of {at}" : "";
        call.Write($"lag {(status.Number("aggregateLag") is { } lag ? Words.Number(lag) : "unknown")} records, published {Words.Number(status.Sum("committedOffsets") ?? 0)} of {Words.Number(status.Sum("latestOffsets") ?? 0)} (sums of offsets){updated}");
        if (status.Text("trouble") is { } trouble) call.Write($"trouble: {trouble}");
        if (status.Text("waitingFor") is { } waiting) call.Write($"waits for {waiting}");
        if (status.Member("autoScaler")?.Text("now") is { } scaler) call.Write($"auto-scaler: {scaler}");
        foreach (var warning in status.Items("warnings")) call.Write($"warning: {warning.GetString()}");

        var tasks = new TextTable("TASK", "TYPE", "BEGAN", "REMAINING", ">POSITION", ">LAG", "WAITS FOR");
        foreach (var task in status.Items("activeTasks").Concat(status.Items("publishingTasks")))
            tasks.Add(task.Text("id"), task.Text("type"), task.Text("startTime"), task.Number("remainingSeconds") is { } seconds ? Words.Of(TimeSpan.FromSeconds(seconds)) : null, task.Sum("currentOffsets"), task.Sum("lag"), task.Text("waitingFor"));
        if (!tasks.IsEmpty) call.Write("");
        call.Write(tasks);

        var errors = new TextTable("ERROR AT", "STREAM", "WHAT");
        foreach (var error in status.Items("recentErrors")) errors.Add(error.Text("timestamp"), error.Flag("streamException") ? "yes" : "no", error.Text("message"));
        if (!errors.IsEmpty) call.Write("");
        call.Write(errors);
    }
}
