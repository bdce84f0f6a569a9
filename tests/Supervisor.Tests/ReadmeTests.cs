using System.Text.RegularExpressions;

namespace Ingestion.Supervisor.Tests;

public sealed class ReadmeTests
{
    [Fact]
    public void Readme_lists_exactly_the_invariants_that_are_checked()
    {
        var readme = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Supervisor.README.md"));
        var section = readme.Split("## Invariants")[1].Split("\n## ")[0];
        var listed = Regex.Matches(section, @"^(\d+)\. (.+)$", RegexOptions.Multiline).Select(m => (int.Parse(m.Groups[1].Value), m.Groups[2].Value)).ToList();
        Assert.Equal(Invariants.InWords.Select((words, i) => (i + 1, words)), listed);
    }
}
