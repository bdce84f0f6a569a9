using System.Text.Json;
using Ingestion.Access.Http;
using Ingestion.Access.Users;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Supervision;
using Ingestion.Overlord.Tasks;
using Ingestion.Overlord.Tasks.Kill;

namespace Ingestion.Overlord.Api;

/// <summary>Druid's task endpoints, and the one that tasks call.</summary>
internal static class TaskApi
{
    /// <summary>Finished tasks are listed for this long (<c>druid.indexer.storage.recentlyFinishedThreshold</c>).</summary>
    private static readonly TimeSpan RecentlyFinished = TimeSpan.FromHours(24);
    private static readonly string[] States = ["pending", "waiting", "running", "complete"];

    public static void MapTaskApi(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/druid/indexer/v1").OfLeader();
        group.MapGet("/tasks", (HttpRequest request, TaskStore tasks, SupervisorFleet fleet, KillTasks kills, CancellationToken c) => ListAsync(request, tasks, fleet, kills, c)).Needs(Right.Read, DataSourceOf.Query);
        foreach (var state in States)
            group.MapGet($"/{state}Tasks", (HttpRequest request, TaskStore tasks, SupervisorFleet fleet, KillTasks kills, CancellationToken c) => ListAsync(request, state, tasks, fleet, kills, c)).Needs(Right.Read, DataSourceOf.Query);
        group.MapGet("/task/{id}", PayloadAsync).Needs(Right.Read, DataSourceOf.Task);
        group.MapGet("/task/{id}/status", StatusAsync).Needs(Right.Read, DataSourceOf.Task);
        group.MapTaskLogApi();
        group.MapPost("/taskStatus", StatusesAsync).Needs(Right.Read, DataSourceOf.Each);
        group.MapPost("/action", ActAsync).Needs(new Needs.Internal());
        group.MapTaskControlApi();
        group.MapClusterApi();
        group.MapLocksApi();
        group.MapSegmentsApi();
        group.MapSamplerApi();
    }

    private static Task<IResult> ListAsync(HttpRequest request, TaskStore tasks, SupervisorFleet fleet, KillTasks kills, CancellationToken cancellation)
    {
        var state = request.Query["state"].ToString().ToLowerInvariant();
        return state.Length == 0 || States.Contains(state)
            ? ListAsync(request, state.Length == 0 ? null : state, tasks, fleet, kills, cancellation)
            : Task.FromResult(DruidErrors.BadRequestText($"Invalid task state[{request.Query["state"]}]. Must be one of [pending, waiting, running, complete]."));
    }

    private static async Task<IResult> ListAsync(HttpRequest request, string? state, TaskStore tasks, SupervisorFleet fleet, KillTasks kills, CancellationToken cancellation)
    {
        if (fleet.Tasks is not { } runner) return DruidErrors.NotLeading();
        var query = new QueryValues(request.Query);
        var filter = new TaskFilter { DataSource = query.Text("datasource"), Type = query.Text("type") };
        var complete = filter with { Active = false, Since = fleet.Now - RecentlyFinished, Limit = query.Count("max", "n") };
        if (query.Span("createdTimeInterval") is { } span)
            complete = complete with { Since = DateTimeOffset.FromUnixTimeMilliseconds(span.StartMillis), Until = DateTimeOffset.FromUnixTimeMilliseconds(span.EndMillis) };
        if (query.Refusal is { } refusal) return refusal;
        if (filter.DataSource is { } asked && DataSourceAccess.Refusal(request.HttpContext, Right.Read, asked) is { } forbidden) return forbidden;
        var caller = Caller.Of(request.HttpContext);
        var rows = new List<StoredTask>();
        if (state != "complete") rows.AddRange(await tasks.ListAsync(filter with { Active = true }, cancellation));
        if (state is null or "complete") rows.AddRange(await tasks.ListAsync(complete, cancellation));
        var list = rows.Where(row => caller.May(Right.Read, row.DataSource)).Select(row => TaskJson.StatusPlus(row, runner.Find(row.Id), kills)).Where(t => state is null or "complete" || t.RunnerStatusCode.Equals(state, StringComparison.OrdinalIgnoreCase));
        return Results.Json(list.ToList());
    }

    private static async Task<IResult> PayloadAsync(string id, TaskStore tasks, CancellationToken cancellation) =>
        await tasks.PayloadAsync(id, cancellation) is { } payload ? Results.Text($$"""{"task":{{JsonSerializer.Serialize(id)}},"payload":{{ConsumerSecrets.Redacted(payload)}}}""", "application/json") : DruidErrors.NoTask(id);

    private static async Task<IResult> StatusAsync(string id, TaskStore tasks, SupervisorFleet fleet, KillTasks kills, CancellationToken cancellation)
    {
        if (fleet.Tasks is not { } runner) return DruidErrors.NotLeading();
        return await tasks.FindAsync(id, cancellation) is { } row ? Results.Json(new { task = id, status = TaskJson.StatusPlus(row, runner.Find(id), kills).OfOne() }) : DruidErrors.NoTask(id);
    }

    private static async Task<IResult> StatusesAsync(HttpRequest request, TaskStore tasks, SupervisorFleet fleet, CancellationToken cancellation)
    {
        if (fleet.Tasks is not { } runner) return DruidErrors.NotLeading();
        var (ids, refusal) = await RequestBody.ReadAsync(request, RequestJson.Default.StringArray, "The body is not an array of task ids", cancellation);
        if (refusal is not null) return refusal;
        if (ids is not { Length: > 0 }) return DruidErrors.BadRequestText("No Task IDs provided.");
        var rows = await tasks.StatusesAsync([.. ids.OfType<string>()], cancellation);
        var caller = Caller.Of(request.HttpContext);
        return Results.Json(rows.Where(r => caller.May(Right.Read, r.DataSource)).ToDictionary(r => r.Id, r => TaskJson.Status(r, runner.Find(r.Id))));
    }

    private static async Task<IResult> ActAsync(HttpRequest request, TaskActions actions, SupervisorFleet fleet, CancellationToken cancellation)
    {
        var (action, refusal) = await RequestBody.ReadAsync(request, StrictJson.TaskActionRequest, "The body is not a task action", cancellation, mustSayJson: false, RequestBody.ActionLimit);
        if (refusal is not null) return refusal;
        if (action is null || action.Action is TaskAction.SegmentTransactionalInsert insert && insert.Segments.Any(s => s is null)) return DruidErrors.BadRequest("""The body is not a task action: {"task":{"id":"..."},"action":{"type":"..."}} is expected""");
        try { return Results.Json(await actions.ExecuteAsync(fleet.Epoch, action, cancellation), ContractsJson.Default.TaskActionAnswer); }
        catch (TaskActionFailedException e)
        {
            request.HttpContext.Response.Headers[CommandHeaders.Refused] = "true";
            return DruidErrors.BadRequest(e.Message);
        }
        catch (FencedException) { return DruidErrors.NotLeading(); }
    }
}
