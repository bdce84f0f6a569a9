using Ingestion.Access.Http;
using Ingestion.Access.Users;
using Ingestion.Contracts.Specs;
using Ingestion.Overlord.Discovery;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Supervision;
using Ingestion.Overlord.Tasks.Selection;

namespace Ingestion.Overlord.Api;

/// <summary>Druid's endpoints about workers as a whole: who they are, what they can take, how tasks are spread over them.</summary>
internal static class ClusterApi
{
    private const string Json = "application/json";
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    public static void MapClusterApi(this IEndpointRouteBuilder group)
    {
        group.MapGet("/workers", (SupervisorFleet fleet) => fleet.Tasks is { } runner ? Results.Json(TaskJson.Workers(runner.Workers())) : DruidErrors.NotLeading()).Needs(new Needs.Everywhere(Right.Read));
        group.MapGet("/totalWorkerCapacity", (SupervisorFleet fleet) => fleet.Tasks is { } runner ? Results.Json(TaskJson.Capacity(runner.Workers())) : DruidErrors.NotLeading()).Needs(new Needs.Everywhere(Right.Read));
        group.MapGet("/scaling", () => Results.Text("", Json)).Needs(new Needs.Everywhere(Right.Read)); // nobody provisions machines here: Druid's answer without an auto-scaler
        group.MapGet("/worker", async (WorkerConfigStore configs, CancellationToken c) => Results.Text(await configs.FindAsync(c) ?? "", Json)).Needs(new Needs.Everywhere(Right.Read));
        group.MapPost("/worker", SetConfigAsync).Needs(new Needs.Everywhere(Right.Write));
        group.MapGet("/worker/history", HistoryAsync).Needs(new Needs.Everywhere(Right.Read));
        group.MapPost("/worker/{host}/enable", (string host, HttpRequest request, SupervisorFleet fleet, AuditTrail audit) => EnableAsync(host, request, fleet, audit, isEnabled: true)).Needs(new Needs.Everywhere(Right.Write));
        group.MapPost("/worker/{host}/disable", (string host, HttpRequest request, SupervisorFleet fleet, AuditTrail audit) => EnableAsync(host, request, fleet, audit, isEnabled: false)).Needs(new Needs.Everywhere(Right.Write));
        group.MapGet("/compaction/isSupervisorEnabled", () => Results.Json(false)).Needs(new Needs.Name()); // the Coordinator asks; false: it may compact by itself
    }

    /// <summary>A disabled worker gets no new tasks and goes on with those that it has; it is enabled again when its process restarts. Not cut short by a caller who goes away: what is done is also in the audit.</summary>
    /// <param name="host">HOST:PORT, as <c>/workers</c> has it.</param>
    private static async Task<IResult> EnableAsync(string host, HttpRequest request, SupervisorFleet fleet, AuditTrail audit, bool isEnabled)
    {
        if (fleet.Tasks?.ClientAt(host) is not { } worker) return DruidErrors.NotFound($"Worker on host {host} does not exists");
        try { await worker.EnableAsync(isEnabled, CallTimeout, CancellationToken.None); }
        catch (Exception e) when (e is HttpRequestException or WorkerRefusedException or IOException) { return DruidErrors.Unavailable($"the worker on [{host}] cannot be told: {e.Message}"); }
        await audit.WriteAsync(fleet.Epoch, AuditTrail.OfWorker, host, isEnabled ? "Enabled" : "Disabled", AuditHeaders.Of(request), CancellationToken.None);
        return Results.Json(new Dictionary<string, string> { [host] = isEnabled ? "enabled" : "disabled" });
    }

    /// <summary>Holds for tasks that are placed from now on. A config that would be without effect is refused. One that is stored takes effect, also where the caller goes away meanwhile.</summary>
    private static async Task<IResult> SetConfigAsync(HttpRequest request, WorkerConfigStore configs, SupervisorFleet fleet, CancellationToken cancellation)
    {
        var (config, refusal) = await RequestBody.ReadPlainAsync(request, "a worker behaviour config", cancellation);
        if (refusal is not null) return refusal;
        var problems = new List<SpecProblem>();
        if (WorkerBehavior.Read(config, problems) is not { } strategy) return DruidErrors.BadRequest(problems);
        await configs.SetAsync(fleet.Epoch, config.GetRawText(), AuditHeaders.Of(request), CancellationToken.None);
        if (fleet.Tasks is { } runner) runner.Strategy = strategy;
        return Results.Ok();
    }

    private static async Task<IResult> HistoryAsync(HttpRequest request, WorkerConfigStore configs, CancellationToken cancellation)
    {
        var query = new QueryValues(request.Query);
        var (count, interval) = (query.Count("count"), query.Span("interval"));
        if (query.Refusal is { } refusal) return refusal;
        return count is 0 ? DruidErrors.BadRequest([new SpecProblem("?count", "[0] is not a number of at least 1")])
            : Results.Text($"[{string.Join(',', await configs.HistoryAsync(count, interval, cancellation))}]", Json);
    }
}
