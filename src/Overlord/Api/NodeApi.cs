using Ingestion.Access.Http;
using Ingestion.Access.Users;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Discovery.Health;
using Ingestion.Overlord.Supervision;

namespace Ingestion.Overlord.Api;

/// <summary>What heartbeats show of the workers, in the JSON of a Presto coordinator (<c>/v1/node</c>, <c>/v1/node/failed</c>), for tools that read it there. The leader knows.</summary>
internal static class NodeApi
{
    public static void MapNodeApi(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/v1/node").OfLeader().Needs(new Needs.Everywhere(Right.Read));
        group.MapGet("", (SupervisorFleet fleet) => Nodes(fleet, _ => true));
        group.MapGet("/failed", (SupervisorFleet fleet) => Nodes(fleet, n => n.LostAt is not null || n.RecentFailureRatio > FailureDetector.Threshold));
    }

    private static IResult Nodes(SupervisorFleet fleet, Func<NodeHealth, bool> isMeant) => fleet.Tasks is { } runner ? Results.Json(runner.Health().Where(isMeant).Select(Line).ToList()) : DruidErrors.NotLeading();

    public static NodeLine Line(NodeHealth node) => new(
        node.Address.ToString().TrimEnd('/'), Round(node.RecentRequests), Round(node.RecentFailures), Round(node.RecentSuccesses), Time(node.LastRequestTime), Time(node.LastResponseTime), Round(node.RecentFailureRatio), ProcessStatus.Duration(node.Age),
        node.RecentFailuresByType.ToDictionary(f => f.Failure.ToString(), f => Round(f.Count)), node.NodeId, node.LastError, Time(node.LostAt));

    private static double Round(double value) => Math.Round(value, 2);
    private static string? Time(DateTimeOffset? time) => time is { } at ? IsoTime.Write(at) : null;

    /// <summary>Presto's members, and behind them ours.</summary>
    /// <param name="RecentFailuresByType">By <see cref="HeartbeatFailure"/>; Presto has Java's names of exceptions.</param>
    /// <param name="LostSince">Null: it is a member.</param>
    internal sealed record NodeLine(
        string Uri, double RecentRequests, double RecentFailures, double RecentSuccesses, string? LastRequestTime, string? LastResponseTime, double RecentFailureRatio, string Age, IReadOnlyDictionary<string, double> RecentFailuresByType,
        string NodeId, string? LastError, string? LostSince);
}
