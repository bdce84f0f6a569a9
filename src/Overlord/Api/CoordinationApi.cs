using Ingestion.Access.Http;
using Ingestion.Access.Users;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Supervision;
using Ingestion.Overlord.ZooKeeper;

namespace Ingestion.Overlord.Api;

/// <summary>Who leads and by what right, how the ensemble is that elects, and moving leadership to another overlord. Ours alone; Druid has none of it.</summary>
internal static class CoordinationApi
{
    public const string ResignPath = "/druid-internal/v1/leadership/resign";

    /// <param name="elects">The ensemble that elects; null: the database does.</param>
    public static void MapCoordinationApi(this IEndpointRouteBuilder app, ConnectString? elects)
    {
        app.MapGet("/status/coordination", (ILeadership leadership, CancellationToken c) => StatusAsync(leadership, elects, c)).Needs(new Needs.Everywhere(Right.Read));
        app.MapPost(ResignPath, ResignAsync).OfLeader().Needs(new Needs.Everywhere(Right.Write));
    }

    private static async Task<IResult> StatusAsync(ILeadership leadership, ConnectString? elects, CancellationToken cancellation)
    {
        var looking = elects is null ? null : Ensemble.LookAsync(elects, cancellation);
        var row = await leadership.CurrentAsync(cancellation);
        return Results.Json(new
        {
            kind = leadership.Kind,
            epoch = row?.Epoch,
            leader = row?.Url,
            leaseLeftMillis = (long?)row?.LeaseLeft.TotalMilliseconds,
            self = new { url = leadership.OwnUrl, isLeader = leadership.IsLeading, leaseLeftMillis = (long)leadership.LeaseLeft.TotalMilliseconds, trouble = leadership.Trouble },
            zooKeeper = looking is null ? null : Shown(elects!, await looking),
            druidServices = leadership.Presence is var (zooKeeper, state) ? new { zooKeeper, state } : null,
        });
    }

    private static object Shown(ConnectString elects, Ensemble ensemble) => new
    {
        connect = elects.ToString(),
        members = ensemble.Members.Select(m => new { address = m.Address, state = m.State, version = m.Version, latencyMillis = m.LatencyMillis, answerMillis = m.AnswerMillis, trouble = m.Trouble }),
        serving = ensemble.Serving,
        majority = ensemble.Majority,
        mayLose = Math.Max(0, ensemble.MayLose),
        isServing = ensemble.MayLose >= 0,
        warning = Ensemble.Warning(elects.Members.Count),
    };

    private static async Task<IResult> ResignAsync(HttpRequest request, ILeadership leadership, SupervisorFleet fleet, AuditTrail audit, CancellationToken cancellation)
    {
        await audit.WriteAsync(fleet.Epoch, AuditTrail.OfLeadership, leadership.OwnUrl, "Resign", AuditHeaders.Of(request), cancellation); // afterwards another overlord's epoch holds
        return await leadership.ResignAsync(cancellation) is { } successor
            ? Results.Json(new { epoch = successor.Epoch, leader = successor.Url })
            : DruidErrors.Conflict("no other overlord took over: this one leads again, with a new epoch");
    }
}
