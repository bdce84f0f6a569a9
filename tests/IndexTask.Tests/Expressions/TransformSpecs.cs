using System.Text.Json;
using Ingestion.Contracts.Specs;

namespace Ingestion.IndexTask.Tests.Expressions;

/// <summary>transformSpecs as a spec has them.</summary>
internal static class TransformSpecs
{
    public static TransformSpec? TryRead(string json, out IReadOnlyList<SpecProblem> problems)
    {
        List<SpecProblem> found = [];
        var schema = DataSchema.Read(JsonDocument.Parse($$"""{"dataSource":"d","timestampSpec":{"column":"time"},"transformSpec":{{json}} }""").RootElement, "$", found);
        problems = found;
        return schema?.Transforms;
    }

    public static TransformSpec Read(string json) => TryRead(json, out var problems) ?? throw new ArgumentException(string.Join("; ", problems));
}
