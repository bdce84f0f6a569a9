using System.Text;
using System.Text.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Parsing;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Tests.Segment;

/// <summary>A case of <c>Fixtures/Druid33</c>: schema, events by spill, and what Druid made of them.</summary>
internal sealed class RecordedCase
{
    private readonly JsonElement json;

    public RecordedCase(string name)
    {
        Path = System.IO.Path.Combine(AppContext.BaseDirectory, "Fixtures", "Druid33", name);
        json = JsonDocument.Parse(File.ReadAllBytes(System.IO.Path.Combine(Path, "case.json"))).RootElement;
        List<SpecProblem> problems = [];
        Schema = DataSchema.Read(json.GetProperty("dataSchema"), "$", problems) ?? throw new ArgumentException(string.Join("; ", problems));
        var (spec, wrong) = IndexSpec.Parse(json.GetProperty("indexSpec"));
        Assert.Empty(wrong);
        IndexSpec = spec with { Lz4Level = Lz4Level.High };
        Assert.True(Interval.TryParse(json.GetProperty("interval").GetString(), out var interval));
        Interval = interval;
    }

    public string Path { get; }

    public DataSchema Schema { get; }

    public IndexSpec IndexSpec { get; }

    public Interval Interval { get; }

    public bool IsGenerated => json.TryGetProperty("generated", out _);

    /// <returns>How many rows have values that could not be used.</returns>
    public int Append(Sink sink, IEventParser parser)
    {
        var (row, rowsWithErrors) = (new ParsedRow(), 0);
        var spills = Spills().ToList();
        foreach (var events in spills)
        {
            foreach (var text in events)
            {
                var result = parser.Parse(Encoding.UTF8.GetBytes(text), row);
                Assert.True(result.Outcome is ParseOutcome.Row or ParseOutcome.RowWithErrors, text);
                rowsWithErrors += result.Outcome == ParseOutcome.RowWithErrors ? 1 : 0;
                sink.Append(row);
            }

            if (spills.Count > 1)
                sink.Spill(CancellationToken.None);
        }

        return rowsWithErrors;
    }

    // The formula is that of the recorder.
    private IEnumerable<IEnumerable<string>> Spills() => json.TryGetProperty("generated", out var count)
        ? [Enumerable.Range(0, count.GetInt32()).Select(i => $$"""{"time":{{Interval.StartMillis + (i * 5L)}},"when":{{Interval.StartMillis + (i * 7919L % 86_400_000)}},{{(i % 11 == 0 ? "" : $"\"n\":{i * 7919L % 10_007},")}}"s":"v{{i % 300}}"}""")]
        : json.GetProperty("spills").EnumerateArray().Select(spill => spill.EnumerateArray().Select(e => e.GetRawText()));
}
