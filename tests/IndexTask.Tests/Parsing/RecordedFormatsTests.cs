using System.Text;
using System.Text.Json;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Parsing;
using Ingestion.IndexTask.Parsing.Formats;

namespace Ingestion.IndexTask.Tests.Parsing;

/// <summary>What Druid 33's own readers made of some hundred events (<c>Fixtures/formats/druid-33.jsonl</c>): rows with the values of their dimensions, parse errors, and the specs that it refuses.</summary>
public sealed class RecordedFormatsTests
{
    /// <summary>What Druid understands and we refuse, by a part of the inputFormat.</summary>
    private static readonly string[] RefusedHere = ["\"jq\"", "featureSpec", "[?(", ".length()", "\"$.a[\"", "[1:2:3]", "@.a", "$..*.", "$..["];

    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Fixtures", "formats", "druid-33.jsonl"));

    [Fact]
    public void Rows_errors_and_refusals_are_those_of_Druid()
    {
        var document = JsonDocument.Parse(Lines[0]).RootElement.GetProperty("document").GetString()!;
        var differences = new List<string>();
        foreach (var line in Lines.Skip(1))
        {
            var recorded = JsonDocument.Parse(line).RootElement;
            var expected = recorded.TryGetProperty("rows", out var rows) ? string.Join('\n', rows.EnumerateArray().Select(r => r.GetString())) : "refused";
            var actual = Read(recorded, document);
            if (actual == expected || (actual == "refused" && RefusedHere.Any(part => recorded.GetProperty("format").GetRawText().Replace(" ", "").Contains(part, StringComparison.Ordinal))))
                continue;
            differences.Add($"{line}\n  Druid: {expected}\n  here:  {actual}");
        }

        Assert.True(differences.Count == 0, $"{differences.Count} of {Lines.Length - 1} differ:\n{string.Join('\n', differences)}");
    }

    private static string Read(JsonElement recorded, string document)
    {
        List<SpecProblem> problems = [];
        if (InputFormat.Read(new SpecNode(recorded.GetProperty("format"), "$", problems), problems) is not { } format)
            return "refused";
        var dimensions = recorded.TryGetProperty("dims", out var given) ? given.EnumerateArray().Select(d => d.GetString()!).ToArray() : [];
        var schema = Ingested.Schema(string.Join(' ', dimensions)) with { Timestamp = new TimestampSpec("time", "auto", recorded.TryGetProperty("missing", out _) ? 0 : null) };
        var (parser, row) = (new FieldParser(schema, format), new ParsedRow());
        var text = recorded.GetProperty("event").GetString()!;
        List<string> read = [];
        for (var result = parser.Parse(Encoding.UTF8.GetBytes(text == "@document" ? document : text), row); result.Outcome != ParseOutcome.Nothing; result = parser.Next(row))
        {
            read.Add(result.Outcome == ParseOutcome.Unparseable ? $"{result.Problem!.Details[0]} <- {result.Problem.Input}" : Row(parser.Fields!, dimensions.Length > 0 ? dimensions : [.. parser.Fields!.Discoverable.Distinct().Where(n => n != "time")], row));
            if (!result.HasMore)
                break;
        }

        return string.Join('\n', read);
    }

    private static string Row(FieldValues fields, IReadOnlyList<string> dimensions, ParsedRow row) => string.Join(" | ", dimensions.Select(d => $"{d}={Typed(fields.Value(d))}").Prepend($"{row.TimeMillis}"));

    private static string Typed(object? value) => value switch
    {
        null => "null",
        string text => $"String:{text}",
        bool => $"Boolean:{JavaText.Of(value)}",
        long => $"Long:{JavaText.Of(value)}",
        double => $"Double:{JavaText.Of(value)}",
        JsonMap => $"LinkedHashMap:{JavaText.Of(value)}",
        _ => $"ArrayList:{JavaText.Of(value)}",
    };
}
