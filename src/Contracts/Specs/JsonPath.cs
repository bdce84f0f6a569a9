using System.Collections.Immutable;

namespace Ingestion.Contracts.Specs;

/// <summary>A JSONPath expression as Druid's <c>path</c> fields understand it (Jayway's JsonPath): <c>$.a.b</c>, <c>['a']</c>, <c>['a','b']</c>, <c>[0]</c>, <c>[-1]</c>, <c>[0,2]</c>,
/// <c>[1:3]</c>, <c>[*]</c>, <c>..</c>. Filters and functions are not supported, nor are steps behind <c>..[0]</c> or <c>..*</c>.</summary>
public sealed class JsonPath
{
    internal JsonPath(ImmutableArray<JsonPathStep> steps) => Steps = steps;

    /// <summary>From the root of a document inwards; none: the root itself.</summary>
    public ImmutableArray<JsonPathStep> Steps { get; }

    /// <summary>It leads to one value or to none; else to a list of any length.</summary>
    public bool IsDefinite => !Steps.Where((step, i) => step switch
    {
        JsonPathStep.Member => false,
        JsonPathStep.Members => i < Steps.Length - 1,
        JsonPathStep.Indexes indexes => indexes.At.Length > 1,
        _ => true,
    }).Any();

    /// <returns>Null: it is none, or one that is not supported, and the problem says which.</returns>
    public static JsonPath? TryParse(string text, out string problem)
    {
        try
        {
            problem = "";
            return new JsonPath(new JsonPathParser(text).Parse());
        }
        catch (FormatException e)
        {
            problem = e.Message;
            return null;
        }
    }
}

/// <summary>One step from a value to others.</summary>
public abstract record JsonPathStep
{
    private JsonPathStep() { }

    public sealed record Member(string Name) : JsonPathStep;

    /// <summary>Several members: one object of them where it is the last step.</summary>
    public sealed record Members(ImmutableArray<string> Names) : JsonPathStep;

    /// <summary>Elements by their index; a negative one counts from the end.</summary>
    public sealed record Indexes(ImmutableArray<int> At) : JsonPathStep;

    /// <summary>Elements from an index (inclusive) to another (exclusive).</summary>
    public sealed record Slice(int? From, int? To) : JsonPathStep;

    /// <summary>All members, or all elements.</summary>
    public sealed record Every : JsonPathStep;

    /// <summary>The value itself and all values in it, for the step that follows.</summary>
    public sealed record Descend : JsonPathStep;
}
