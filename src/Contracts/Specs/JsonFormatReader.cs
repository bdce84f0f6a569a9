using System.Collections.Immutable;
using System.Text.Json;

namespace Ingestion.Contracts.Specs;

/// <summary>Reads an <c>inputFormat</c> of type json and its <c>flattenSpec</c>.</summary>
internal static class JsonFormatReader
{
    /// <summary>Features of Jackson's parser that change nothing about what is read.</summary>
    private static readonly string[] WithoutEffect = ["AUTO_CLOSE_SOURCE", "INCLUDE_SOURCE_IN_LOCATION", "IGNORE_UNDEFINED", "USE_FAST_DOUBLE_PARSER"];

    public static InputFormat.Json Read(SpecNode node)
    {
        var (byLine, byValue) = (node.Flag("assumeNewlineDelimited", false), node.Flag("useJsonNodeReader", false));
        if (byLine && byValue) node.Problem("useJsonNodeReader", "cannot be true together with assumeNewlineDelimited");
        if (node.Object("featureSpec") is { } features) CheckFeatures(features);
        var flatten = node.Object("flattenSpec");
        var discovers = flatten?.Flag("useFieldDiscovery", true) ?? true;
        return new InputFormat.Json
        {
            Fields = flatten is { } spec ? ReadFields(spec) : [],
            UseFieldDiscovery = discovers,
            KeepNullColumns = node.Flag("keepNullColumns", flatten is not null && discovers),
            Framing = byLine ? JsonFraming.Lines : byValue ? JsonFraming.Values : JsonFraming.Whole,
        };
    }

    private static void CheckFeatures(SpecNode features)
    {
        foreach (var feature in features.Json.EnumerateObject().Where(f => !WithoutEffect.Contains(f.Name, StringComparer.Ordinal) && f.Value.ValueKind != JsonValueKind.Null))
            if (features.Flag(feature.Name, false)) features.Problem(feature.Name, "true is not supported: events are read as strict JSON (RFC 8259)");
    }

    private static ImmutableArray<FlattenField> ReadFields(SpecNode flatten)
    {
        var fields = ImmutableArray.CreateBuilder<FlattenField>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in flatten.Array("fields"))
        {
            if (ReadField(node) is not { } field) continue;
            if (names.Add(field.Name)) fields.Add(field);
            else node.Problem("name", $"[{field.Name}] is given to more than one field");
        }
        return fields.ToImmutable();
    }

    private static FlattenField? ReadField(SpecNode node)
    {
        if (node.Json.ValueKind == JsonValueKind.String) return new FlattenField.Root(node.Json.GetString()!, node.Json.GetString()!);
        if (node.Json.ValueKind != JsonValueKind.Object) { node.Problem("", "is neither a name nor an object with type and name"); return null; }
        if (!node.Has("type")) { node.Problem("type", "is missing: root, path or tree is expected"); return null; }
        if (node.Text("type") is { } given && given.Equals("jq", StringComparison.OrdinalIgnoreCase)) { node.Problem("type", "[jq] is not supported: use path, which has an expr of JSONPath ($.a.b[0])"); return null; }
        var type = node.OneOf("type", "", "root", "path", "tree");
        if (node.Text("name", required: true) is not { } name) return null;
        switch (type)
        {
            case "root": return new FlattenField.Root(name, node.Text("expr") ?? name);
            case "tree":
                if (InputFormatReader.ReadNames(node, "nodes") is { IsEmpty: false } nodes) return new FlattenField.Tree(name, nodes);
                node.Problem("nodes", "are missing: names of members, each in the value of the one before, are expected");
                return null;
            case "path":
                if (node.Text("expr", required: true) is not { } expression) return null;
                if (JsonPath.TryParse(expression, out var problem) is { } path) return new FlattenField.Path(name, path);
                node.Problem("expr", $"[{expression}] is not supported: {problem}");
                return null;
            default: return null;
        }
    }
}
