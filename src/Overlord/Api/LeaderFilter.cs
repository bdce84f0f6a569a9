using Ingestion.Access.Http;
using Ingestion.Access.Users;
using Ingestion.Overlord.Supervision;
using Microsoft.AspNetCore.Http.Features;

namespace Ingestion.Overlord.Api;

/// <summary>Endpoints that only the leader answers: a standby redirects to it, or says 503 while there is none.</summary>
internal sealed class LeaderFilter(ILeadership leadership) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        if (leadership.IsLeading) return await next(context);
        var request = context.HttpContext.Request;
        var leader = await leadership.LeaderUrlAsync(context.HttpContext.RequestAborted);
        // The trouble may be the database's words, with its host and user: for who may see /status/coordination too.
        if (leader is null || leader == leadership.OwnUrl) return DruidErrors.NotLeading(Caller.Of(context.HttpContext).MayEverywhere(Right.Read) ? leadership.Trouble : null);
        return Results.Redirect(leader.TrimEnd('/') + Asked(request), permanent: false, preserveMethod: true);
    }

    /// <summary>Path and query to the letter: once decoded and encoded again, an id with a percent sign would be another's.</summary>
    private static string Asked(HttpRequest request) =>
        request.HttpContext.Features.Get<IHttpRequestFeature>()?.RawTarget is ['/', ..] target ? target : $"{request.Path}{request.QueryString}";
}

/// <summary>Metadata of endpoints behind <see cref="LeaderFilter"/>: the OpenAPI document has what a standby answers.</summary>
internal sealed record AnsweredByLeader;

internal static class EndpointsOfTheLeader
{
    /// <summary>Only the leader answers.</summary>
    public static TBuilder OfLeader<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder => endpoint.AddEndpointFilter<TBuilder, LeaderFilter>().WithMetadata(new AnsweredByLeader());
}
