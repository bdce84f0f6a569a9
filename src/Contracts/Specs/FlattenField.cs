using System.Collections.Immutable;

namespace Ingestion.Contracts.Specs;

/// <summary>A field of <c>flattenSpec</c>.</summary>
public abstract record FlattenField(string Name)
{
    /// <param name="Member">A member of the event's object.</param>
    public sealed record Root(string Name, string Member) : FlattenField(Name);

    public sealed record Path(string Name, JsonPath Expression) : FlattenField(Name);

    /// <param name="Nodes">Names of members, each in the value of the one before; at least one.</param>
    public sealed record Tree(string Name, ImmutableArray<string> Nodes) : FlattenField(Name);
}
