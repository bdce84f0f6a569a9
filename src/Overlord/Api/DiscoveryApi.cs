using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ingestion.Access.Http;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Discovery;

namespace Ingestion.Overlord.Api;

/// <summary>Presto's discovery protocol (airlift/discovery), answered by every overlord, leading or not. As there, answers name no age: its clients then renew every 8 s and ask every 10 s.</summary>
internal static class DiscoveryApi
{
    private static readonly JsonSerializerOptions Pretty = new(ContractsJson.Default.Options) { WriteIndented = true };

    public static void MapDiscoveryApi(this IEndpointRouteBuilder app)
    {
        app = app.MapGroup("").Needs(new Needs.Internal());
        app.MapPut("/v1/announcement/{nodeId}", PutAsync);
        app.MapDelete("/v1/announcement/{nodeId}", (string nodeId, AnnouncementRegistry registry) => { registry.Remove(nodeId); return Results.NoContent(); });
        app.MapGet("/v1/service", (HttpRequest request, AnnouncementRegistry registry) => Services(request, registry, null, null));
        app.MapGet("/v1/service/{type}", (string type, HttpRequest request, AnnouncementRegistry registry) => Services(request, registry, type, null));
        app.MapGet("/v1/service/{type}/{pool}", (string type, string pool, HttpRequest request, AnnouncementRegistry registry) => Services(request, registry, type, pool));
    }

    private static async Task<IResult> PutAsync(string nodeId, HttpRequest request, AnnouncementRegistry registry)
    {
        var (announcement, refusal) = await RequestBody.ReadAsync(request, ContractsJson.Default.Announcement, "The announcement is not valid", request.HttpContext.RequestAborted);
        if (refusal is not null) return refusal;
        if (announcement is null) return DruidErrors.BadRequestText("The announcement is null");
        if (Unwritable(announcement) is { } problem) return DruidErrors.BadRequestText($"The announcement is not valid: {problem}");
        var from = request.HttpContext.Connection.RemoteIpAddress is { } address ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString() : "unknown";
        return registry.Put(nodeId, announcement, from) is { } reason ? DruidErrors.BadRequestText(reason) : Results.StatusCode(StatusCodes.Status202Accepted);
    }

    /// <summary>Members that are kept as they came may hold text that is no Unicode, which nobody could be given.</summary>
    private static string? Unwritable(Announcement announcement)
    {
        try { _ = JsonSerializer.SerializeToUtf8Bytes(announcement, ContractsJson.Default.Announcement); }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException) { return e.Message; }
        return null;
    }

    /// <summary>Ordered by type and node. Of services with one id airlift's server lists one, and so does this.</summary>
    private static IResult Services(HttpRequest request, AnnouncementRegistry registry, string? type, string? pool)
    {
        var byId = new Dictionary<string, ListedService>(StringComparer.Ordinal);
        foreach (var node in registry.Live())
            foreach (var service in node.Services)
                byId[service.Id] = new ListedService { Id = service.Id, NodeId = node.NodeId, Type = service.Type, Pool = node.Pool, Location = node.Location, Properties = service.Properties, Others = service.Others };
        var services = byId.Values.Where(s => (type is null || s.Type == type) && (pool is null || s.Pool == pool)).OrderBy(s => s.Type, StringComparer.Ordinal).ThenBy(s => s.NodeId, StringComparer.Ordinal).ThenBy(s => s.Id, StringComparer.Ordinal);
        return Json(request, new ServiceListing { Environment = registry.Environment, Services = [.. services] });
    }

    /// <summary>Indented where the query string has <c>pretty</c>, as airlift's servers do it.</summary>
    public static IResult Json<T>(HttpRequest request, T value)
    {
        var options = request.Query.ContainsKey("pretty") ? Pretty : ContractsJson.Default.Options;
        return Results.Text(JsonSerializer.SerializeToUtf8Bytes(value, (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T))), "application/json");
    }
}
