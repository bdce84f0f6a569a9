using Ingestion.Access.Users;
using Ingestion.Contracts.Stream;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Supervision;
using Ingestion.Supervisor;

namespace Ingestion.Overlord.Api;

/// <summary>Druid's endpoints by which operators move offsets and end task groups early. Answered once it is recorded; Druid answers before.</summary>
internal static class OffsetsApi
{
    public static void MapOffsetsApi(this IEndpointRouteBuilder supervisors)
    {
        supervisors.MapPost("/{id}/reset", ResetAsync).Needs(Right.Write, DataSourceOf.Supervisor);
        supervisors.MapPost("/{id}/resetOffsets", ResetOffsetsAsync).Needs(Right.Write, DataSourceOf.Supervisor);
        supervisors.MapPost("/{id}/taskGroups/handoff", HandOffAsync).Needs(Right.Write, DataSourceOf.Supervisor);
    }

    /// <summary>Ours beside Druid's: <c>?to=earliest|latest</c>, whatever <c>useEarliestOffset</c> says.</summary>
    private static async Task<IResult> ResetAsync(string id, string? to, HttpRequest request, SupervisorFleet fleet, CancellationToken cancellation)
    {
        StreamEnd? end = to?.ToLowerInvariant() switch { "earliest" => StreamEnd.Earliest, "latest" => StreamEnd.Latest, _ => null };
        if (to is not null && end is null) return DruidErrors.BadRequest($"[to] is [{to}]: use earliest or latest, or leave it out");
        return await SupervisorApi.AskAsync(request, fleet, id, new Notice.ResetRequested(end), _ => Results.Json(new { id }), cancellation);
    }

    private static async Task<IResult> ResetOffsetsAsync(string id, HttpRequest request, SupervisorFleet fleet, CancellationToken cancellation)
    {
        if (fleet.Find(id) is null) return DruidErrors.NoSupervisor(id);
        var (metadata, refusal) = await RequestBody.ReadAsync(request, StrictJson.KafkaDataSourceMetadata, "The body is not dataSource metadata", cancellation);
        if (refusal is not null) return refusal;
        if (metadata is not { Type: "kafka" }) return DruidErrors.BadRequest("""Datasource metadata required for resetOffsets: {"type":"kafka","partitions":{"type":"end","stream":"...","partitionOffsetMap":{"0":100}}}""");
        return await SupervisorApi.AskAsync(request, fleet, id, new Notice.OffsetsResetRequested(metadata), _ => Results.Json(new { id }), cancellation);
    }

    private static async Task<IResult> HandOffAsync(string id, HttpRequest request, SupervisorFleet fleet, AuditTrail audit, CancellationToken cancellation)
    {
        if (fleet.Find(id) is null) return DruidErrors.NoSupervisor(id);
        var (body, refusal) = await RequestBody.ReadAsync(request, RequestJson.Default.HandOff, """The body is not like {"taskGroupIds":[0]}""", cancellation);
        if (refusal is not null) return refusal;
        if (body?.TaskGroupIds is not { Count: > 0 } groups) return DruidErrors.BadRequest("List of task groups to handoff can't be empty");
        var isAccepted = false;
        // Not cut short by a caller who goes away: what is done is also in the audit.
        var answer = await SupervisorApi.AskAsync(request, fleet, id, new Notice.HandoffRequested([.. groups]), _ =>
        {
            isAccepted = true;
            return Results.Text("", "application/json");
        }, CancellationToken.None);
        if (isAccepted) await audit.WriteAsync(fleet.Epoch, AuditTrail.OfSupervisor, id, $"Hand off task groups[{string.Join(", ", groups)}] of supervisor[{id}]", AuditHeaders.Of(request), CancellationToken.None);
        return answer;
    }
}
