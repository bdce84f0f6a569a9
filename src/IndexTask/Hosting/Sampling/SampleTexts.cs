using Ingestion.IndexTask.Parsing;
using Ingestion.IndexTask.Parsing.Formats;

namespace Ingestion.IndexTask.Hosting.Sampling;

/// <summary>What Druid's sampler says of events, where that differs from what its tasks say of them.</summary>
internal static class SampleTexts
{
    public static string OfEvent(ParseProblem problem, EventRecord record)
    {
        var text = string.Join("; ", problem.Details);
        var plain = $"Unable to parse row [{problem.Input}]";
        return record.Problem is not null && text.StartsWith(plain, StringComparison.Ordinal) ? $"{plain} into JSON{text[plain.Length..]}" : text;
    }

    public static string OfValues(ParseProblem problem) => $"Found unparseable columns in row: [{problem.Input}], exceptions: [{string.Concat(problem.Details.Select(d => d + ","))}]";

    public static string Json(IEnumerable<KeyValuePair<string, object?>> fields)
    {
        var map = new JsonMap();
        foreach (var (name, value) in fields) map[name] = value;
        return JsonWriting.Of(map);
    }
}
