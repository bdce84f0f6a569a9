using System.Text.Json.Nodes;
using Ingestion.Overlord.Api.Documentation;
using Ingestion.Overlord.Hosting;
using Ingestion.Overlord.Tests.Api;
using Ingestion.Support;
using Microsoft.AspNetCore.Routing;

namespace Ingestion.Overlord.Tests.Documentation;

public sealed class OpenApiTests(PostgresFixture postgres)
{
    private const string Path = "/openapi/v1.json";

    [Fact]
    public async Task Every_route_is_described_and_none_that_does_not_exist()
    {
        var options = OverlordOptions.Parse(["--metadata", "Host=nowhere", "--listen", "127.0.0.1:0"], _ => null);
        await using var app = OverlordHost.Build(options);
        var routes = from endpoint in ((IEndpointRouteBuilder)app).DataSources.SelectMany(d => d.Endpoints).OfType<RouteEndpoint>()
                     from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
                     select $"{method} /{endpoint.RoutePattern.RawText!.Trim('/')}";
        var described = EndpointCatalogue.Chapters.SelectMany(c => EndpointCatalogue.Of(c.File)).Select(e => $"{e.Method} {e.Path}").ToList();
        Assert.Equal(described.Distinct(), described);
        Assert.Equal(routes.Where(r => !r.EndsWith("/openapi/{documentName}.json", StringComparison.Ordinal)).Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Document_has_every_endpoint_with_its_summary_parameters_and_examples()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        var (status, contentType, body, _) = await overlord.SendAsync("GET", Path);
        Assert.Equal((200, "application/json"), (status, contentType));
        var paths = JsonNode.Parse(body)!["paths"]!.AsObject();
        foreach (var endpoint in EndpointCatalogue.Chapters.SelectMany(c => EndpointCatalogue.Of(c.File)))
        {
            var operation = paths[endpoint.Path]?[endpoint.Method.ToLowerInvariant()]?.AsObject();
            Assert.True(operation is not null, $"{endpoint.Method} {endpoint.Path} is not in the document");
            Assert.Equal((endpoint.Path, endpoint.Summary), (endpoint.Path, (string?)operation["summary"]));
            var parameters = operation["parameters"]?.AsArray().Select(p => ((string)p!["in"]!, (string)p["name"]!)) ?? [];
            Assert.Equal(Named(endpoint).Order(), parameters.Order());
            var examples = operation["responses"]!.AsObject().SelectMany(r => r.Value!["content"]?.AsObject().SelectMany(c => c.Value!["examples"]!.AsObject().Select(e => (r.Key, Text(e.Value!["value"])))) ?? []);
            Assert.Equal(endpoint.Examples.Where(e => e.ContentType is not null).Select(e => ($"{e.Status}", Text(e.Answer ?? JsonValue.Create(e.AnswerText)))).Order(), examples.Order());
            Assert.Equal(endpoint.Examples.Any(e => e.Body is not null), operation["requestBody"] is not null);
        }
        Assert.Equal(paths.Sum(p => p.Value!.AsObject().Count), EndpointCatalogue.Chapters.Sum(c => EndpointCatalogue.Of(c.File).Count));
    }

    private static IEnumerable<(string, string)> Named(DocumentedEndpoint endpoint) =>
        endpoint.Path.Split('/').Where(s => s.StartsWith('{')).Select(s => ("path", s.Trim('{', '}'))).Concat(endpoint.Query?.Keys.Select(q => ("query", q)) ?? []);

    private static string Text(JsonNode? json) => json?.ToJsonString() ?? "null";
}
