namespace Ingestion.Overlord.Commands;

/// <summary>Commands about tasks and workers.</summary>
internal static class ClusterCommands
{
    private const string Base = "/druid/indexer/v1";

    public static async Task<int> TasksAsync(CommandCall call)
    {
        var filters = new[] { ("state", call.Arguments["--state"]), ("datasource", call.Arguments["--datasource"]), ("max", call.Arguments["--max"]) }.Where(f => f.Item2 is not null);
        var answer = await call.Overlord.GetAsync($"{Base}/tasks?{string.Join('&', filters.Select(f => $"{f.Item1}={Uri.EscapeDataString(f.Item2!)}"))}", call.Stop);
        if (call.ShowsRaw(answer)) return ExitCode.Done;
        var table = new TextTable("TASK", "DATASOURCE", "STATUS", "CREATED", "TOOK", "WHERE", "ERROR");
        foreach (var task in answer.Json.EnumerateArray())
        {
            var (status, runner) = (task.Text("statusCode"), task.Text("runnerStatusCode"));
            var location = task.Member("location");
            var where = location?.Text("host") is { } host ? $"{host}:{(location.Value.Number("port") is > 0 and var port ? port : location.Value.Number("tlsPort"))}" : null;
            table.Add(task.Text("id"), task.Text("dataSource"), status == "RUNNING" ? runner : status, task.Text("createdTime"), task.Number("duration") is > 0 and var millis ? Words.Of(TimeSpan.FromMilliseconds(millis)) : null, where, task.Text("errorMsg"));
        }
        call.Write(table, "There are no tasks.");
        return ExitCode.Done;
    }

    public static async Task<int> WorkersAsync(CommandCall call)
    {
        var answer = await call.Overlord.GetAsync($"{Base}/workers", call.Stop);
        if (call.ShowsRaw(answer)) return ExitCode.Done;
        var table = new TextTable("WORKER", ">SLOTS", ">USED", "LAST TASK ENDED");
        foreach (var worker in answer.Json.EnumerateArray())
            table.Add(worker.Member("worker")?.Text("host"), worker.Member("worker")?.Number("capacity"), worker.Number("currCapacityUsed"), worker.Text("lastCompletedTaskTime"));
        call.Write(table, "There are no workers: no task can run.");
        return ExitCode.Done;
    }
}
