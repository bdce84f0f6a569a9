using Ingestion.Contracts.Specs;

namespace Ingestion.IndexTask.Parsing.Formats;

/// <summary>Follows a JSONPath through a value, as Druid does with Jayway's JsonPath: a missing member is null, and null has members that are null.</summary>
internal static class JsonPathReading
{
    /// <returns>The value of a definite path, null where there is none; a list, maybe empty, for any other.</returns>
    public static object? Read(JsonPath path, object? root)
    {
        List<object?> found = [];
        Walk(path, 0, root, found);
        return !path.IsDefinite ? found : found.Count == 0 ? null : found[0];
    }

    private static void Walk(JsonPath path, int at, object? value, List<object?> found)
    {
        if (at == path.Steps.Length)
        {
            found.Add(value);
            return;
        }

        switch (path.Steps[at])
        {
            case JsonPathStep.Member member when value is null or JsonMap:
                Walk(path, at + 1, (value as JsonMap)?.GetValueOrDefault(member.Name), found);
                break;
            case JsonPathStep.Members members when value is null or JsonMap:
                WalkMembers(path, at, members, value as JsonMap ?? [], found);
                break;
            case JsonPathStep.Every:
                foreach (var child in Children(value))
                    Walk(path, at + 1, child, found);
                break;
            case JsonPathStep.Indexes indexes when value is IReadOnlyList<object?> list:
                foreach (var index in indexes.At)
                    WalkElement(path, at, list, index, found);
                break;
            case JsonPathStep.Slice slice when value is IReadOnlyList<object?> list:
                var (from, to) = Bounds(slice, list.Count);
                for (var i = from; i < to; i++)
                    WalkElement(path, at, list, i, found);
                break;
            case JsonPathStep.Descend:
                Descend(path, at + 1, value, found);
                break;
        }
    }

    private static void WalkMembers(JsonPath path, int at, JsonPathStep.Members members, JsonMap map, List<object?> found)
    {
        if (at < path.Steps.Length - 1)
        {
            foreach (var name in members.Names)
                Walk(path, at + 1, map.GetValueOrDefault(name), found);
            return;
        }

        var merged = new JsonMap();
        foreach (var name in members.Names)
        {
            if (map.TryGetValue(name, out var member))
                merged[name] = member;
        }

        found.Add(merged);
    }

    // An index beyond the list leads to null.
    private static void WalkElement(JsonPath path, int at, IReadOnlyList<object?> list, int index, List<object?> found) =>
        Walk(path, at + 1, list.ElementAtOrDefault(index < 0 ? list.Count + index : index), found);

    // Jayway's: only an open end lets the other one count from the end of the list, but for two negative ones.
    private static (int From, int To) Bounds(JsonPathStep.Slice slice, int count) => (slice.From, slice.To) switch
    {
        (null, { } to) => (0, Math.Min(count, to < 0 ? count + to : to)),
        ({ } from, null) => (Math.Max(0, from < 0 ? count + from : from), count),
        ({ } from, { } to) => (from, Math.Min(count, to)),
        _ => (0, 0),
    };

    private static void Descend(JsonPath path, int at, object? value, List<object?> found)
    {
        if (Holds(path.Steps[at], value))
            Walk(path, at, value, found);
        foreach (var child in Children(value))
            Descend(path, at, child, found);
    }

    private static bool Holds(JsonPathStep step, object? value) => step switch
    {
        JsonPathStep.Member member => value is JsonMap map && map.ContainsKey(member.Name),
        JsonPathStep.Members members => value is JsonMap map && members.Names.All(map.ContainsKey),
        _ => true,
    };

    private static IEnumerable<object?> Children(object? value) => value switch
    {
        JsonMap map => map.Values,
        IReadOnlyList<object?> list => list,
        _ => [],
    };
}
