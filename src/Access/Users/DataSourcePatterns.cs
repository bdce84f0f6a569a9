namespace Ingestion.Access.Users;

/// <summary>Names of dataSources in which <c>*</c> stands for any characters, none included.</summary>
public sealed class DataSourcePatterns(IReadOnlyList<string> patterns)
{
    public static readonly DataSourcePatterns None = new([]), All = new(["*"]);

    /// <summary>Whether every dataSource is meant, also those to come.</summary>
    public bool IsAll { get; } = patterns.Contains("*");

    public bool Match(string dataSource) => IsAll || patterns.Any(p => Matches(p, dataSource));

    /// <summary>Its parts between the asterisks in order: each at the first place where it fits, the last at the end.</summary>
    private static bool Matches(string pattern, string name)
    {
        var parts = pattern.Split('*');
        if (parts.Length == 1) return pattern == name;
        if (!name.StartsWith(parts[0], StringComparison.Ordinal)) return false;
        var at = parts[0].Length;
        foreach (var part in parts[1..^1])
        {
            var found = name.IndexOf(part, at, StringComparison.Ordinal);
            if (found < 0) return false;
            at = found + part.Length;
        }
        return name.Length - at >= parts[^1].Length && name.EndsWith(parts[^1], StringComparison.Ordinal);
    }
}
