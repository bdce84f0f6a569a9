using Ingestion.Access.Http;
using Ingestion.Access.Users;
using Ingestion.Contracts.Json;
using Ingestion.Overlord.Discovery.Health;
using Ingestion.Overlord.Supervision;

namespace Ingestion.Overlord.Api;

/// <summary>What heartbeats show of the workers, in the JSON of a Presto coordinator (<c>/v1/node</c>, <c>/v1/node/failed</c>), for tools that read it there. The leader knows.</summary>
internal static class NodeApi
{
    public static void MapNodeApi(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/v1/node").AddEndpointFilter<LeaderFilter>().Needs(new Needs.Everywhere(Right.Read));
        group.MapGet("", (SupervisorFleet fleet) => Nodes(fleet, _ => true));
        group.MapGet("/failed", (SupervisorFleet fleet) => Nodes(fleet, n => n.LostAt is not null || n.RecentFailureRatio > FailureDetector.Threshold));
    }

    private static IResult Nodes(SupervisorFleet fleet, Func<NodeHealth, bool> isMeant) => fleet.Tasks is { } runner ? Results.Json(runner.Health().Where(isMeant).Select(Line).ToList()) : DruidErrors.NotLeading();

    private static NodeLine Line(NodeHealth node) => new(
        node.Address.ToString().TrimEnd('/'), Round(node.RecentRequests), Round(node.RecentFailures), Round(node.RecentSuccesses), Time(node.LastRequestTime), Time(node.LastResponseTime), Round(node.RecentFailureRatio), Age(node.Age),
        node.RecentFailuresByType.ToDictionary(f => f.Failure.ToString(), f => Round(f.Count)), node.NodeId, node.LastError, Time(node.LostAt));

    private static double Round(double value) => Math.Round(value, 2);
    private static string? Time(DateTimeOffset? time) => time is { } at ? IsoTime.Write(at) : null;

    /// <summary>As airlift writes durations: the largest unit that gives at least 1.</summary>
    private static string Age(TimeSpan age) => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"{(age.TotalDays >= 1 ? age.TotalDays : age.TotalHours >= 1 ? age.TotalHours : age.TotalMinutes >= 1 ? age.TotalMinutes : age.TotalSeconds):0.00}{(age.TotalDays >= 1 ? "d" : age.TotalHours >= 1 ? "h" : age.TotalMinutes >= 1 ? "m" : "s")}");

    /// <summary>Presto's members, and behind them ours.</summary>
    /// <param name="RecentFailuresByType">By <see cref="HeartbeatFailure"/>; Presto has Java's names of exceptions.</param>
    /// <param name="LostSince">Null: it is a member.</param>
    private sealed record NodeLine(
        string Uri, double RecentRequests, double RecentFailures, double RecentSuccesses, string? LastRequestTime, string? LastResponseTime, double RecentFailureRatio, string Age, IReadOnlyDictionary<string, double> RecentFailuresByType,
        string NodeId, string? LastError, string? LostSince);
}
