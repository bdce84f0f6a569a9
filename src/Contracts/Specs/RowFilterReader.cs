using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Ingestion.Contracts.Expressions;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Times;

namespace Ingestion.Contracts.Specs;

/// <summary>Reads the <c>filter</c> of a transformSpec with Druid's names and defaults.</summary>
internal static class RowFilterReader
{
    private const int MaxDepth = 100;

    private static readonly SortedDictionary<string, string[]> Types = new(StringComparer.Ordinal)
    {
        ["and"] = ["fields"], ["or"] = ["fields"], ["not"] = ["field"], ["istrue"] = ["field"], ["isfalse"] = ["field"], ["true"] = [], ["false"] = [],
        ["selector"] = ["dimension", "value"], ["in"] = ["dimension", "values"], ["equals"] = ["column", "matchValueType", "matchValue"], ["inType"] = ["column", "matchValueType", "sortedValues", "values"],
        ["range"] = ["column", "matchValueType", "lower", "upper", "lowerOpen", "upperOpen"], ["bound"] = ["dimension", "lower", "upper", "lowerStrict", "upperStrict", "ordering", "alphaNumeric"],
        ["like"] = ["dimension", "pattern", "escape"], ["regex"] = ["dimension", "pattern"], ["null"] = ["column"], ["interval"] = ["dimension", "intervals"], ["expression"] = ["expression"],
    };

    /// <returns>Null, or whatever, where there is a problem.</returns>
    public static RowFilter? Read(SpecNode node, int depth = 0)
    {
        if (depth > MaxDepth) { node.Problem("", $"more than {MaxDepth} filters within one another"); return null; }
        if (node.Json.ValueKind != JsonValueKind.Object) { node.Problem("", "is not a filter: an object with type is expected"); return null; }
        if (node.Text("type", required: true) is not { } type) return null;
        if (!Types.ContainsKey(type)) { node.Problem("type", $"[{type}] is not supported: use one of {string.Join(", ", Types.Keys)}"); return null; }
        if (node.Has("extractionFn")) node.Problem("extractionFn", "is not supported: compute the value by a transform, and filter by its name");
        return type switch
        {
            "true" => new RowFilter.Constant(true),
            "false" => new RowFilter.Constant(false),
            "and" => new RowFilter.And(ReadFields(node, depth)),
            "or" => new RowFilter.Or(ReadFields(node, depth)),
            "not" => ReadField(node, depth) is { } field ? new RowFilter.Not(field) : null,
            "istrue" or "isfalse" => ReadField(node, depth) is { } field ? new RowFilter.Is(type == "istrue", field) : null,
            "selector" => new RowFilter.OneOf(Dimension(node), [Text(node, "value")]),
            "in" => new RowFilter.OneOf(Dimension(node), ReadTexts(node)),
            "equals" => ReadEquals(node),
            "inType" => ReadType(node) is { } of ? new RowFilter.Equal(Column(node), of, ReadValues(node, of)) : null,
            "range" => ReadRange(node),
            "bound" => ReadBound(node),
            "like" => ReadLike(node),
            "regex" => ReadRegex(node),
            "null" => new RowFilter.IsNull(Column(node)),
            "interval" => ReadIntervals(node),
            _ => TransformSpecReader.ReadExpression(node) is { } expression ? new RowFilter.Holds(expression) : null,
        };
    }

    public static void Unhonoured(JsonElement filter, string path, List<SpecProblem> found)
    {
        if (filter.ValueKind != JsonValueKind.Object || !filter.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String || !Types.TryGetValue(type.GetString()!, out var members)) return;
        TransformSpecReader.Unknown(filter, [.. members, "type", "extractionFn"], path, found);
        if (filter.TryGetProperty("field", out var field)) Unhonoured(field, $"{path}.field", found);
        if (!filter.TryGetProperty("fields", out var fields) || fields.ValueKind != JsonValueKind.Array) return;
        foreach (var (i, inner) in fields.EnumerateArray().Index())
            Unhonoured(inner, $"{path}.fields[{i}]", found);
    }

    private static ImmutableArray<RowFilter> ReadFields(SpecNode node, int depth)
    {
        var fields = node.Array("fields");
        if (fields.Count == 0) node.Problem("fields", "are missing: at least one filter is expected");
        return [.. fields.Select(f => Read(f, depth + 1)).OfType<RowFilter>()];
    }

    private static RowFilter? ReadField(SpecNode node, int depth) => node.Object("field", required: true) is { } field ? Read(field, depth + 1) : null;

    private static string Dimension(SpecNode node) => node.Text("dimension", required: true) ?? "";

    private static string Column(SpecNode node) => node.Text("column", required: true) ?? "";

    // Druid takes numbers and flags for their texts.
    private static string? Text(SpecNode node, string name)
    {
        if (node.Member(name) is not { } member) return null;
        if (AsText(member) is { } text) return text;
        node.Problem(name, "is no single value: a string is expected");
        return null;
    }

    private static string? AsText(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Number => json.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => null,
    };

    private static ImmutableArray<string?> ReadTexts(SpecNode node)
    {
        if (!node.Has("values")) node.Problem("values", "are missing: an array of strings is expected");
        var values = ImmutableArray.CreateBuilder<string?>();
        foreach (var element in node.Array("values"))
        {
            if (element.Json.ValueKind is JsonValueKind.Array or JsonValueKind.Object) element.Problem("", "is no single value: a string is expected");
            else values.Add(AsText(element.Json));
        }
        return values.ToImmutable();
    }

