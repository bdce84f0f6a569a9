using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Hosting.Logs;

namespace Ingestion.IndexTask.Hosting;

/// <summary>Logs and reports of tasks that run here, and of finished ones whose files this worker can reach: Druid's <c>/druid/worker/v1/task/{taskId}/log?offset=N</c>, and
/// beside it <c>/reports</c>.</summary>
internal sealed class TaskLogEndpoints(TaskTable tasks, TaskLogs logs)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/druid/worker/v1/task/{taskId}/log", Log);
        routes.MapGet("/druid/worker/v1/task/{taskId}/reports", Reports);
    }

    private async Task Log(HttpContext context)
    {
        using var log = await logs.LogAsync(TaskId(context), context.RequestAborted);
        var offset = Answer.Number(context.Request.Query["offset"]) ?? 0;
        await Send(context, log, offset, "text/plain;charset=utf-8");
    }

    private async Task Reports(HttpContext context)
    {
        var id = TaskId(context);
        if (tasks.Find(id) is { Report.Outcome: TaskOutcome.Running } task) { await Answer.Write(context, writer => TaskReportJson.WriteLive(writer, task)); return; }
        using var report = await logs.ReportAsync(id, context.RequestAborted);
        await Send(context, report, 0, "application/json");
    }

    private static string TaskId(HttpContext context) => (string)context.Request.RouteValues["taskId"]!;

    private static async Task Send(HttpContext context, LogContent? content, long offset, string type)
    {
        if (content is null) { await Answer.Error(context, 404, $"task [{TaskId(context)}] has left nothing here"); return; }
        context.Response.ContentType = type;
        context.Response.ContentLength = content.Length - TaskLogFiles.Begin(content.Length, offset);
        await content.CopyToAsync(context.Response.Body, offset, context.RequestAborted);
    }
}
