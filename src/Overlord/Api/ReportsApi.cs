using System.Text.Json.Nodes;
using Ingestion.Access.Users;
using Ingestion.Overlord.Discovery;
using Ingestion.Overlord.Supervision;
using Ingestion.Supervisor.Groups;

namespace Ingestion.Overlord.Api;

/// <summary>Druid's endpoints that gather what the tasks of a supervisor tell: row counters and parse errors. All tasks are asked at once; one that does not answer is left out.</summary>
internal static class ReportsApi
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    public static void MapReportsApi(this IEndpointRouteBuilder supervisors)
    {
        supervisors.MapGet("/{id}/stats", StatsAsync).Needs(Right.Read, DataSourceOf.Supervisor);
        supervisors.MapGet("/{id}/parseErrors", ParseErrorsAsync).Needs(Right.Read, DataSourceOf.Supervisor);
    }

    /// <summary>By task group and task; a task that runs on no worker yet has an empty object.</summary>
    private static async Task<IResult> StatsAsync(string id, SupervisorFleet fleet, CancellationToken cancellation)
    {
        if (fleet.Find(id) is not { } found) return DruidErrors.NoSupervisor(id);
        var answers = await AskAsync(found, fleet, "rowStats", cancellation);
        var stats = new JsonObject();
        foreach (var group in answers.Where(a => a.Answer is not null || !a.IsPlaced).GroupBy(a => a.Group).OrderBy(g => g.Key))
            stats[$"{group.Key}"] = new JsonObject(group.Select(a => KeyValuePair.Create<string, JsonNode?>(a.TaskId, a.Answer ?? new JsonObject())));
        return Results.Json(stats);
    }

    /// <summary>Newest first, each once, at most <c>maxSavedParseExceptions</c> times <c>taskCount</c>.</summary>
    private static async Task<IResult> ParseErrorsAsync(string id, SupervisorFleet fleet, CancellationToken cancellation)
    {
        if (fleet.Find(id) is not { } found) return DruidErrors.NoSupervisor(id);
        var errors = new SortedDictionary<(long Newest, string Text), JsonNode>();
        foreach (var (_, _, _, answer) in await AskAsync(found, fleet, "unparseableEvents", cancellation))
            foreach (var error in answer as JsonArray ?? []) errors[(-(long)error!["timeOfExceptionMillis"]!, error.ToJsonString())] = error;
        var limit = (long)found.Spec.TuningConfig.MaxSavedParseExceptions * found.Spec.IoConfig.TaskCount;
        return Results.Json(errors.Values.Take((int)Math.Min(limit, int.MaxValue)).ToList());
    }

    private static Task<TaskAnswer[]> AskAsync(SupervisorView supervisor, SupervisorFleet fleet, string what, CancellationToken cancellation) =>
        Task.WhenAll((supervisor.State?.Groups ?? []).SelectMany(g => g.Replicas.Values.Select(r => AskAsync(g, r.Id, fleet.Tasks?.WorkerOf(r.Id)?.Client, what, cancellation))));

    private static async Task<TaskAnswer> AskAsync(TaskGroup group, string taskId, WorkerClient? worker, string what, CancellationToken cancellation) =>
        new(group.Id, taskId, worker is not null, worker is null ? null : await worker.TryAskAsync(taskId, what, CallTimeout, cancellation));

    /// <param name="IsPlaced">Some worker has the task.</param>
    /// <param name="Answer">Null where there is none, and where it is null.</param>
    private sealed record TaskAnswer(int Group, string TaskId, bool IsPlaced, JsonNode? Answer);
}
