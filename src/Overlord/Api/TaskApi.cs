using System.Globalization;
using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Supervision;
using Ingestion.Overlord.Tasks;

namespace Ingestion.Overlord.Api;

/// <summary>Druid's task endpoints, and the one that tasks call.</summary>
internal static class TaskApi
{
    /// <summary>Finished tasks are listed for this long (<c>druid.indexer.storage.recentlyFinishedThreshold</c>).</summary>
    private static readonly TimeSpan RecentlyFinished = TimeSpan.FromHours(24);
    private static readonly string[] States = ["pending", "waiting", "running", "complete"];

    public static void MapTaskApi(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/druid/indexer/v1").AddEndpointFilter<LeaderFilter>();
        group.MapGet("/tasks", (HttpRequest request, TaskStore tasks, SupervisorFleet fleet, CancellationToken c) => ListAsync(request, tasks, fleet, c));
        foreach (var state in States)
            group.MapGet($"/{state}Tasks", (HttpRequest request, TaskStore tasks, SupervisorFleet fleet, CancellationToken c) => ListAsync(request, state, tasks, fleet, c));
        group.MapGet("/task/{id}", PayloadAsync);
        group.MapGet("/task/{id}/status", StatusAsync);
        group.MapTaskLogApi();
        group.MapPost("/taskStatus", StatusesAsync);
        group.MapGet("/workers", (SupervisorFleet fleet) => fleet.Tasks is { } runner ? Results.Json(TaskJson.Workers(runner.Workers())) : DruidErrors.NotLeading());
        group.MapGet("/totalWorkerCapacity", (SupervisorFleet fleet) => fleet.Tasks is { } runner ? Results.Json(TaskJson.Capacity(runner.Workers())) : DruidErrors.NotLeading());
        group.MapPost("/action", ActAsync);
    }

    private static Task<IResult> ListAsync(HttpRequest request, TaskStore tasks, SupervisorFleet fleet, CancellationToken cancellation)
    {
        var state = request.Query["state"].ToString().ToLowerInvariant();
        return state.Length == 0 || States.Contains(state)
            ? ListAsync(request, state.Length == 0 ? null : state, tasks, fleet, cancellation)
            : Task.FromResult(Results.Text($"Invalid task state[{request.Query["state"]}]. Must be one of [pending, waiting, running, complete].", statusCode: StatusCodes.Status400BadRequest));
    }

    private static async Task<IResult> ListAsync(HttpRequest request, string? state, TaskStore tasks, SupervisorFleet fleet, CancellationToken cancellation)
    {
        if (fleet.Tasks is not { } runner) return DruidErrors.NotLeading();
        var query = request.Query;
        var (dataSource, type) = (Text(query["datasource"]), Text(query["type"]));
        var max = query["max"].ToString();
        if (max.Length > 0 && (!int.TryParse(max, NumberStyles.None, CultureInfo.InvariantCulture, out _))) return DruidErrors.BadRequest($"max [{max}] is not a number of at least 0");
        var filter = new TaskFilter { DataSource = dataSource, Type = type };
        var complete = filter with { Active = false, Since = fleet.Now - RecentlyFinished, Limit = max.Length == 0 ? null : int.Parse(max, CultureInfo.InvariantCulture) };
        if (Text(query["createdTimeInterval"]) is { } interval)
        {
            if (!Interval.TryParse(interval.Replace('_', '/'), out var span)) return DruidErrors.BadRequest($"createdTimeInterval [{interval}] is not an interval START_END");
            complete = complete with { Since = DateTimeOffset.FromUnixTimeMilliseconds(span.StartMillis), Until = DateTimeOffset.FromUnixTimeMilliseconds(span.EndMillis) };
        }
        var rows = new List<StoredTask>();
        if (state != "complete") rows.AddRange(await tasks.ListAsync(filter with { Active = true }, cancellation));
        if (state is null or "complete") rows.AddRange(await tasks.ListAsync(complete, cancellation));
        var list = rows.Select(row => TaskJson.StatusPlus(row, runner.Find(row.Id))).Where(t => state is null or "complete" || t.RunnerStatusCode.Equals(state, StringComparison.OrdinalIgnoreCase));
        return Results.Json(list.ToList());
    }

    private static async Task<IResult> PayloadAsync(string id, TaskStore tasks, CancellationToken cancellation) =>
        await tasks.PayloadAsync(id, cancellation) is { } payload ? Results.Text($$"""{"task":{{JsonSerializer.Serialize(id)}},"payload":{{payload}}}""", "application/json") : DruidErrors.NoTask(id);

    private static async Task<IResult> StatusAsync(string id, TaskStore tasks, SupervisorFleet fleet, CancellationToken cancellation)
    {
        if (fleet.Tasks is not { } runner) return DruidErrors.NotLeading();
        return await tasks.FindAsync(id, cancellation) is { } row ? Results.Json(new { task = id, status = TaskJson.StatusPlus(row, runner.Find(id)) }) : DruidErrors.NoTask(id);
    }

    private static async Task<IResult> StatusesAsync(HttpRequest request, TaskStore tasks, SupervisorFleet fleet, CancellationToken cancellation)
    {
        if (fleet.Tasks is not { } runner) return DruidErrors.NotLeading();
        string[]? ids;
        try { ids = await JsonSerializer.DeserializeAsync<string[]>(request.Body, cancellationToken: cancellation); }
        catch (JsonException) { return DruidErrors.BadRequest("an array of task ids is expected"); }
        if (ids is not { Length: > 0 }) return Results.Text("No Task IDs provided.", statusCode: StatusCodes.Status400BadRequest);
        var rows = await tasks.StatusesAsync(ids, cancellation);
        return Results.Json(rows.ToDictionary(r => r.Id, r => TaskJson.Status(r, runner.Find(r.Id))));
    }

    private static async Task<IResult> ActAsync(HttpRequest request, TaskActions actions, SupervisorFleet fleet, CancellationToken cancellation)
    {
        TaskActionRequest? action;
        try { action = await JsonSerializer.DeserializeAsync(request.Body, ContractsJson.Default.TaskActionRequest, cancellation); }
        catch (JsonException e) { return DruidErrors.BadRequest($"not a task action: {e.Message}"); }
        if (action is null) return DruidErrors.BadRequest("a task action is expected");
        try { return Results.Json(await actions.ExecuteAsync(fleet.Epoch, action, cancellation), ContractsJson.Default.TaskActionAnswer); }
        catch (TaskActionFailedException e)
        {
            request.HttpContext.Response.Headers[CommandHeaders.Refused] = "true";
            return DruidErrors.ActionFailed(e.Message);
        }
        catch (FencedException) { return DruidErrors.NotLeading(); }
    }

    private static string? Text(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
