using System.Globalization;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;

namespace Ingestion.Overlord.Api;

/// <summary>Reads a query string, and gathers everything that is wrong with it.</summary>
internal sealed class QueryValues(IQueryCollection query)
{
    private readonly List<SpecProblem> problems = [];

    /// <summary>Null: nothing is wrong.</summary>
    public IResult? Refusal => problems.Count == 0 ? null : DruidErrors.BadRequest(problems);

    /// <summary>Null where it is missing or empty, like Druid has it.</summary>
    public string? Text(string name)
    {
        var text = query[name].ToString();
        return text.Length == 0 ? null : text;
    }

    public bool Flag(string name) => Text(name)?.ToLowerInvariant() switch
    {
        null or "false" => false,
        "true" => true,
        _ => Wrong(name, "is neither true nor false", false),
    };

    /// <summary>At least 0.</summary>
    public int? Count(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            if (Text(name) is { } text) return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : Wrong<int?>(name, "is not a number of at least 0", null);
        return null;
    }

    /// <summary>With <c>_</c> or <c>/</c> between start and end, as Druid takes both.</summary>
    public Interval? Span(string name) => Text(name) is not { } text ? null : Interval.TryParse(text.Replace('_', '/'), out var span) ? span : Wrong<Interval?>(name, "is not an interval START/END", null);

    private T Wrong<T>(string name, string what, T instead)
    {
        problems.Add(new SpecProblem($"?{name}", $"[{Text(name)}] {what}"));
        return instead;
    }
}
