using Ingestion.Overlord.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ingestion.Overlord.Tests.Documentation;

/// <summary>The overlord's own routes.</summary>
internal static class ProgramRoutes
{
    private static readonly Lazy<Dictionary<(string Method, string Path), EndpointMetadataCollection>> Read = new(() =>
    {
        using var app = OverlordHost.Build(OverlordOptions.Parse(["--metadata", "Host=nowhere", "--listen", "127.0.0.1:0"], _ => null));
        return (from endpoint in ((IEndpointRouteBuilder)app).DataSources.SelectMany(d => d.Endpoints).OfType<RouteEndpoint>()
                from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
                let path = $"/{endpoint.RoutePattern.RawText!.Trim('/')}"
                where path != "/openapi/{documentName}.json"
                select (method, path, endpoint.Metadata)).ToDictionary(r => (r.method, r.path), r => r.Metadata);
    });

    /// <summary>What is known of each, by method and path as the catalogue has them; all but the OpenAPI document's.</summary>
    public static IReadOnlyDictionary<(string Method, string Path), EndpointMetadataCollection> All => Read.Value;
}
