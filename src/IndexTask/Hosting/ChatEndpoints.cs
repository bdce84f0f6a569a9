using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Core;

namespace Ingestion.IndexTask.Hosting;

/// <summary>Druid's chat API of a streaming task, <c>/druid/worker/v1/chat/{taskId}/...</c>. A pause takes <c>leaseMillis</c> as an extra; refused end
/// offsets carry the task's current ones in a header; <c>POST hold?leaseMillis=N</c> is ours: the task reads nothing for so long, 0 ends it.</summary>
internal sealed class ChatEndpoints(TaskTable tasks)
{
    /// <summary>Of a refused <c>POST offsets/end</c>: what the task would read next, as JSON.</summary>
    public const string CurrentOffsets = "X-Ingestion-Current-Offsets";

    private const string Base = "/druid/worker/v1/chat/{taskId}";
    private static readonly TimeSpan PauseWait = TimeSpan.FromSeconds(2), CommandWait = TimeSpan.FromSeconds(5);

    public void Map(IEndpointRouteBuilder routes)
    {
        Get(routes, "/status", (context, task) => Answer.Json(context, task.Report.Phase, ContractsJson.Default.TaskPhase));
        Get(routes, "/offsets/current", (context, task) => Answer.Json(context, task.Report.CurrentOffsets, ContractsJson.Default.PartitionOffsets));
        Get(routes, "/offsets/end", (context, task) => Answer.Json(context, task.Report.EndOffsets, ContractsJson.Default.PartitionOffsets));
        Get(routes, "/checkpoints", (context, task) => Answer.Json(context, task.Report.Checkpoints, ContractsJson.Default.Checkpoints));
        Get(routes, "/time/start", StartTime);
        Get(routes, "/rowStats", (context, task) => Answer.Write(context, writer => RowStatsJson.WriteStats(writer, task.Meter)));
        Get(routes, "/liveReports", (context, task) => Answer.Write(context, writer => TaskReportJson.WriteLive(writer, task)));
        Get(routes, "/unparseableEvents", (context, task) => Answer.Write(context, writer => RowStatsJson.WriteErrors(writer, task.Errors.Saved)));
        Post(routes, "/pause", Pause);
        Post(routes, "/resume", async (_, task) => await task.Resume().WaitAsync(CommandWait));
        routes.MapPost(Base + "/hold", context => WithTask(context, async (_, task) => await task.Hold(Answer.Number(context.Request.Query["leaseMillis"]) ?? 0).WaitAsync(CommandWait))); // asked again and again: its log is not told
        Post(routes, "/stop", (_, task) => { task.Stop("Task was asked to stop before completing"); return Task.CompletedTask; });
        Post(routes, "/offsets/end", SetEndOffsets);
    }

    private static Task StartTime(HttpContext context, IndexTaskRunner task)
    {
        if (task.Report.StartTime is { } time) return Answer.Text(context, 200, IsoTime.Write(time));
        context.Response.StatusCode = 204;
        return Task.CompletedTask;
    }

    private static async Task Pause(HttpContext context, IndexTaskRunner task)
    {
        var paused = task.Pause(Answer.Number(context.Request.Query["leaseMillis"]));
        if (await Task.WhenAny(paused, Task.Delay(PauseWait, context.RequestAborted)) != paused) await Answer.Text(context, 202, "Request accepted but task has not yet paused");
        else if (await paused is { } offsets) await Answer.Json(context, offsets, ContractsJson.Default.PartitionOffsets);
        else await Answer.Text(context, 409, $"Can't pause, task is not in a pausable state (state: [{JsonSerializer.Serialize(task.Report.Phase, ContractsJson.Default.TaskPhase).Trim('"')}])");
    }

    private static async Task SetEndOffsets(HttpContext context, IndexTaskRunner task)
    {
        PartitionOffsets? offsets = null;
        try
        {
            var body = await Answer.Body(context);
            if (body.Length > 0) offsets = JsonSerializer.Deserialize(body, ContractsJson.Default.PartitionOffsets);
        }
        catch (JsonException problem)
        {
            await Answer.Text(context, 400, problem.Message);
            return;
        }
        if (offsets is null) { await Answer.Text(context, 400, "Request body must contain a map of { partition:endOffset }"); return; }
        var finish = !string.Equals(context.Request.Query["finish"], "false", StringComparison.OrdinalIgnoreCase);
        var staysPaused = string.Equals(context.Request.Query["staysPaused"], "true", StringComparison.OrdinalIgnoreCase); // ours
        switch (await task.SetEndOffsets(offsets, finish, staysPaused).WaitAsync(CommandWait, context.RequestAborted))
        {
            case EndOffsetsAnswer.Accepted accepted:
                await Answer.Json(context, accepted.Offsets, ContractsJson.Default.PartitionOffsets);
                break;
            case EndOffsetsAnswer.Refused refused:
                context.Response.Headers[CurrentOffsets] = JsonSerializer.Serialize(refused.Current, ContractsJson.Default.PartitionOffsets);
                await Answer.Text(context, 400, refused.Reason);
                break;
        }
    }

    private void Get(IEndpointRouteBuilder routes, string path, Func<HttpContext, IndexTaskRunner, Task> handler) => routes.MapGet(Base + path, context => WithTask(context, handler));

    private void Post(IEndpointRouteBuilder routes, string path, Func<HttpContext, IndexTaskRunner, Task> handler) => routes.MapPost(Base + path, context => WithTask(context, (c, task) =>
    {
        task.Asked(path, c.TraceIdentifier);
        return handler(c, task);
    }));

    private async Task WithTask(HttpContext context, Func<HttpContext, IndexTaskRunner, Task> handler)
    {
        var id = (string)context.Request.RouteValues["taskId"]!;
        var meant = CommandHeaders.Read(context.Request.Headers[CommandHeaders.TaskId].ToString());
        context.Response.Headers[CommandHeaders.TaskId] = CommandHeaders.Written(id);
        if (meant.Length > 0 && meant != id) { await Answer.Error(context, 400, $"Requested taskId[{meant}] doesn't match with taskId[{id}]"); return; }
        if (tasks.Find(id) is not { } task) { await Answer.Error(context, 503, $"Can't find chatHandler for handler[{id}]"); return; }
        try
        {
            await handler(context, task);
        }
        catch (TaskIsOverException) { await Answer.Error(context, 503, $"Can't find chatHandler for handler[{id}]"); }
        catch (TimeoutException) { await Answer.Error(context, 503, $"task [{id}] does not answer"); }
    }
}
