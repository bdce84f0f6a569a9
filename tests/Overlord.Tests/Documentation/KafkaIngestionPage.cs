using System.Text.RegularExpressions;
using Ingestion.Support;

namespace Ingestion.Overlord.Tests.Documentation;

/// <summary><c>docs/kafka-ingestion.md</c>.</summary>
internal static partial class KafkaIngestionPage
{
    public static readonly string FilePath = Path.Combine(Repository.Root, "docs", "kafka-ingestion.md");

    /// <summary>A field's line: what its default is said to be (without quotes where it is code), and what it means.</summary>
    internal sealed record FieldLine(string Name, string Default, bool IsCode, string Meaning)
    {
        public bool IsKept => Meaning.StartsWith("*Kept, without effect*", StringComparison.Ordinal);
        public bool IsRefused => Meaning.StartsWith("*Refused*", StringComparison.Ordinal);
    }

    /// <summary>The tables of fields by the object that they are of; empty for the spec itself.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<FieldLine>> Tables()
    {
        var tables = new Dictionary<string, IReadOnlyList<FieldLine>>(StringComparer.Ordinal);
        foreach (Match section in Section().Matches(File.ReadAllText(FilePath)))
        {
            var lines = Field().Matches(section.Groups["text"].Value).Select(m => Line(m.Groups["name"].Value, m.Groups["default"].Value.Trim(), m.Groups["meaning"].Value.Trim())).ToList();
            if (lines.Count > 0) tables[section.Groups["name"].Value is "The spec itself" ? "" : section.Groups["name"].Value.Trim('`')] = lines;
        }
        return tables;
    }

    private static FieldLine Line(string name, string fallback, string meaning)
    {
        var isCode = fallback.StartsWith('`') && fallback.IndexOf('`', 1) == fallback.Length - 1;
        return new FieldLine(name, isCode ? fallback.Trim('`') : fallback, isCode, meaning);
    }

    [GeneratedRegex(@"^#### (?<name>`\w+`|The spec itself)\n(?<text>(?:(?!^##).*\n)*)", RegexOptions.Multiline)]
    private static partial Regex Section();

    [GeneratedRegex(@"^\| `(?<name>\w+)` \|(?<default>[^|]*)\|(?<meaning>[^|]*)\|$", RegexOptions.Multiline)]
    private static partial Regex Field();
}
