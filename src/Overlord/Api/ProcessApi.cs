using System.Diagnostics;
using Ingestion.Access.Http;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Discovery;
using Ingestion.Overlord.Supervision;

namespace Ingestion.Overlord.Api;

/// <summary>What Presto's servers say of themselves at <c>/v1/info</c>, as an overlord says it, leading or not.</summary>
internal static class ProcessApi
{
    public static void MapProcessApi(this IEndpointRouteBuilder app)
    {
        app.MapGet("/v1/info", (HttpRequest request, AnnouncementRegistry registry, ILeadership leadership, IHostApplicationLifetime lifetime) => DiscoveryApi.Json(request, new ProcessStatus
        {
            NodeId = OverlordAnnouncement.NodeId(leadership.OwnUrl), Environment = registry.Environment, Coordinator = true, Starting = false,
            Uptime = ProcessStatus.Duration(DateTime.UtcNow - Process.GetCurrentProcess().StartTime.ToUniversalTime()), State = State(lifetime), ClusterId = registry.ClusterId,
        })).Needs(new Needs.Name());
        app.MapGet("/v1/info/state", (HttpRequest request, IHostApplicationLifetime lifetime) => DiscoveryApi.Json(request, State(lifetime))).Needs(new Needs.Nothing());
    }

    private static LifeState State(IHostApplicationLifetime lifetime) => lifetime.ApplicationStopping.IsCancellationRequested ? LifeState.ShuttingDown : LifeState.Active;
}
