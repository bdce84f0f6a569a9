using System.Text.Json.Nodes;
using Ingestion.Overlord.Api.Documentation;
using Ingestion.Overlord.Tests.Api;
using Ingestion.Support;

namespace Ingestion.Overlord.Tests.Documentation;

public sealed class OpenApiTests(PostgresFixture postgres)
{
    private const string Path = "/openapi/v1.json";

    [Fact]
    public void Every_route_is_described_and_none_that_does_not_exist()
    {
        var described = EndpointCatalogue.Chapters.SelectMany(c => EndpointCatalogue.Of(c.File)).Select(e => $"{e.Method} {e.Path}").ToList();
        Assert.Equal(described.Distinct(), described);
        Assert.Equal(ProgramRoutes.All.Keys.Select(r => $"{r.Method} {r.Path}").Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Document_says_of_every_endpoint_who_may_call_it_and_what_others_are_answered()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        var document = JsonNode.Parse((await overlord.SendAsync("GET", Path)).Body)!;
        Assert.Equal(["basic", "bearer"], document["components"]!["securitySchemes"]!.AsObject().Select(s => s.Key));
        foreach (var ((method, path), metadata) in ProgramRoutes.All)
        {
            var (operation, access) = (document["paths"]![path]![method.ToLowerInvariant()]!, EndpointAccess.Of(metadata));
            Assert.EndsWith(access.Words, (string)operation["description"]!, StringComparison.Ordinal);
            Assert.Equal((path, access.MustBeUser ? """[{"basic":[]},{"bearer":[]}]""" : "[]"), (path, operation["security"]!.ToJsonString()));
            var refusals = operation["responses"]!.AsObject().Where(r => r.Value!["$ref"] is not null).Select(r => (r.Key, (string)r.Value!["$ref"]!));
            Assert.Equal(access.Answers.Select(a => ($"{a.Status}", $"#/components/responses/{a.Name}")), refusals.Order());
        }
        foreach (var answer in AccessAnswer.All)
        {
            var described = document["components"]!["responses"]![answer.Name]!;
            Assert.Equal(answer.Bodies.Select(Text), described["content"]!["application/json"]!["examples"]!.AsObject().Select(e => Text(e.Value!["value"])));
            Assert.Equal(answer.Header?.Name, described["headers"]?.AsObject().Single().Key);
        }
    }

    [Fact]
    public async Task Document_says_of_those_endpoints_that_only_the_leader_answers_where_a_standby_sends_the_caller()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var leader = await RunningOverlord.StartAsync(database);
        await using var standby = await RunningOverlord.StartAsync(database, waitForLeadership: false);
        var document = JsonNode.Parse((await standby.SendAsync("GET", Path)).Body)!;
        foreach (var (method, path) in ProgramRoutes.All.Keys)
        {
            var responses = document["paths"]![path]![method.ToLowerInvariant()]!["responses"]!.AsObject();
            var (sent, unavailable) = (responses.ContainsKey("307"), responses.ContainsKey("503"));
            if (sent) Assert.Equal((method, path, true), (method, path, unavailable));
            if (!sent && method != "GET") continue; // it would be done
            var answer = await standby.SendAsync(method, path.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal));
            Assert.Equal((method, path, sent), (method, path, answer.Status == 307));
        }
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
