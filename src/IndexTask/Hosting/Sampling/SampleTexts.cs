using System.Text.RegularExpressions;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Parsing;
using Ingestion.IndexTask.Parsing.Formats;

namespace Ingestion.IndexTask.Hosting.Sampling;

/// <summary>What Druid's sampler says of events, where that differs from what its tasks say of them.</summary>
internal static partial class SampleTexts
{
    /// <summary>Of an event that cannot be read. The sampler counts lines, and no records.</summary>
    public static string OfEvent(ParseProblem problem, EventRecord record)
    {
        var text = Record().Replace(string.Join("; ", problem.Details), match => match.Groups["line"].Success ? $" ({match.Groups["line"].Value})" : "");
        var plain = $"Unable to parse row [{problem.Input}]";
        return record.Problem is not null && text.StartsWith(plain, StringComparison.Ordinal) ? $"{plain} into JSON{text[plain.Length..]}" : text;
    }

    /// <summary>Of a row with values that are no numbers, as a Java program prints the row.</summary>
    public static string OfValues(ParseProblem problem, FieldValues fields, long timeMillis, DataSchema schema)
    {
        var (names, dimensions) = (fields.Names.ToList(), schema.Dimensions.Select(d => d.Name));
        if (schema.DiscoversDimensions) dimensions = dimensions.Concat(names.Where(n => n != schema.Timestamp.Column && !schema.DimensionExclusions.Contains(n))).Distinct(StringComparer.Ordinal);
        var row = $"{{timestamp={IsoTime.Write(timeMillis)}, event={{{string.Join(", ", names.Select(n => $"{n}={JavaText.Of(fields.Value(n))}"))}}}, dimensions=[{string.Join(", ", dimensions)}]}}";
        return $"Found unparseable columns in row: [SamplerInputRow{{row={row}}}], exceptions: [{string.Join(',', problem.Details)}]";
    }

    public static string Json(IEnumerable<KeyValuePair<string, object?>> fields)
    {
        var map = new JsonMap();
        foreach (var (name, value) in fields) map[name] = value;
        return JsonWriting.Of(map);
    }

    [GeneratedRegex(@" \(Record: \d+(, (?<line>Line: \d+))?\)$")]
    private static partial Regex Record();
}
