using System.Security.Cryptography;
using System.Text.Json;
using Ingestion.Access.Users;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Supervision;
using Ingestion.Overlord.Tasks.Kill;
using Ingestion.Supervisor;
using Ingestion.Supervisor.Naming;

namespace Ingestion.Overlord.Api;

/// <summary>Druid's endpoints that begin and end tasks. Of posted ones only <c>kill</c> is run: supervisors make theirs, and other types are refused, so that a Coordinator or a script hears at once what stays undone.</summary>
internal static class TaskControlApi
{
    private const string SegmentsAreNotKept = "Segment IDs committed by a task action are not persisted anymore. Use the metric 'segment/added/bytes' to identify the segments created by a task.";
    private const string ByRequest = "it was stopped by request (POST .../shutdown)";

    public static void MapTaskControlApi(this IEndpointRouteBuilder group)
    {
        group.MapPost("/task", PostAsync).Needs(Right.Write, DataSourceOf.Body);
        group.MapPost("/task/{id}/shutdown", ShutDownAsync).Needs(Right.Write, DataSourceOf.Task);
        group.MapPost("/datasources/{dataSource}/shutdownAllTasks", ShutDownAllAsync).Needs(Right.Write, DataSourceOf.Route);
        group.MapGet("/task/{id}/segments", async (string id, TaskStore tasks, CancellationToken c) => await tasks.FindAsync(id, c) is null ? DruidErrors.NoTask(id) : DruidErrors.NotFound(SegmentsAreNotKept)).Needs(Right.Read, DataSourceOf.Task);
    }

    private static async Task<IResult> PostAsync(HttpRequest request, KillTasks kills, SupervisorFleet fleet, CancellationToken cancellation)
    {
        // Druid's Coordinator writes the type of its tasks twice.
        var (task, refusal) = await RequestBody.ReadPlainAsync(request, "a task", cancellation, RequestBody.SpecLimit, mayRepeat: true);
        if (refusal is not null) return refusal;
        if (task.ValueKind != JsonValueKind.Object) return DruidErrors.BadRequest([new SpecProblem("$", "a task is expected: an object with a type")]);
        if (!task.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String) return DruidErrors.BadRequest([new SpecProblem("$.type", "is missing: the task's type is expected")]);
        return type.GetRawText().Trim('"') switch
        {
            KillTask.Type => await PostKillAsync(task, request, kills, fleet),
            IndexTaskPayload.KafkaType => Refused($"[{IndexTaskPayload.KafkaType}] tasks are begun by supervisors: post a supervisor spec"),
            "compact" => Refused("[compact] tasks are not run by this overlord: segments stay as they were published"),
            var other => Refused($"[{Shortened(other)}] tasks are not run by this overlord: it ingests streams by supervisors"),
        };
    }

    private static IResult Refused(string message) => DruidErrors.BadRequest([new SpecProblem("$.type", message)]);

    private static async Task<IResult> PostKillAsync(JsonElement posted, HttpRequest request, KillTasks kills, SupervisorFleet fleet)
    {
        if (!kills.CanRun) return Refused("[kill] tasks cannot be run: this overlord was started without --deep-storage, so it does not know where the segments' files are");
        var problems = new List<SpecProblem>();
        if (KillTask.Read(posted, fleet.Now, () => TaskNaming.Letters(RandomNumberGenerator.GetBytes(4)), problems) is not { } task) return DruidErrors.BadRequest(problems);
        if (DataSourceAccess.Refusal(request.HttpContext, Right.Write, task.DataSource) is { } forbidden) return forbidden;
        try { return await kills.PostAsync(fleet.Epoch, task, AuditHeaders.Of(request)) ? Results.Json(new { task = task.Id }) : DruidErrors.TaskExists(task.Id); }
        catch (FencedException) { return DruidErrors.NotLeading(); }
    }

    private static async Task<IResult> ShutDownAsync(string id, HttpRequest request, TaskStore tasks, SupervisorFleet fleet, RecordCommitter records, AuditTrail audit, CancellationToken cancellation)
    {
        if (await tasks.FindAsync(id, cancellation) is not { } row) return DruidErrors.NoTask(id);
        return !row.Active || await StopAsync(row, AuditHeaders.Of(request), tasks, fleet, records, audit) ? Results.Json(new { task = id }) : StillRuns([id]);
    }

    private static async Task<IResult> ShutDownAllAsync(string dataSource, HttpRequest request, TaskStore tasks, SupervisorFleet fleet, RecordCommitter records, AuditTrail audit, CancellationToken cancellation)
    {
        var active = await tasks.ListAsync(new TaskFilter { Active = true, DataSource = dataSource }, cancellation);
        if (active.Count == 0) return Results.StatusCode(StatusCodes.Status404NotFound);
        var stillRun = new List<string>();
        foreach (var row in active)
            if (!await StopAsync(row, AuditHeaders.Of(request), tasks, fleet, records, audit)) stillRun.Add(row.Id);
        return stillRun.Count == 0 ? Results.Json(new { dataSource }) : StillRuns(stillRun);
    }

    private static IResult StillRuns(IReadOnlyList<string> ids) => DruidErrors.Unavailable($"[{string.Join(", ", ids)}] cannot be stopped while their supervisors are still being loaded: try again in a moment");

    /// <summary>Its supervisor takes it for lost and, unless it is suspended or terminated, reads on in another. A task that no supervisor knows, of a Druid that ran here before for instance, ends at once.
    /// Not cut short by a caller who goes away: what is done is also in the audit.</summary>
    /// <returns>False: it goes on, its supervisor does not know it yet.</returns>
    private static async Task<bool> StopAsync(StoredTask row, AuditContext by, TaskStore tasks, SupervisorFleet fleet, RecordCommitter records, AuditTrail audit)
    {
        if (fleet.Tasks?.Find(row.Id)?.Payload.Supervisor is { } supervisor && fleet.Knows(supervisor))
        {
            await fleet.AskAsync(supervisor, new Notice.TaskLost(row.Id, ByRequest), by, CancellationToken.None);
            if (await tasks.FindAsync(row.Id, CancellationToken.None) is { Active: true }) return false;
        }
        else
        {
            await records.CommitAsync(fleet.Epoch, [new Record.FinishTask(IndexTaskStatus.Failed(row.Id, -1, TaskLocation.Unknown, ByRequest))], stop: CancellationToken.None);
            fleet.Tasks?.Stop(row.Id, ByRequest);
        }
        await audit.WriteAsync(fleet.Epoch, AuditTrail.OfTask, row.Id, $"Shut down task[{row.Id}] of datasource[{row.DataSource}]", by, CancellationToken.None);
        return true;
    }

    private static string Shortened(string text) => text.Length <= 100 ? text : text[..100] + "...";
}
