using System.Text.Json;
using Ingestion.Contracts.Expressions;

namespace Ingestion.Contracts.Specs;

/// <summary>Reads <c>transformSpec</c>.</summary>
internal static class TransformSpecReader
{
    public static readonly string[] Members = ["transforms", "filter"];
    private static readonly string[] TransformMembers = ["type", "name", "expression"];

    public static TransformSpec Read(SpecNode node)
    {
        var transforms = node.Array("transforms").Select(ReadTransform).OfType<Transform>().ToList();
        var repeated = transforms.GroupBy(t => t.Name, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key).ToList();
        if (repeated.Count > 0) node.Problem("transforms", $"name a field more than once: {string.Join(", ", repeated)}");
        return new TransformSpec([.. transforms], node.Object("filter") is { } filter ? RowFilterReader.Read(filter) : null);
    }

    private static Transform? ReadTransform(SpecNode node)
    {
        if (node.Json.ValueKind != JsonValueKind.Object) { node.Problem("", "is not a transform: an object with type, name and expression is expected"); return null; }
        if (node.Text("type", required: true) is { } type && type != "expression") { node.Problem("type", $"[{type}] is not supported: use expression"); return null; }
        var (name, expression) = (node.Text("name", required: true), ReadExpression(node));
        return name is null || expression is null ? null : new Transform(name, expression);
    }

    public static Expression? ReadExpression(SpecNode node)
    {
        if (node.Text("expression", required: true) is not { } text) return null;
        if (Expression.TryParse(text, out var problem) is { } parsed) return parsed;
        node.Problem("expression", $"[{(text.Length <= 200 ? text : text[..200] + "...")}] cannot be run: {problem}");
        return null;
    }

    /// <summary>Members of transforms and filters that mean nothing.</summary>
    public static void Unhonoured(JsonElement spec, string path, List<SpecProblem> found)
    {
        if (spec.TryGetProperty("transforms", out var transforms) && transforms.ValueKind == JsonValueKind.Array)
        {
            foreach (var (i, transform) in transforms.EnumerateArray().Index())
                Unknown(transform, TransformMembers, $"{path}.transforms[{i}]", found);
        }
        if (spec.TryGetProperty("filter", out var filter)) RowFilterReader.Unhonoured(filter, $"{path}.filter", found);
    }

    public static void Unknown(JsonElement json, string[] members, string path, List<SpecProblem> found)
    {
        if (json.ValueKind != JsonValueKind.Object) return;
        found.AddRange(json.EnumerateObject().Where(m => m.Value.ValueKind != JsonValueKind.Null && !members.Contains(m.Name, StringComparer.Ordinal))
            .Select(m => new SpecProblem($"{path}.{m.Name}", "is kept and has no effect here")));
    }
}
