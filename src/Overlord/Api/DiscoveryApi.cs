using Ingestion.Access.Http;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Discovery;

namespace Ingestion.Overlord.Api;

/// <summary>Presto's discovery protocol (airlift/discovery), answered by every overlord, leading or not.</summary>
internal static class DiscoveryApi
{
    public static void MapDiscoveryApi(this IEndpointRouteBuilder app)
    {
        app = app.MapGroup("").Needs(new Needs.Internal());
        app.MapPut("/v1/announcement/{nodeId}", PutAsync);
        app.MapDelete("/v1/announcement/{nodeId}", (string nodeId, AnnouncementRegistry registry) => { registry.Remove(nodeId); return Results.NoContent(); });
        app.MapGet("/v1/service", (AnnouncementRegistry registry) => Services(registry, null, null));
        app.MapGet("/v1/service/{type}", (string type, AnnouncementRegistry registry) => Services(registry, type, null));
        app.MapGet("/v1/service/{type}/{pool}", (string type, string pool, AnnouncementRegistry registry) => Services(registry, type, pool));
    }

    private static async Task<IResult> PutAsync(string nodeId, HttpRequest request, AnnouncementRegistry registry)
    {
        var (announcement, refusal) = await RequestBody.ReadAsync(request, ContractsJson.Default.Announcement, "The announcement is not valid", request.HttpContext.RequestAborted, mustSayJson: false);
        if (refusal is not null) return refusal;
        if (announcement is null) return DruidErrors.BadRequestText("The announcement is null");
        return registry.Put(nodeId, announcement) is { } reason ? DruidErrors.BadRequestText(reason) : Results.StatusCode(StatusCodes.Status202Accepted);
    }

    private static IResult Services(AnnouncementRegistry registry, string? type, string? pool) => Results.Json(new
    {
        environment = registry.Environment,
        services = (
            from node in registry.Live()
            from service in node.Services
            where (type is null || service.Type == type) && (pool is null || node.Pool == pool)
            select new { id = service.Id, nodeId = node.NodeId, type = service.Type, pool = node.Pool, location = node.Location, properties = service.Properties }).ToList(),
    });
}
