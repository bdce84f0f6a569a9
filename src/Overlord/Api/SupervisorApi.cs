using System.Collections.Concurrent;
using System.Text.Json;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Supervision;
using Ingestion.Supervisor;

namespace Ingestion.Overlord.Api;

/// <summary>Druid's supervisor endpoints.</summary>
internal static class SupervisorApi
{
    /// <summary>Supervisors that are asked at once where all are: each commits a transaction of its own.</summary>
    private const int AskedAtOnce = 16;

    public static void MapSupervisorApi(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/druid/indexer/v1/supervisor").AddEndpointFilter<LeaderFilter>();
        group.MapPost("", PostAsync);
        group.MapGet("", List);
        group.MapGet("/history", HistoriesAsync);
        group.MapGet("/{id}", (string id, SupervisorFleet fleet) => fleet.Find(id) is { } found ? Shown(found.Spec) : DruidErrors.NoSupervisor(id));
        group.MapGet("/{id}/status", Status);
        group.MapGet("/{id}/explain", Explain);
        group.MapGet("/{id}/health", Health);
        group.MapGet("/{id}/history", HistoryAsync);
        group.MapPost("/{id}/suspend", (string id, SupervisorFleet fleet, CancellationToken c) => AskAsync(fleet, id, new Notice.SuspendRequested(), Shown, c));
        group.MapPost("/{id}/resume", (string id, SupervisorFleet fleet, CancellationToken c) => AskAsync(fleet, id, new Notice.ResumeRequested(), Shown, c));
        group.MapPost("/{id}/terminate", TerminateAsync);
        group.MapPost("/{id}/shutdown", TerminateAsync);
        group.MapPost("/suspendAll", (SupervisorFleet fleet, CancellationToken c) => AskAllAsync(fleet, new Notice.SuspendRequested(), c));
        group.MapPost("/resumeAll", (SupervisorFleet fleet, CancellationToken c) => AskAllAsync(fleet, new Notice.ResumeRequested(), c));
        group.MapPost("/terminateAll", (SupervisorFleet fleet, CancellationToken c) => AskAllAsync(fleet, new Notice.TerminateRequested(), c));
        group.MapOffsetsApi();
        group.MapReportsApi();
    }

    private static async Task<IResult> PostAsync(HttpRequest request, SupervisorFleet fleet, CancellationToken cancellation)
    {
        if (!RequestBody.IsJson(request)) return DruidErrors.NotJson();
        var query = new QueryValues(request.Query);
        var (skipIfUnmodified, dryRun) = (query.Flag("skipRestartIfUnmodified"), query.Flag("dryRun"));
        if (query.Refusal is { } refusal) return refusal;
        var posted = await RequestBody.ReadAsync(request, RequestBody.SpecLimit, cancellation);
        var (body, masks) = SpecSecrets.Restored(posted, id => fleet.Find(id)?.Spec.Json);
        if (masks.Count > 0) return DruidErrors.BadRequest(masks);
        var reading = SupervisorSpec.Read(body.Span);
        if (reading.Spec is not { } spec) return DruidErrors.BadRequest(reading.Problems);
        if (SupervisorFleet.ClientProblems(spec.IoConfig.ConsumerProperties) is { Count: > 0 } problems) return DruidErrors.BadRequest(problems);
        if (dryRun) return await RehearseAsync(spec, body, skipIfUnmodified, fleet, cancellation);
        return await fleet.PutAsync(spec, skipIfUnmodified, cancellation) switch
        {
            Reply.Accepted => Results.Json(new { id = spec.Id }),
            Reply.Refused refused => DruidErrors.BadRequest(refused.Message),
            _ => DruidErrors.NotLeading(), // nothing is recorded: whoever posted may try again
        };
    }

    private static async Task<IResult> RehearseAsync(SupervisorSpec spec, ReadOnlyMemory<byte> posted, bool skipIfUnmodified, SupervisorFleet fleet, CancellationToken cancellation)
    {
        using var document = JsonDocument.Parse(posted);
        var (rehearsal, trouble) = await fleet.RehearseAsync(spec, skipIfUnmodified, cancellation);
        return rehearsal.Refused is { } reason ? DruidErrors.BadRequest(reason) : Results.Json(ExplainJson.Rehearsed(spec.Id, rehearsal, UnhonouredFields.Of(document.RootElement), trouble));
    }

