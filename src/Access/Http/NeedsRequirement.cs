using Ingestion.Access.Users;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;

namespace Ingestion.Access.Http;

/// <summary>The one authorisation policy of all endpoints: that the caller has what the endpoint <see cref="Needs"/>.</summary>
/// <param name="Unsaid">What an endpoint needs that does not say.</param>
internal sealed record NeedsRequirement(Needs Unsaid) : IAuthorizationRequirement;

internal sealed class NeedsHandler : AuthorizationHandler<NeedsRequirement>
{
    private static readonly Needs ToBeAnswered = new Needs.Name();

    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, NeedsRequirement requirement)
    {
        // Where no endpoint is, or none for the method, every user may hear so.
        var needs = (context.Resource as HttpContext)?.GetEndpoint() is RouteEndpoint endpoint ? endpoint.Metadata.GetMetadata<Needs>() ?? requirement.Unsaid : ToBeAnswered;
        if (IsMet(needs, (context.User.Identity as CallerIdentity)?.User)) context.Succeed(requirement);
        return Task.CompletedTask;
    }

    private static bool IsMet(Needs needs, User? caller) => needs switch
    {
        Needs.Nothing => true,
        Needs.Name => caller is not null,
        Needs.Internal => caller is { IsInternal: true },
        Needs.Everywhere everywhere => caller?.MayEverywhere(everywhere.Right) == true,
        _ => throw new ArgumentOutOfRangeException(nameof(needs), needs, "is a need that nobody can meet"),
    };
}
