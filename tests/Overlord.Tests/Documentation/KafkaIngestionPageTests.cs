using System.Text.RegularExpressions;
using Ingestion.Overlord.Commands;
using Ingestion.Support;

namespace Ingestion.Overlord.Tests.Documentation;

public sealed partial class KafkaIngestionPageTests
{
    private const string Marker = "<!-- What follows is written by a test from src/Overlord/Api/Documentation: WRITE_DOCS=1, KafkaIngestionPageTests. -->\n";

    /// <summary>The examples themselves are sent to a real cluster by <see cref="EndpointExamplesTests"/>.</summary>
    [Fact]
    public void Chapter_on_endpoints_is_the_catalogue()
    {
        var page = File.ReadAllText(KafkaIngestionPage.FilePath);
        var begin = page.IndexOf(Marker, StringComparison.Ordinal) + Marker.Length;
        if (Environment.GetEnvironmentVariable("WRITE_DOCS") == "1") File.WriteAllText(KafkaIngestionPage.FilePath, page[..begin] + EndpointChapter.Text());
        else Assert.Equal(EndpointChapter.Text(), page[begin..]);
    }

    [Fact]
    public void Example_spec_is_valid_and_its_rows_are_fresh()
    {
        var spec = Regex.Match(File.ReadAllText(KafkaIngestionPage.FilePath), "```json\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;
        var check = SpecCheck.Of(System.Text.Encoding.UTF8.GetBytes(spec));
        Assert.Equal(("wikipedia", 0, 0, 0), (check.Spec?.Id, check.Problems.Count, check.NotHonoured.Count, check.Warnings.Count));
    }

    [Fact]
    public void Links_lead_somewhere()
    {
        var page = File.ReadAllText(KafkaIngestionPage.FilePath);
        var headings = Heading().Matches(page).Select(h => "#" + Regex.Replace(h.Groups[1].Value.ToLowerInvariant(), "[^a-z0-9 -]", "").Replace(' ', '-')).ToHashSet();
        foreach (Match link in Link().Matches(page))
        {
            var target = link.Groups[1].Value;
            Assert.True(target.StartsWith('#') ? headings.Contains(target) : File.Exists(Path.Combine(Repository.Root, "docs", target)), target);
        }
    }

    [Fact]
    public void Exit_codes_are_the_commands_own()
    {
        var said = ExitLine().Matches(File.ReadAllText(KafkaIngestionPage.FilePath)).Select(m => int.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal([ExitCode.Done, ExitCode.Refused, ExitCode.WrongUsage, ExitCode.Unavailable, ExitCode.Interrupted], said);
    }

    [GeneratedRegex("^#+ (.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^\| (\d+) \| ", RegexOptions.Multiline)]
    private static partial Regex ExitLine();
}
