using System.Collections.Immutable;
using System.Text.Json;

namespace Ingestion.Contracts.Specs;

/// <summary>Reads <c>inputFormat</c> with Druid's names, defaults and checks. What Druid accepts and then fails at with every event is refused.</summary>
internal static class InputFormatReader
{
    public static readonly string[] Members = ["type", "flattenSpec", "featureSpec", "keepNullColumns", "assumeNewlineDelimited", "useJsonNodeReader", "columns", "delimiter", "listDelimiter",
        "findColumnsFromHeader", "hasHeaderRow", "skipHeaderRows", "tryParseNumbers", "pattern", .. KafkaFormatReader.Members];

    public static InputFormat? Read(SpecNode node, List<SpecProblem> problems)
    {
        var before = problems.Count;
        InputFormat format = node.OneOf("type", InputFormat.Json.Type, InputFormat.Json.Type, InputFormat.Delimited.Csv, InputFormat.Delimited.Tsv, InputFormat.Matched.Type, InputFormat.Kafka.Type) switch
        {
            InputFormat.Delimited.Csv => ReadDelimited(node, isQuoted: true, ","),
            InputFormat.Delimited.Tsv => ReadDelimited(node, isQuoted: false, ReadSeparator(node, "delimiter", "\t")),
            InputFormat.Matched.Type => ReadMatched(node) ?? InputFormat.Plain,
            InputFormat.Kafka.Type => KafkaFormatReader.Read(node, problems) ?? InputFormat.Plain,
            _ => JsonFormatReader.Read(node),
        };
        return problems.Count > before ? null : format;
    }

    private static InputFormat.Delimited ReadDelimited(SpecNode node, bool isQuoted, string delimiter)
    {
        var columns = ReadNames(node, "columns") ?? [];
        var (has, find) = (node.Has("hasHeaderRow"), node.Has("findColumnsFromHeader"));
        var hasHeader = node.Flag("findColumnsFromHeader", columns.IsEmpty && node.Flag("hasHeaderRow", false));
        if (columns.IsEmpty && has && find) node.Problem("hasHeaderRow", "cannot be given together with findColumnsFromHeader");
        else if (columns.IsEmpty && !hasHeader)
            node.Problem("columns", "are missing: list their names, in the order of the values (or set findColumnsFromHeader, where every single event begins with a line that names them)");
        foreach (var column in columns.Where(c => c.Contains(delimiter, StringComparison.Ordinal)))
            node.Problem("columns", $"[{column}] has the delimiter in it");
        var repeated = Named(columns).GroupBy(c => c, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key).ToList();
        if (repeated.Count > 0 && !hasHeader) node.Problem("columns", $"are named more than once: {string.Join(", ", repeated)}");
        var listDelimiter = ReadSeparator(node, "listDelimiter", InputFormat.DefaultListDelimiter);
        if (listDelimiter == delimiter) node.Problem("listDelimiter", $"[{listDelimiter}] is the delimiter as well");
        return new InputFormat.Delimited(isQuoted, delimiter)
        {
            Columns = Named(columns), HasHeader = hasHeader, SkipHeaderRows = node.Integer("skipHeaderRows", 0, 0), ListDelimiter = listDelimiter, TryParseNumbers = node.Flag("tryParseNumbers", false),
        };
    }

    private static InputFormat.Matched? ReadMatched(SpecNode node)
    {
        var columns = ReadNames(node, "columns");
        if (columns is { IsEmpty: true }) node.Problem("columns", "are empty: name the pattern's groups, or leave columns out to have them named column_1 and so on");
        var listDelimiter = ReadSeparator(node, "listDelimiter", InputFormat.DefaultListDelimiter);
        if (node.Text("pattern", required: true) is not { } pattern) return null;
        if (JavaRegex.TryWhole(pattern, out var problem) is { } regex)
        {
            if (regex.GetGroupNumbers().Length == 1) node.Problem("pattern", $"[{pattern}] has no group: put what is to become a value between parentheses");
            return new InputFormat.Matched(pattern, regex, columns) { ListDelimiter = listDelimiter };
        }
        node.Problem("pattern", $"[{pattern}] is not a regular expression that can be matched: {problem}");
        return null;
    }

    private static ImmutableArray<string> Named(ImmutableArray<string> columns) => [.. columns.Select((name, i) => name.Length == 0 ? InputFormat.Delimited.DefaultName(i) : name)];

    private static string ReadSeparator(SpecNode node, string name, string fallback)
    {
        if (node.Text(name) is not { } text) return fallback;
        if (text.Length > 0) return text;
        node.Problem(name, "is empty: at least one character is expected");
        return fallback;
    }

    /// <returns>Null where there are none.</returns>
    internal static ImmutableArray<string>? ReadNames(SpecNode node, string name)
    {
        if (!node.Has(name)) return null;
        var names = ImmutableArray.CreateBuilder<string>();
        foreach (var element in node.Array(name))
        {
            if (element.Json.ValueKind == JsonValueKind.String) names.Add(element.Json.GetString()!);
            else element.Problem("", $"is {element.Json.GetRawText()}: a string is expected");
        }
        return names.ToImmutable();
    }
}
