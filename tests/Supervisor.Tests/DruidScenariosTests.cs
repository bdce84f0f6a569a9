using System.Text.RegularExpressions;
using Ingestion.Support;

namespace Ingestion.Supervisor.Tests;

/// <summary>DruidScenarios.md says what shows each scenario of Druid's tests here; this says that it tells the truth as far as names go.</summary>
public sealed partial class DruidScenariosTests
{
    private static readonly string Tests = Path.Combine(Repository.Root, "tests");

    private static readonly IReadOnlyList<(string Section, string Scenario, string Here)> Rows = Read();

    [Fact]
    public void Each_of_Druids_256_scenarios_has_its_row_and_so_have_the_neighbouring_suites()
    {
        Assert.Equal(
            [("KafkaSupervisorTest", 70), ("SeekableStreamSupervisorStateTest", 59), ("KafkaIndexTaskTest", 47), ("SupervisorResourceTest", 36), ("SupervisorManagerTest", 44), ("Neighbouring suites", 28)],
            Rows.GroupBy(r => r.Section).Select(s => (s.Key, s.Count())));
        Assert.Equal([], Rows.GroupBy(r => (r.Section, r.Scenario)).Where(g => g.Count() > 1).Select(g => g.Key));
    }

    [Fact]
    public void Each_row_names_what_shows_it_or_says_why_it_does_not_apply_or_what_is_missing() =>
        Assert.Equal([], Rows.Where(r => !Answer().IsMatch(r.Here)));

    [Fact]
    public void Each_test_and_transcript_that_is_named_exists()
    {
        var transcripts = Directory.EnumerateFiles(Path.Combine(Tests, "Supervisor.Tests", "Scenarios"), "*.txt").Select(f => Path.GetFileName(f));
        var there = TestsHere().Concat(TestsElsewhere()).Concat(transcripts).ToHashSet(StringComparer.Ordinal);
        Assert.Equal([], Rows.SelectMany(r => Named().Matches(r.Here).Select(m => m.Groups[1].Value)).Distinct().Where(name => !there.Contains(name)));
    }

    private static List<(string, string, string)> Read()
    {
        var rows = new List<(string, string, string)>();
        var section = "";
        foreach (var line in File.ReadLines(Path.Combine(Tests, "Supervisor.Tests", "DruidScenarios.md")))
        {
            if (Heading().Match(line) is { Success: true } heading) section = heading.Groups[1].Value;
            else if (Row().Match(line) is { Success: true } row && section.Length > 0 && row.Groups[1].Value is not ("Druid" or "---")) rows.Add((section, row.Groups[1].Value, row.Groups[2].Value));
        }
        return rows;
    }

    private static IEnumerable<string> TestsHere() =>
        typeof(DruidScenariosTests).Assembly.GetTypes().SelectMany(t => t.GetMethods()).Where(m => m.IsDefined(typeof(FactAttribute), inherit: false)).Select(m => m.Name);

    /// <summary>Their assemblies are not referenced from here, their sources are at hand.</summary>
    private static IEnumerable<string> TestsElsewhere() =>
        Directory.EnumerateFiles(Tests, "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.StartsWith(Path.Combine(Tests, "Supervisor.Tests") + "/", StringComparison.Ordinal))
            .SelectMany(f => Method().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value));

    [GeneratedRegex(@"^## \d+\. (.+) \(\d+\)$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"^\| (.+?) \| (.+) \|$")]
    private static partial Regex Row();

    [GeneratedRegex(@"^(`\w+`|`[\w-]+\.txt`|does not apply: .)")]
    private static partial Regex Answer();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Named();

    /// <summary>A test method with its attribute, which may stand between others.</summary>
    [GeneratedRegex(@"\[(?:Fact|Theory)[^\n]*\n(?:\s*\[[^\n]*\n)*\s*public (?:static )?(?:async )?(?:void|Task|ValueTask) (\w+)\(")]
    private static partial Regex Method();
}
