using Ingestion.Access.Users;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;
using Ingestion.Overlord.Supervision;
using Ingestion.Overlord.Tasks;

namespace Ingestion.Overlord.Api;

/// <summary>What Druid's Coordinator asks the overlord to do with segments since Druid 33: marking them used and unused, and removing pending ones that nobody waits for.</summary>
internal static class SegmentsApi
{
    private const string InvalidFilter = "Invalid request payload. Specify either 'interval' or 'segmentIds', with an optional list of 'versions' for interval.";

    public static void MapSegmentsApi(this IEndpointRouteBuilder group)
    {
        group.MapPost("/datasources/{dataSource}", (HttpRequest request, string dataSource, SegmentFlags flags, SupervisorFleet fleet, CancellationToken c) => ChangedAsync(flags.MarkUsedAsync(fleet.Epoch, dataSource, SegmentChoice.All, AuditHeaders.Of(request), c))).Needs(Right.Write, DataSourceOf.Route);
        group.MapDelete("/datasources/{dataSource}", (HttpRequest request, string dataSource, SegmentFlags flags, SupervisorFleet fleet, CancellationToken c) =>
            ChangedAsync(flags.MarkUnusedAsync(fleet.Epoch, dataSource, SegmentChoice.All, AuditHeaders.Of(request), c))).Needs(Right.Write, DataSourceOf.Route);
        group.MapPost("/datasources/{dataSource}/markUsed", (HttpRequest request, string dataSource, SegmentFlags flags, SupervisorFleet fleet, CancellationToken c) =>
            MarkAsync(request, choice => flags.MarkUsedAsync(fleet.Epoch, dataSource, choice, AuditHeaders.Of(request), c), c)).Needs(Right.Write, DataSourceOf.Route);
        group.MapPost("/datasources/{dataSource}/markUnused", (HttpRequest request, string dataSource, SegmentFlags flags, SupervisorFleet fleet, CancellationToken c) =>
            MarkAsync(request, choice => flags.MarkUnusedAsync(fleet.Epoch, dataSource, choice, AuditHeaders.Of(request), c), c)).Needs(Right.Write, DataSourceOf.Route);
        group.MapPost("/datasources/{dataSource}/segments/{id}", (HttpRequest request, string dataSource, string id, SegmentFlags flags, SupervisorFleet fleet, CancellationToken c) =>
            MarkOneAsync(dataSource, id, choice => flags.MarkUsedAsync(fleet.Epoch, dataSource, choice, AuditHeaders.Of(request), c))).Needs(Right.Write, DataSourceOf.Route);
        group.MapDelete("/datasources/{dataSource}/segments/{id}", (HttpRequest request, string dataSource, string id, SegmentFlags flags, SupervisorFleet fleet, CancellationToken c) =>
            MarkOneAsync(dataSource, id, choice => flags.MarkUnusedAsync(fleet.Epoch, dataSource, choice, AuditHeaders.Of(request), c))).Needs(Right.Write, DataSourceOf.Route);
        group.MapDelete("/pendingSegments/{dataSource}", RemovePendingAsync).Needs(Right.Write, DataSourceOf.Route);
    }

    private static async Task<IResult> ChangedAsync(Task<int> change) => Results.Json(new { numChangedSegments = await change });

    private static async Task<IResult> MarkAsync(HttpRequest request, Func<SegmentChoice, Task<int>> mark, CancellationToken cancellation)
    {
        var (filter, refusal) = await RequestBody.ReadAsync(request, RequestJson.Default.SegmentFilter, "The body is not a segment filter", cancellation);
        if (refusal is not null) return refusal;
        if (filter is not { IsValid: true }) return DruidErrors.BadRequest(InvalidFilter);
        return await ChangedAsync(mark(new SegmentChoice(filter.Interval, filter.SegmentIds?.OfType<string>().ToArray(), filter.Versions is { Count: > 0 } versions ? [.. versions.OfType<string>()] : null)));
    }

    private static Task<IResult> MarkOneAsync(string dataSource, string id, Func<SegmentChoice, Task<int>> mark) => id.StartsWith(dataSource + "_", StringComparison.Ordinal)
        ? ChangedAsync(mark(new SegmentChoice(null, [id], null)))
        : Task.FromResult(DruidErrors.BadRequest($"Could not parse Segment ID[{id}] for DataSource[{dataSource}]"));

    /// <summary>Those created in the interval, where no task that could still use one is active.</summary>
    private static async Task<IResult> RemovePendingAsync(HttpRequest request, string dataSource, SegmentFlags flags, SupervisorFleet fleet, CancellationToken cancellation)
    {
        var query = new QueryValues(request.Query);
        var interval = query.Span("interval");
        if (query.Refusal is { } refusal) return refusal;
        if (interval is not { } span) return DruidErrors.BadRequest([new SpecProblem("?interval", "is missing: START/END is expected")]);
        return await flags.RemovePendingAsync(fleet.Epoch, dataSource, span, AuditHeaders.Of(request), cancellation) is { } removed
            ? Results.Json(new { numDeleted = removed })
            : DruidErrors.BadRequest($"Cannot delete pendingSegments for interval[{span}]: tasks of dataSource[{dataSource}] that were begun before its end are active");
    }
}
