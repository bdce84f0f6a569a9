using System.Text.Json.Nodes;
using Ingestion.Access.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;

namespace Ingestion.Overlord.Api.Documentation;

/// <summary>The OpenAPI document, <c>GET /openapi/v1.json</c>: the routes are the program's own, what is said of them is in <see cref="EndpointCatalogue"/>. Made when it is asked for, so it costs a start nothing.</summary>
internal static class ApiDescription
{
    private const string Name = "v1";
    private static readonly string[] Schemes = ["basic", "bearer"];
    private const string About = "Druid 33's API of supervisors, tasks and workers, and what is ours beside it. Errors are `{\"error\": \"...\"}`, with all `problems` by their JSON path where a request has several.";

    public static void AddApiDescription(this IServiceCollection services) => services.AddOpenApi(Name, options => options.AddDocumentTransformer((document, context, _) =>
    {
        Describe(document, context.DescriptionGroups.SelectMany(g => g.Items).ToDictionary(d => (d.HttpMethod!, $"/{d.RelativePath!.Trim('/')}"), d => d.ActionDescriptor.EndpointMetadata));
        return Task.CompletedTask;
    }));

    public static void MapApiDescription(this IEndpointRouteBuilder app) => app.MapOpenApi("/openapi/{documentName}.json").Needs(new Needs.Name());

    /// <param name="metadata">Of the endpoints, by method and path.</param>
    private static void Describe(OpenApiDocument document, Dictionary<(string, string), IList<object>> metadata)
    {
        document.Info = new OpenApiInfo { Title = "Overlord", Version = Name, Description = About };
        document.Servers = [];
        document.Tags = new HashSet<OpenApiTag>(EndpointCatalogue.Chapters.Select(c => new OpenApiTag { Name = c.Title }));
        foreach (var scheme in Schemes) document.AddComponent<IOpenApiSecurityScheme>(scheme, new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = scheme, Description = "Where the overlord knows users (`--users`)" });
        foreach (var answer in AccessAnswer.All) document.AddComponent<IOpenApiResponse>(answer.Name, Response(answer));
        foreach (var (path, item) in document.Paths)
            foreach (var (method, operation) in item.Operations ?? new Dictionary<HttpMethod, OpenApiOperation>())
            {
                if (EndpointCatalogue.Find(method.Method, path) is not { } found) continue;
                Describe(operation, found.Endpoint, new OpenApiTagReference(found.Chapter, document));
                var ofEndpoint = metadata[(method.Method, path)];
                if (ofEndpoint.OfType<AnsweredByLeader>().Any()) DescribeStandby(operation.Responses!);
                Describe(operation, EndpointAccess.Of(ofEndpoint), document);
            }
    }

    private static void Describe(OpenApiOperation operation, EndpointAccess access, OpenApiDocument document)
    {
        operation.Description = $"{operation.Description} {access.Words}".Trim();
        operation.Security = access.MustBeUser ? [.. Schemes.Select(s => new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(s, document)] = [] })] : [];
        foreach (var answer in access.Answers) operation.Responses!.TryAdd($"{answer.Status}", new OpenApiResponseReference(answer.Name, document));
    }

    private static void Describe(OpenApiOperation operation, DocumentedEndpoint endpoint, OpenApiTagReference chapter)
    {
        (operation.Summary, operation.Description, operation.Tags) = (endpoint.Summary, endpoint.Description, new HashSet<OpenApiTagReference> { chapter });
        operation.Parameters = [.. (operation.Parameters ?? []).Where(p => p.In == ParameterLocation.Path), .. endpoint.Query?.Select(q => Parameter(q.Key, q.Value)) ?? []];
        var bodies = endpoint.Examples.Where(e => e.Body is not null).ToList();
        operation.RequestBody = bodies.Count == 0 ? null : new OpenApiRequestBody { Content = new Dictionary<string, OpenApiMediaType> { ["application/json"] = Media(bodies.Select(b => (b.Note, b.Body))) } };
        operation.Responses = new OpenApiResponses();
        foreach (var group in endpoint.Examples.GroupBy(e => e.Status).OrderBy(g => g.Key)) operation.Responses[$"{group.Key}"] = Response(group.Key, [.. group]);
    }

    /// <summary>What <see cref="LeaderFilter"/> answers.</summary>
    private static void DescribeStandby(OpenApiResponses responses)
    {
        responses.TryAdd("307", new OpenApiResponse { Description = "This overlord does not lead: Location has the same at the leader's" });
        responses.TryAdd("503", new OpenApiResponse { Description = "Nobody leads yet, or the metadata database does not answer" });
    }

    private static OpenApiParameter Parameter(string name, string description) => new() { Name = name, In = ParameterLocation.Query, Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };

    private static OpenApiResponse Response(int status, IReadOnlyList<EndpointExample> examples)
    {
        var response = new OpenApiResponse { Description = ReasonPhrases.GetReasonPhrase(status) };
        foreach (var ofType in examples.Where(e => e.ContentType is not null).GroupBy(e => e.ContentType!))
            (response.Content ??= new Dictionary<string, OpenApiMediaType>())[ofType.Key] = Media(ofType.Select(e => (e.Note, e.Answer ?? JsonValue.Create(e.AnswerText))));
        return response;
    }

    private static OpenApiResponse Response(AccessAnswer answer)
    {
        var response = new OpenApiResponse { Description = answer.Description, Content = new Dictionary<string, OpenApiMediaType> { ["application/json"] = Media(answer.Bodies.Select(b => ((string?)null, (JsonNode?)b))) } };
        if (answer.Header is { } header)
            response.Headers = new Dictionary<string, IOpenApiHeader> { [header.Name] = new OpenApiHeader { Description = header.Description, Schema = new OpenApiSchema { Type = JsonSchemaType.String }, Example = string.Join(", ", header.Values) } };
        return response;
    }

    private static OpenApiMediaType Media(IEnumerable<(string? Note, JsonNode? Value)> examples)
    {
        var all = examples.ToList();
        var schemas = all.Select(e => e.Value).DistinctBy(v => ExampleSchema.ShapeOf(v)).Select(ExampleSchema.Of).ToList();
        return new OpenApiMediaType
        {
            Schema = schemas is [var only] ? only : new OpenApiSchema { AnyOf = [.. schemas] },
            Examples = all.Index().ToDictionary(e => $"example{e.Index + 1}", e => (IOpenApiExample)new OpenApiExample { Summary = e.Item.Note, Value = e.Item.Value?.DeepClone() }),
        };
    }
}
