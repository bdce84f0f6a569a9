using Ingestion.Access.Http;
using Ingestion.Access.Users;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Discovery;
using Ingestion.Overlord.Discovery.Health;
using Ingestion.Overlord.Supervision;
using Ingestion.Overlord.Tasks;

namespace Ingestion.Overlord.Api;

/// <summary>The list of workers as this overlord sees it, leading or not: who announced what, when and from where, and what stands in the way of giving it tasks. Druid's own list (<c>/druid/indexer/v1/workers</c>) has no place for it.</summary>
internal static class WorkersApi
{
    public static void MapWorkersApi(this IEndpointRouteBuilder app) =>
        app.MapGet("/status/workers", (AnnouncementRegistry registry, SupervisorFleet fleet, ILeadership leadership, IServiceProvider services) =>
            Results.Json(Listed(registry, fleet.Tasks?.Workers(), fleet.Tasks?.Health(), leadership, services.GetService<OutsideDiscovery>()))).Needs(new Needs.Everywhere(Right.Read));

    /// <param name="followed">By the leader; null: this overlord does not lead.</param>
    /// <param name="health">Likewise.</param>
    /// <param name="outside">Null: there is none.</param>
    private static object Listed(AnnouncementRegistry registry, IReadOnlyList<WorkerView>? followed, IReadOnlyList<NodeHealth>? health, ILeadership leadership, OutsideDiscovery? outside)
    {
        var announced = registry.Nodes().Where(n => n.Worker is not null || n is { IsLive: false, Announcement.Services.Count: 0 }).ToDictionary(n => n.NodeId, StringComparer.Ordinal);
        var heartbeats = (health ?? []).ToDictionary(h => h.NodeId, StringComparer.Ordinal);
        var views = (followed ?? []).ToDictionary(w => w.NodeId, StringComparer.Ordinal);
        return new
        {
            overlord = leadership.OwnUrl,
            leading = followed is not null,
            environment = registry.Environment,
            clusterId = registry.ClusterId,
            release = WireProtocol.Release,
            protocol = WireProtocol.Current,
            discovery = outside is null ? null : new { uri = outside.Server, frozenSince = outside.Frozen is { } frozen ? IsoTime.Write(frozen.Since) : null, reason = outside.Frozen?.Reason },
            workers = announced.Keys.Union(views.Keys).Union(heartbeats.Keys).Order(StringComparer.Ordinal).Select(id => Line(id, announced.GetValueOrDefault(id), views.GetValueOrDefault(id), heartbeats.GetValueOrDefault(id), followed is not null)).ToList(),
        };
    }

    private static object Line(string nodeId, AnnouncedNode? announced, WorkerView? followed, NodeHealth? health, bool leading)
    {
        var service = announced?.Worker;
        return new
        {
            nodeId,
            url = (followed?.Address ?? service?.BaseUrl ?? health?.Address)?.GetLeftPart(UriPartial.Authority),
            state = State(announced, followed) is { } state ? EnumText.Of(state) : null,
            followed = leading ? followed is not null : (bool?)null,
            notPlaceable = followed is not null ? followed.NotPlaceable : health is { LostAt: not null } ? health.FailingInWords : announced?.Objection,
            release = service?.Properties.GetValueOrDefault(AnnouncedService.NodeVersion),
            protocol = service?.Properties.GetValueOrDefault(AnnouncedService.Protocol),
            clusterId = service?.Properties.GetValueOrDefault(AnnouncedService.ClusterId),
            capacity = followed?.Capacity,
            used = followed?.Tasks.Sum(t => t.Resource.RequiredCapacity),
            disabled = followed?.IsDisabled,
            announcement = announced is null ? null : new { standing = announced.Standing.ToString().ToLowerInvariant(), at = IsoTime.Write(announced.HeardAt), ageMillis = (long)announced.Age.TotalMilliseconds, from = announced.From, reason = announced.Reason },
            heartbeats = health is null ? null : NodeApi.Line(health),
        };
    }

    /// <returns>Null: it is not there.</returns>
    private static LifeState? State(AnnouncedNode? announced, WorkerView? followed) =>
        followed?.State == LifeState.ShuttingDown ? LifeState.ShuttingDown
        : followed is null && announced is not { IsLive: true } ? null
        : followed is { State: LifeState.Inactive } || followed is null && announced!.Objection is not null ? LifeState.Inactive
        : LifeState.Active;
}
