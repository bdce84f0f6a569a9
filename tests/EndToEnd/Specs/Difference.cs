using System.Text.Json.Nodes;

namespace Ingestion.EndToEnd.Specs;

/// <param name="At">Path to the value in a recording; elements of lists are counted in Druid's.</param>
/// <param name="Druid">As JSON; <c>(nothing)</c> where it has none.</param>
/// <param name="Ours">The same.</param>
internal sealed record Difference(string At, string Druid, string Ours)
{
    private const string Nothing = "(nothing)";

    public static IEnumerable<Difference> Between(JsonNode? druid, JsonNode? ours, string at = "") => (druid, ours) switch
    {
        (JsonObject d, JsonObject o) => d.Select(m => m.Key).Union(o.Select(m => m.Key), StringComparer.Ordinal).SelectMany(name => OfMembers(d, o, name, at.Length == 0 ? name : $"{at}.{name}")),
        (JsonArray d, JsonArray o) => OfLists(d, o, at),
        _ when SpecCase.Line(druid) == SpecCase.Line(ours) => [],
        _ => [new Difference(at, SpecCase.Line(druid), SpecCase.Line(ours))],
    };

    /// <summary>Of a line of differences.json.</summary>
    public static Difference Read(JsonNode line)
    {
        return new Difference((string)line["at"]!, Value("druid"), Value("ours"));

        string Value(string side) => line.AsObject().TryGetPropertyValue(side, out var value) ? SpecCase.Line(value) : Nothing;
    }

    /// <summary>As a line of differences.json, for those who mean it and write why.</summary>
    public string ToLine(string spec)
    {
        var line = new JsonObject { ["spec"] = spec, ["at"] = At };
        if (Druid != Nothing) line["druid"] = JsonNode.Parse(Druid);
        if (Ours != Nothing) line["ours"] = JsonNode.Parse(Ours);
        line["why"] = "";
        return SpecCase.Line(line);
    }

    private static IEnumerable<Difference> OfMembers(JsonObject druid, JsonObject ours, string name, string at)
    {
        if (!druid.TryGetPropertyValue(name, out var d)) return [new Difference(at, Nothing, SpecCase.Line(ours[name]))];
        return ours.TryGetPropertyValue(name, out var o) ? Between(d, o, at) : [new Difference(at, SpecCase.Line(d), Nothing)];
    }

    /// <summary>Elements that both have are left out, whatever their places; the others are compared in their order.</summary>
    private static IEnumerable<Difference> OfLists(JsonArray druid, JsonArray ours, string at)
    {
        var surplus = ours.Select(SpecCase.Line).ToList();
        var missing = new List<int>();
        for (var i = 0; i < druid.Count; i++)
            if (!surplus.Remove(SpecCase.Line(druid[i]))) missing.Add(i);
        for (var k = 0; k < Math.Max(missing.Count, surplus.Count); k++)
        {
            if (k >= surplus.Count) yield return new Difference($"{at}[{missing[k]}]", SpecCase.Line(druid[missing[k]]), Nothing);
            else if (k >= missing.Count) yield return new Difference($"{at}[{druid.Count + k - missing.Count}]", Nothing, surplus[k]);
            else foreach (var difference in Between(druid[missing[k]], JsonNode.Parse(surplus[k]), $"{at}[{missing[k]}]")) yield return difference;
        }
        if (missing.Count == 0 && surplus.Count == 0 && SpecCase.Line(druid) != SpecCase.Line(ours)) yield return new Difference(at, SpecCase.Line(druid), SpecCase.Line(ours));
    }
}
