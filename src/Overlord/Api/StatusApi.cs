using Ingestion.Access.Http;
using Ingestion.Access.Users;
using Ingestion.Overlord.Supervision;

namespace Ingestion.Overlord.Api;

/// <summary>Health and leadership: answered locally, so that load balancers can pick the leader.</summary>
internal static class StatusApi
{
    /// <summary>The Druid release whose API and tables this is.</summary>
    private const string DruidVersion = "33.0.0";

    public static void MapStatusApi(this IEndpointRouteBuilder app)
    {
        app.MapGet("/status/health", () => Results.Json(true)).Needs(new Needs.Nothing());
        app.MapGet("/status/selfDiscovered/status", () => Results.Json(new { selfDiscovered = true })).Needs(new Needs.Nothing());
        app.MapGet("/status/selfDiscovered", () => Results.Ok()).Needs(new Needs.Nothing());
        app.MapGet("/status", () => Results.Json(new { version = DruidVersion, modules = Array.Empty<object>(), memory = Memory() })).Needs(new Needs.Name());
        app.MapGet("/druid/indexer/v1/isLeader", (ILeadership leadership) =>
            Results.Json(new { leader = leadership.IsLeading }, statusCode: leadership.IsLeading ? StatusCodes.Status200OK : StatusCodes.Status404NotFound)).Needs(new Needs.Nothing());
        app.MapGet("/druid/indexer/v1/leader", async (ILeadership leadership, CancellationToken cancellation) =>
            await leadership.LeaderUrlAsync(cancellation) is { } url ? Results.Text(url, "application/json") : DruidErrors.NotLeading()).Needs(new Needs.Nothing()); // bare text that is called JSON, as Druid has it
        app.MapGet("/status/properties", (ILeadership leadership) => Results.Json(Properties(leadership.OwnUrl))).Needs(new Needs.Everywhere(Right.Read));
    }

    /// <summary>What Druid's clients look for among the properties of a service; nothing secret is among them.</summary>
    private static SortedDictionary<string, string> Properties(string ownUrl)
    {
        var properties = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["druid.service"] = "druid/overlord", ["druid.indexer.runner.type"] = "httpRemote", ["druid.indexer.storage.type"] = "metadata", ["druid.metadata.storage.type"] = "postgresql",
        };
        if (Uri.TryCreate(ownUrl, UriKind.Absolute, out var url)) 
        {
            properties["druid.host"] = url.Host;
            properties[url.Scheme == Uri.UriSchemeHttps ? "druid.tlsPort" : "druid.plaintextPort"] = $"{url.Port}";
        }
        return properties;
    }

    private static object Memory()
    {
        var info = GC.GetGCMemoryInfo();
        return new { maxMemory = info.TotalAvailableMemoryBytes, totalMemory = info.TotalCommittedBytes, freeMemory = info.TotalCommittedBytes - GC.GetTotalMemory(false), usedMemory = GC.GetTotalMemory(false), directMemory = 0 };
    }
}