    private static IResult List(HttpRequest request, SupervisorFleet fleet)
    {
        var query = request.Query;
        var (full, system, state) = (query.ContainsKey("full"), query.ContainsKey("system"), query["state"].ToString().Equals("true", StringComparison.OrdinalIgnoreCase));
        if (!full && !system && !state) return Results.Json(fleet.All().Select(s => s.Id).ToList());
        return Results.Json(fleet.All().Select(s => SupervisorJson.Summary(s, full, system)).ToList());
    }

    private static IResult Status(string id, SupervisorFleet fleet) =>
        fleet.Find(id) is { } found ? Results.Json(SupervisorJson.Status(found, fleet.Placement(), fleet.Now)) : DruidErrors.NoSupervisor(id);

    private static IResult Explain(string id, SupervisorFleet fleet) =>
        fleet.Find(id) is not { } found ? DruidErrors.NoSupervisor(id) : Results.Json(ExplainJson.Explained(found, fleet.Placement(), fleet.Now));

    private static IResult Health(string id, SupervisorFleet fleet)
    {
        if (fleet.Find(id) is not { } found) return DruidErrors.NoSupervisor(id);
        var healthy = found.Report(fleet.Now).Healthy;
        return Results.Json(new { healthy }, statusCode: healthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private static Task<IResult> TerminateAsync(string id, SupervisorFleet fleet, CancellationToken cancellation) =>
        AskAsync(fleet, id, new Notice.TerminateRequested(), _ => Results.Json(new { id }), cancellation);

    /// <summary>Has the supervisor take a notice, and answers as Druid does where it will not.</summary>
    public static async Task<IResult> AskAsync(SupervisorFleet fleet, string id, Notice notice, Func<SupervisorSpec, IResult> accepted, CancellationToken cancellation) =>
        await fleet.AskAsync(id, notice, cancellation) switch
        {
            Reply.Accepted reply => accepted(reply.Spec),
            Reply.Refused refused => DruidErrors.BadRequest(refused.Message),
            _ => DruidErrors.NoSupervisor(id),
        };

    /// <summary>A supervisor that is already so, or gone meanwhile, is as it should be: Druid's answer is the same. One whose step fails does not keep the others from being asked.</summary>
    private static async Task<IResult> AskAllAsync(SupervisorFleet fleet, Notice notice, CancellationToken cancellation)
    {
        var failed = new ConcurrentBag<(string Id, string Reason)>();
        await Parallel.ForEachAsync(fleet.All(), new ParallelOptions { MaxDegreeOfParallelism = AskedAtOnce, CancellationToken = cancellation }, async (supervisor, c) =>
        {
            try { await fleet.AskAsync(supervisor.Id, notice, c); }
            catch (Exception e) when (e is not OperationCanceledException) { failed.Add((supervisor.Id, e.Message)); } // cancelled: the caller has gone, or leadership has
        });
        if (failed.IsEmpty) return Results.Json(new { status = "success" });
        var reasons = failed.OrderBy(f => f.Id, StringComparer.Ordinal).GroupBy(f => f.Reason).Select(g => $"[{string.Join(", ", g.Select(f => f.Id))}]: {g.Key}");
        return DruidErrors.Failed($"All supervisors were asked, {failed.Count} failed: {string.Join("; ", reasons)}");
    }

    private static async Task<IResult> HistoriesAsync(SpecStore specs, CancellationToken cancellation) =>
        Results.Json((await specs.AllHistoriesAsync(cancellation)).GroupBy(v => v.SpecId).ToDictionary(h => h.Key, h => h.Select(SupervisorJson.Version).ToList()));

    private static async Task<IResult> HistoryAsync(string id, string? count, SpecStore specs, CancellationToken cancellation)
    {
        var limit = int.MaxValue;
        if (count is not null)
        {
            if (!int.TryParse(count, out var number) || number <= 0) return DruidErrors.BadRequest($"Count must be greater than zero if set (count was {count})");
            limit = number;
        }
        var history = await specs.HistoryAsync(id, cancellation);
        return history.Count == 0 ? DruidErrors.NotFound($"No history for [{id}].") : Results.Json(history.Take(limit).Select(SupervisorJson.Version).ToList());
    }

    private static IResult Shown(SupervisorSpec spec) => Results.Text(ConsumerSecrets.Redacted(spec.Json), "application/json");
}
