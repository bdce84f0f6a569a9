using System.Collections.Concurrent;
using System.Text.Json;
using Ingestion.Access.Http;
using Ingestion.Access.Users;
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
        var group = app.MapGroup("/druid/indexer/v1/supervisor").OfLeader();
        group.MapPost("", PostAsync).Needs(Right.Write, DataSourceOf.Body);
        group.MapGet("", List).Needs(Right.Read, DataSourceOf.Each);
        group.MapGet("/history", HistoriesAsync).Needs(Right.Read, DataSourceOf.Each);
        group.MapGet("/{id}", (string id, SupervisorFleet fleet) => fleet.Find(id) is { } found ? Shown(found.Spec) : DruidErrors.NoSupervisor(id)).Needs(Right.Read, DataSourceOf.Supervisor);
        group.MapGet("/{id}/status", Status).Needs(Right.Read, DataSourceOf.Supervisor);
        group.MapGet("/{id}/explain", Explain).Needs(Right.Read, DataSourceOf.Supervisor);
        group.MapGet("/{id}/health", Health).Needs(Right.Read, DataSourceOf.Supervisor);
        group.MapGet("/{id}/history", HistoryAsync).Needs(Right.Read, DataSourceOf.Each);
        group.MapPost("/{id}/suspend", (string id, HttpRequest request, SupervisorFleet fleet, CancellationToken c) => AskAsync(request, fleet, id, new Notice.SuspendRequested(), Shown, c)).Needs(Right.Write, DataSourceOf.Supervisor);
        group.MapPost("/{id}/resume", (string id, HttpRequest request, SupervisorFleet fleet, CancellationToken c) => AskAsync(request, fleet, id, new Notice.ResumeRequested(), Shown, c)).Needs(Right.Write, DataSourceOf.Supervisor);
        group.MapPost("/{id}/terminate", TerminateAsync).Needs(Right.Write, DataSourceOf.Supervisor);
        group.MapPost("/{id}/shutdown", TerminateAsync).Needs(Right.Write, DataSourceOf.Supervisor);
        group.MapPost("/suspendAll", (HttpRequest request, SupervisorFleet fleet, CancellationToken c) => AskAllAsync(request, fleet, new Notice.SuspendRequested(), c)).Needs(Right.Write, DataSourceOf.Each);
        group.MapPost("/resumeAll", (HttpRequest request, SupervisorFleet fleet, CancellationToken c) => AskAllAsync(request, fleet, new Notice.ResumeRequested(), c)).Needs(Right.Write, DataSourceOf.Each);
        group.MapPost("/terminateAll", (HttpRequest request, SupervisorFleet fleet, CancellationToken c) => AskAllAsync(request, fleet, new Notice.TerminateRequested(), c)).Needs(Right.Write, DataSourceOf.Each);
        group.MapOffsetsApi();
        group.MapReportsApi();
    }

    private static async Task<IResult> PostAsync(HttpRequest request, SupervisorFleet fleet, SpecStore specs, CancellationToken cancellation)
    {
        if (!RequestBody.IsJson(request)) return DruidErrors.NotJson();
        var query = new QueryValues(request.Query);
        var (skipIfUnmodified, dryRun) = (query.Flag("skipRestartIfUnmodified"), query.Flag("dryRun"));
        if (query.Refusal is { } refusal) return refusal;
        var posted = await RequestBody.ReadAsync(request, RequestBody.SpecLimit, cancellation);
        var read = PostedSpec.Read(posted, DataSourceAccess.StoredSpecs(request.HttpContext, fleet));
        if (read.Spec is not { } spec) return DruidErrors.BadRequest(read.Problems);
        // Also of the one whose place it takes: its tasks end.
        foreach (var dataSource in ((string?[])[spec.DataSource, await OwnerAsync(spec.Id, request, fleet, specs, cancellation)]).OfType<string>())
            if (DataSourceAccess.Refusal(request.HttpContext, Right.Write, dataSource) is { } forbidden) return forbidden;
        if (dryRun) return await RehearseAsync(spec, read.Body, skipIfUnmodified, fleet, cancellation);
        return await fleet.PutAsync(spec, skipIfUnmodified, AuditHeaders.Of(request), cancellation) switch
        {
            Reply.Accepted => Results.Json(new { id = spec.Id }),
            Reply.Refused refused => DruidErrors.BadRequest(refused.Message),
            _ => DruidErrors.NotLeading(), // nothing is recorded: whoever posted may try again
        };
    }

    /// <summary>The dataSource of a supervisor that has the id, or had it and was terminated: its tasks may still publish, and its offsets are kept, for whoever has the id next. Null: there never was one, or the
    /// caller may change all.</summary>
    private static async Task<string?> OwnerAsync(string id, HttpRequest request, SupervisorFleet fleet, SpecStore specs, CancellationToken cancellation)
    {
        if (Caller.Of(request.HttpContext).MayEverywhere(Right.Write)) return null;
        return fleet.Find(id)?.Spec.DataSource ?? (await specs.NewestSpecAsync(id, stop: cancellation))?.DataSource();
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
        var caller = Caller.Of(request.HttpContext);
        var readable = fleet.All().Where(s => caller.May(Right.Read, s.Spec.DataSource));
        if (!full && !system && !state) return Results.Json(readable.Select(s => s.Id).ToList());
        return Results.Json(readable.Select(s => SupervisorJson.Summary(s, full, system)).ToList());
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

    private static Task<IResult> TerminateAsync(string id, HttpRequest request, SupervisorFleet fleet, CancellationToken cancellation) =>
        AskAsync(request, fleet, id, new Notice.TerminateRequested(), _ => Results.Json(new { id }), cancellation);

    /// <summary>Has the supervisor take a notice, and answers as Druid does where it will not.</summary>
    public static async Task<IResult> AskAsync(HttpRequest request, SupervisorFleet fleet, string id, Notice notice, Func<SupervisorSpec, IResult> accepted, CancellationToken cancellation) =>
        await fleet.AskAsync(id, notice, AuditHeaders.Of(request), cancellation) switch
        {
            Reply.Accepted reply => accepted(reply.Spec),
            Reply.Refused refused => DruidErrors.BadRequest(refused.Message),
            _ => DruidErrors.NoSupervisor(id),
        };

    /// <summary>A supervisor that is already so, or gone meanwhile, is as it should be: Druid's answer is the same. One whose step fails does not keep the others from being asked. As in Druid
    /// those are asked that the caller may change.</summary>
    private static async Task<IResult> AskAllAsync(HttpRequest request, SupervisorFleet fleet, Notice notice, CancellationToken cancellation)
    {
        var failed = new ConcurrentBag<(string Id, string Reason)>();
        var (caller, by) = (Caller.Of(request.HttpContext), AuditHeaders.Of(request));
        await Parallel.ForEachAsync(fleet.All().Where(s => caller.May(Right.Write, s.Spec.DataSource)), new ParallelOptions { MaxDegreeOfParallelism = AskedAtOnce, CancellationToken = cancellation }, async (supervisor, c) =>
        {
            try { await fleet.AskAsync(supervisor.Id, notice, by, c); }
            catch (Exception e) when (e is not OperationCanceledException) { failed.Add((supervisor.Id, e.Message)); } // cancelled: the caller has gone, or leadership has
        });
        if (failed.IsEmpty) return Results.Json(new { status = "success" });
        var reasons = failed.OrderBy(f => f.Id, StringComparer.Ordinal).GroupBy(f => f.Reason).Select(g => $"[{string.Join(", ", g.Select(f => f.Id))}]: {g.Key}");
        return DruidErrors.Failed($"All supervisors were asked, {failed.Count} failed: {string.Join("; ", reasons)}");
    }

    private static async Task<IResult> HistoriesAsync(HttpRequest request, SpecStore specs, CancellationToken cancellation) =>
        Results.Json(Readable(await specs.AllHistoriesAsync(cancellation), request).GroupBy(v => v.SpecId).ToDictionary(h => h.Key, h => h.Select(SupervisorJson.Version).ToList()));

    private static async Task<IResult> HistoryAsync(string id, string? count, HttpRequest request, SpecStore specs, CancellationToken cancellation)
    {
        var limit = int.MaxValue;
        if (count is not null)
        {
            if (!int.TryParse(count, out var number) || number <= 0) return DruidErrors.BadRequest($"Count must be greater than zero if set (count was {count})");
            limit = number;
        }
        var history = Readable(await specs.HistoryAsync(id, cancellation), request).ToList();
        return history.Count == 0 ? DruidErrors.NotFound($"No history for [{id}].") : Results.Json(history.Take(limit).Select(SupervisorJson.Version).ToList());
    }

    /// <summary>Versions of a supervisor may have had different dataSources.</summary>
    private static IEnumerable<StoredSpec> Readable(IReadOnlyList<StoredSpec> versions, HttpRequest request) =>
        Caller.Of(request.HttpContext) is var caller && caller.MayEverywhere(Right.Read) ? versions : versions.Where(v => v.DataSource() is { } dataSource && caller.May(Right.Read, dataSource));

    private static IResult Shown(SupervisorSpec spec) => Results.Text(ConsumerSecrets.Redacted(spec.Json), "application/json");
}
