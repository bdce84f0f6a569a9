namespace Ingestion.EndToEnd.Specs;

/// <summary>Specs of all kinds, and what a real Druid was recorded to make of them (tests/record-druid/specs). With <c>RECORD_SPECS=compare</c> a real Druid ingests them as
/// well, with <c>write</c> it alone does and is recorded; <c>SPECS</c> names some instead of all.</summary>
public sealed class SpecTests(Servers servers, SpecRuns runs) : IClassFixture<SpecRuns>
{
    private static readonly bool Writes = Environment.GetEnvironmentVariable("RECORD_SPECS") == "write";
    private static readonly bool Compares = Environment.GetEnvironmentVariable("RECORD_SPECS") == "compare";
    private static readonly IReadOnlyList<SpecCase> Cases = Environment.GetEnvironmentVariable("SPECS")?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } names
        ? [.. SpecCase.All.Where(c => names.Contains(c.Name, StringComparer.Ordinal))] : SpecCase.All;

    public static IEnumerable<TheoryDataRow<string>> Names => Cases.Select(c => new TheoryDataRow<string>(c.Name));

    public static IEnumerable<TheoryDataRow<string, Ingester>> Runs => ((Ingester[])(Writes ? [Ingester.Druid] : Compares ? [Ingester.Ours, Ingester.Druid] : [Ingester.Ours]))
        .SelectMany(by => Cases.Select(c => new TheoryDataRow<string, Ingester>(c.Name, by)));

    [Theory, MemberData(nameof(Runs))]
    public async Task Spec_makes_of_its_events_what_Druid_was_recorded_to_make(string name, Ingester by)
    {
        Assert.SkipUnless(Servers.DruidScript is { Length: > 0 }, "needs a real Druid: DRUID_START names no script");
        var c = Case(name);
        var answer = await runs.AnswerAsync(servers, by, c, Cases);
        if (Writes)
        {
            c.Record(answer);
            return;
        }
        var recorded = c.Recorded;
        Assert.True(recorded?.Remove("of"), $"{name} has no recording: run tests/record-druid/specs/record {name}");
        var meant = by == Ingester.Druid ? [] : SpecCase.MeantDifferences().Where(d => (string?)d["spec"] == name).Select(Difference.Read).ToHashSet();
        var found = Difference.Between(recorded, answer).ToHashSet();
        Assert.True(found.SetEquals(meant), $"{name} is not as recorded:\n{Lines(found.Except(meant))}\ndifferences.json says, but is not so:\n{Lines(meant.Except(found))}");

        string Lines(IEnumerable<Difference> differences) => string.Join('\n', differences.Select(d => d.ToLine(name)));
    }

    [Theory, MemberData(nameof(Names))]
    public void Recording_is_of_the_spec_the_events_and_the_queries_as_they_are_now(string name) =>
        Assert.Equal(Case(name).Hash, (string?)Case(name).Recorded?["of"]);

    [Fact]
    public void Differences_that_are_meant_are_of_a_spec_and_have_a_reason() => Assert.All(SpecCase.MeantDifferences(), d =>
    {
        Assert.Contains(SpecCase.All, c => c.Name == (string?)d["spec"]);
        Assert.NotEmpty((string)d["why"]!);
    });

    private static SpecCase Case(string name) => SpecCase.All.Single(c => c.Name == name);
}
