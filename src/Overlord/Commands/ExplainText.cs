using System.Text.Json;

namespace Ingestion.Overlord.Commands;

/// <summary>Explanations and rehearsals for people.</summary>
internal static class ExplainText
{
    public static void Write(string id, JsonElement explained, CommandCall call)
    {
        call.Write($"{id}: {explained.Text("detailedState")}. {explained.Text("summary")}");
        if (explained.Text("trouble") is { } trouble) call.Write($"trouble: {trouble}");
        foreach (var warning in explained.Items("warnings")) call.Write($"warning: {warning.GetString()}");
        if (explained.Text("autoScaler") is { } scaler) call.Write($"auto-scaler: {scaler}");
        foreach (var group in explained.Items("groups"))
        {
            call.Write($"group {group.Number("id")} {group.Text("doing")}{Waiting(group)}");
            foreach (var replica in group.Items("replicas")) WriteTask(replica, call);
        }
        foreach (var task in explained.Items("unadopted")) WriteTask(task, call);

        var partitions = new TextTable("PARTITION", ">GROUP", ">COMMITTED", ">POSITION", ">EARLIEST", ">LATEST", "WAITS FOR");
        foreach (var partition in explained.Items("partitions"))
            partitions.Add(partition.Text("partition"), partition.Number("group"), partition.Number("committed"), partition.Number("position"), partition.Number("earliest"), partition.Number("latest"), partition.Text("waitingFor"));
        call.Write(partitions);
    }

    /// <summary>Of <c>POST /supervisor?dryRun=true</c>.</summary>
    public static void WriteRehearsal(JsonElement rehearsed, CommandCall call)
    {
        call.Write($"Nothing was done. Supervisor [{rehearsed.Text("id")}]: {(rehearsed.Flag("modified") ? "the spec would be a new version" : "the spec is the stored one")}, {(rehearsed.Flag("restarted") ? "and tasks would end or start" : "and no task would end or start")}.");
        if (rehearsed.Text("streamTrouble") is { } trouble) call.Write($"Kafka could not be asked: {trouble}");
        var table = new TextTable("GROUP", "WOULD BE", "FROM", ">NEW TASKS");
        foreach (var fate in (string[])["kept", "ending", "publishing", "starting"])
            foreach (var group in rehearsed.Member("groups")?.Items(fate) ?? []) table.Add(group.Text("id"), fate, string.Join(' ', group.Offsets("startingOffsets").Select(o => $"{o.Partition}:{o.Offset}")), group.Number("newTasks"));
        call.Write(table);
        foreach (var stopped in rehearsed.Member("tasks")?.Items("stopped") ?? []) call.Write($"stopped: {stopped.Text("id")}: {stopped.Text("reason")}");
        foreach (var partition in rehearsed.Items("partitionsNotRead")) call.Write($"partition {partition.Text("partition")} would not be read yet{Waiting(partition)}");
        foreach (var field in rehearsed.Items("notHonoured")) call.Write($"without effect here: {field.Text("path")}: {field.Text("message")}");
    }

    private static void WriteTask(JsonElement task, CommandCall call) =>
        call.Write($"  {task.Text("id")} on {task.Text("worker") ?? "no worker"}, {task.Text("phase")}{Waiting(task)}");

    private static string Waiting(JsonElement json) => json.Text("waitingFor") is { } waiting ? $", waits for {waiting}" : "";
}