    private static RowFilter.Equal? ReadEquals(SpecNode node)
    {
        if (ReadType(node) is not { } type) return null;
        if (node.Member("matchValue") is not { } value) { node.Problem("matchValue", "is missing: use a filter of type null to look for missing values"); return null; }
        return TryValue(node, "matchValue", value, type, out var literal) ? new RowFilter.Equal(Column(node), type, [literal]) : null;
    }

    private static ExpressionType? ReadType(SpecNode node)
    {
        if (node.Text("matchValueType", required: true) is not { } name) return null;
        if (name.Equals("FLOAT", StringComparison.OrdinalIgnoreCase)) return ExpressionType.Double;
        if (ExpressionTypes.TryRead(name, out var type) && !type.IsArray()) return type;
        node.Problem("matchValueType", $"[{name}] is not supported: use one of STRING, LONG, FLOAT, DOUBLE");
        return null;
    }

    private static ImmutableArray<object?> ReadValues(SpecNode node, ExpressionType type)
    {
        var values = ImmutableArray.CreateBuilder<object?>();
        var name = node.Has("sortedValues") ? "sortedValues" : "values";
        if (!node.Has(name)) node.Problem(name, "are missing: an array is expected");
        foreach (var element in node.Array(name))
        {
            if (element.Json.ValueKind == JsonValueKind.Null) values.Add(null);
            else if (TryValue(element, "", element.Json, type, out var literal)) values.Add(literal);
        }
        return values.ToImmutable();
    }

    private static bool TryValue(SpecNode node, string name, JsonElement json, ExpressionType type, out object? literal)
    {
        literal = AsText(json) is not { } text ? null : type switch
        {
            ExpressionType.String => text,
            ExpressionType.Long when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
            ExpressionType.Long when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && real % 1 == 0 && Math.Abs(real) < 9e18 => (long)real,
            ExpressionType.Double when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) => real,
            _ => null,
        };
        if (literal is null) node.Problem(name, $"is {json.GetRawText()}: a value of type {type.ToString().ToUpperInvariant()} is expected");
        return literal is not null;
    }

    private static RowFilter.Range? ReadRange(SpecNode node)
    {
        if (ReadType(node) is not { } type) return null;
        object? lower = null, upper = null;
        var isRead = (node.Member("lower") is not { } l || TryValue(node, "lower", l, type, out lower)) && (node.Member("upper") is not { } u || TryValue(node, "upper", u, type, out upper));
        if (isRead && lower is null && upper is null) { node.Problem("", "has neither lower nor upper"); return null; }
        return isRead ? new RowFilter.Range(Column(node), type, lower, upper, node.Flag("lowerOpen", false), node.Flag("upperOpen", false)) : null;
    }

    private static RowFilter.Bound? ReadBound(SpecNode node)
    {
        var (lower, upper) = (Text(node, "lower"), Text(node, "upper"));
        if (lower is null && upper is null) { node.Problem("", "has neither lower nor upper"); return null; }
        var isAlphanumeric = node.Flag("alphaNumeric", false);
        var ordering = node.OneOf("ordering", isAlphanumeric ? "alphanumeric" : "lexicographic", "lexicographic", "alphanumeric", "numeric", "strlen");
        return new RowFilter.Bound(Dimension(node), lower, upper, node.Flag("lowerStrict", false), node.Flag("upperStrict", false), Enum.Parse<BoundOrdering>(ordering, ignoreCase: true));
    }

    private static RowFilter.Like? ReadLike(SpecNode node)
    {
        var (pattern, escape) = (node.Text("pattern", required: true), node.Text("escape"));
        if (escape is { Length: not 1 }) node.Problem("escape", $"[{escape}] is not one character");
        return pattern is null || escape is { Length: not 1 } ? null : new RowFilter.Like(Dimension(node), pattern, escape?[0]);
    }

    private static RowFilter.Match? ReadRegex(SpecNode node)
    {
        if (node.Text("pattern", required: true) is not { } pattern) return null;
        if (JavaRegex.TryPart(pattern, out var problem) is { } regex) return new RowFilter.Match(Dimension(node), regex);
        node.Problem("pattern", $"[{pattern}] is not a regular expression that can be matched: {problem}");
        return null;
    }

    private static RowFilter.Within ReadIntervals(SpecNode node)
    {
        var intervals = ImmutableArray.CreateBuilder<Interval>();
        foreach (var element in node.Array("intervals"))
        {
            if (element.Json.ValueKind == JsonValueKind.String && TryInterval(element.Json.GetString()!, out var interval)) intervals.Add(interval);
            else element.Problem("", $"is {element.Json.GetRawText()}: an interval, \"2015-09-12/2015-09-13\", is expected");
        }
        if (intervals.Count == 0) node.Problem("intervals", "are missing: at least one interval is expected");
        return new RowFilter.Within(Dimension(node), intervals.ToImmutable());
    }

    private static bool TryInterval(string text, out Interval interval)
    {
        interval = default;
        if (text.Split('/') is not [var start, var end]) return false;
        if (CalendarPeriod.TryParse(end, out var length) && !length.IsZero && IsoText.TryRead(Encoding.UTF8.GetBytes(start), allowSpace: false, out var first))
        {
            interval = new Interval(first, new PeriodBuckets(length, ZoneRules.Utc, null).Add(first, 1));
            return true;
        }
        var isRead = IsoText.TryRead(Encoding.UTF8.GetBytes(start), allowSpace: false, out var from) & IsoText.TryRead(Encoding.UTF8.GetBytes(end), allowSpace: false, out var to);
        interval = new Interval(from, to);
        return isRead && from <= to;
    }
}
