using Ingestion.Access.Users;

namespace Ingestion.Access.Http;

/// <summary>What a caller needs for an endpoint: its metadata. Where it depends on a dataSource the endpoint itself looks again, once it knows which.</summary>
public abstract record Needs
{
    private Needs() { }

    /// <summary>For anybody, also without a name: what load balancers ask.</summary>
    public sealed record Nothing : Needs;

    /// <summary>To be one of the users. What they may see or change, the endpoint says.</summary>
    public sealed record Name : Needs;

    /// <summary>To be an overlord or a worker.</summary>
    public sealed record Internal : Needs;

    /// <summary>A right over all dataSources: for what concerns none in particular.</summary>
    public sealed record Everywhere(Right Right) : Needs;
}

public static class NeedsOfEndpoints
{
    public static TBuilder Needs<TBuilder>(this TBuilder endpoint, Needs needs) where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(needs);
}
