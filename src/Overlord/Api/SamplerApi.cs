using System.Text;
using System.Text.Json;
using Ingestion.Access.Http;
using Ingestion.Access.Users;
using Ingestion.Contracts.Specs;
using Ingestion.Overlord.Supervision;

namespace Ingestion.Overlord.Api;

/// <summary>Druid's sampler, by which its console's data loader shows what a spec would make of events.</summary>
internal static class SamplerApi
{
    /// <summary><c>?for=</c>, by which the console says which of its steps asks, changes nothing. It connects to whatever broker it is given, so as in Druid it takes more than the right to one dataSource.</summary>
    public static void MapSamplerApi(this IEndpointRouteBuilder group) => group.MapPost("/sampler", SampleAsync).Needs(new Needs.Everywhere(Right.Write));

    private static async Task<IResult> SampleAsync(HttpRequest request, ISampler sampler, SupervisorFleet fleet, CancellationToken cancellation)
    {
        if (!RequestBody.IsJson(request)) return DruidErrors.NotJson();
        var posted = await RequestBody.ReadAsync(request, RequestBody.SpecLimit, cancellation);
        var (body, masks) = SpecSecrets.Restored(posted, DataSourceAccess.StoredSpecs(request.HttpContext, fleet));
        var reading = SampleSpec.Read(body.Span);
        if (reading.Spec is not { } spec) return DruidErrors.BadRequest(reading.Problems);
        // The console's later steps send the events themselves, with a Kafka ioConfig around them that nobody reads.
        if (spec.Source is SampleSource.Kafka kafka)
        {
            if (masks.Count > 0) return DruidErrors.BadRequest(masks);
            if (SupervisorFleet.ClientProblems(kafka.ConsumerProperties) is { Count: > 0 } problems) return DruidErrors.BadRequest(problems);
        }
        return await sampler.SampleAsync(spec, cancellation) switch
        {
            SampleOutcome.Sampled sampled => Results.Bytes(sampled.Json, "application/json"),
            SampleOutcome.Failed failed => DruidErrors.BadRequest([failed.Problem]),
            _ => DruidErrors.TooMany(request.HttpContext, "too many samples are being taken: try again in a moment"),
        };
    }
}
