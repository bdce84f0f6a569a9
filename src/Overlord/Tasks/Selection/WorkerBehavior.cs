using System.Collections.Immutable;
using System.Text.Json;
using Ingestion.Contracts.Specs;

namespace Ingestion.Overlord.Tasks.Selection;

/// <summary>Reads Druid's worker behaviour config (<c>DefaultWorkerBehaviorConfig</c>, the body of <c>POST /druid/indexer/v1/worker</c>). What would be without effect here is refused.</summary>
internal static class WorkerBehavior
{
    private const string Equal = "equalDistribution", Fill = "fillCapacity", WithAffinity = "WithAffinity", WithCategorySpec = "WithCategorySpec";

    /// <param name="problems">Takes what is wrong with it.</param>
    /// <returns>Null where something is.</returns>
    public static SelectStrategy? Read(JsonElement config, List<SpecProblem> problems)
    {
        var before = problems.Count;
        var strategy = SelectStrategy.Default;
        if (!IsObject(config, "$", problems)) return null;
        if (Given(config, "type") is { } type && !(type.ValueKind == JsonValueKind.String && type.ValueEquals("default"))) problems.Add(new SpecProblem("$.type", "[default] is the only one"));
        if (Given(config, "selectStrategy") is { } given && IsObject(given, "$.selectStrategy", problems)) strategy = ReadStrategy(given, problems);
        if (Given(config, "autoScaler") is not null) problems.Add(new SpecProblem("$.autoScaler", "no machines are provisioned here: leave it out"));
        return problems.Count == before ? strategy : null;
    }

    private static SelectStrategy ReadStrategy(JsonElement given, List<SpecProblem> problems)
    {
        const string path = "$.selectStrategy";
        var name = Given(given, "type") is { ValueKind: JsonValueKind.String } type ? type.GetString()! : "";
        var fills = name.StartsWith(Fill, StringComparison.Ordinal);
        var kind = fills ? name[Fill.Length..] : name.StartsWith(Equal, StringComparison.Ordinal) ? name[Equal.Length..] : null;
        if (Given(given, "taskLimits") is { } limits && !IsEmpty(limits)) problems.Add(new SpecProblem($"{path}.taskLimits", "is not honoured: leave it out"));
        switch (kind)
        {
            case "" or WithAffinity: return new SelectStrategy { FillsUp = fills, Affinity = Given(given, "affinityConfig") is { } affinity ? ReadAffinity(affinity, $"{path}.affinityConfig", problems) : null };
            case WithCategorySpec: return new SelectStrategy { FillsUp = fills, Categories = Given(given, "workerCategorySpec") is { } spec ? ReadCategories(spec, $"{path}.workerCategorySpec", problems) : null };
            default:
                problems.Add(new SpecProblem($"{path}.type", $"[{Equal}] or [{Fill}], each also with [{WithAffinity}] or [{WithCategorySpec}] behind it, is expected: others would have no effect"));
                return SelectStrategy.Default;
        }
    }

    private static AffinityConfig? ReadAffinity(JsonElement given, string path, List<SpecProblem> problems)
    {
        if (!IsObject(given, path, problems)) return null;
        var hostsOf = ImmutableSortedDictionary.CreateBuilder<string, ImmutableSortedSet<string>>(StringComparer.Ordinal);
        if (Given(given, "affinity") is { } affinity && IsObject(affinity, $"{path}.affinity", problems))
            foreach (var of in affinity.EnumerateObject())
            {
                if (of.Value.ValueKind == JsonValueKind.Array && of.Value.EnumerateArray().All(h => h.ValueKind == JsonValueKind.String))
                    hostsOf[of.Name] = of.Value.EnumerateArray().Select(h => h.GetString()!).ToImmutableSortedSet(StringComparer.Ordinal);
                else problems.Add(new SpecProblem($"{path}.affinity.{of.Name}", "a list of workers is expected, each HOST:PORT"));
            }
        return new AffinityConfig(hostsOf.ToImmutable(), IsStrong(given, path, problems));
    }

    private static WorkerCategorySpec? ReadCategories(JsonElement given, string path, List<SpecProblem> problems)
    {
        if (!IsObject(given, path, problems)) return null;
        var byType = ImmutableSortedDictionary.CreateBuilder<string, CategoryConfig>(StringComparer.Ordinal);
        if (Given(given, "categoryMap") is { } map && IsObject(map, $"{path}.categoryMap", problems))
            foreach (var of in map.EnumerateObject())
                if (IsObject(of.Value, $"{path}.categoryMap.{of.Name}", problems)) byType[of.Name] = ReadCategory(of.Value, $"{path}.categoryMap.{of.Name}", problems);
        return new WorkerCategorySpec(byType.ToImmutable(), IsStrong(given, path, problems));
    }

    private static CategoryConfig ReadCategory(JsonElement given, string path, List<SpecProblem> problems)
    {
        var categoryOf = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (Given(given, "categoryAffinity") is { } affinity && IsObject(affinity, $"{path}.categoryAffinity", problems))
            foreach (var of in affinity.EnumerateObject())
                if (Text(of.Value, $"{path}.categoryAffinity.{of.Name}", problems) is { } category) categoryOf[of.Name] = category;
        return new CategoryConfig(Given(given, "defaultCategory") is { } common ? Text(common, $"{path}.defaultCategory", problems) : null, categoryOf.ToImmutable());
    }

    private static bool IsStrong(JsonElement given, string path, List<SpecProblem> problems)
    {
        if (Given(given, "strong") is not { } strong) return false;
        if (strong.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) problems.Add(new SpecProblem($"{path}.strong", "true or false is expected"));
        return strong.ValueKind == JsonValueKind.True;
    }

    private static string? Text(JsonElement given, string path, List<SpecProblem> problems)
    {
        if (given.ValueKind == JsonValueKind.String) return given.GetString();
        problems.Add(new SpecProblem(path, "the name of a category is expected"));
        return null;
    }

    private static bool IsObject(JsonElement given, string path, List<SpecProblem> problems)
    {
        if (given.ValueKind == JsonValueKind.Object) return true;
        problems.Add(new SpecProblem(path, "an object is expected"));
        return false;
    }

    /// <summary>Newer Druids write the limits that they have read, empty ones too.</summary>
    private static bool IsEmpty(JsonElement limits) => limits.ValueKind == JsonValueKind.Object && limits.EnumerateObject().All(m => m.Value.ValueKind == JsonValueKind.Null || m.Value.ValueKind == JsonValueKind.Object && !m.Value.EnumerateObject().Any());

    /// <summary>Null: it is not there, or null.</summary>
    private static JsonElement? Given(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
