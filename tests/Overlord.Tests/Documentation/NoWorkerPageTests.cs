using System.Text.RegularExpressions;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Discovery;
using Ingestion.Support;

namespace Ingestion.Overlord.Tests.Documentation;

/// <summary><c>docs/no-worker.md</c> has the words that the program gives.</summary>
public sealed partial class NoWorkerPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "no-worker.md"));

    [Fact]
    public void Every_reason_that_an_announcement_gives_has_its_chapter()
    {
        using var registry = new AnnouncementRegistry(TimeProvider.System, "A") { ClusterId = "A" };
        registry.Put("environment", Worker() with { Environment = "B" }, "ADDRESS");
        registry.Put("cluster", Worker((AnnouncedService.ClusterId, "B")), "ADDRESS");
        registry.Put("version", Worker((AnnouncedService.Protocol, "2")), "ADDRESS");
        registry.Put("withdrawn", Worker(), "ADDRESS");
        registry.Remove("withdrawn");
        var expired = new AnnouncedNode("expired", Worker(), AnnouncementStanding.Expired, DateTimeOffset.UnixEpoch, TimeSpan.FromSeconds(34), "ADDRESS", null);
        var headings = Heading().Matches(Page).Select(h => Pattern(h.Groups[1].Value)).ToList();
        Assert.All(registry.Nodes().Append(expired), node => Assert.Contains(headings, h => Regex.IsMatch(node.Objection!, h)));
    }

    [Fact]
    public void Links_lead_somewhere()
    {
        var anchors = AnyHeading().Matches(Page).Select(h => "#" + Regex.Replace(h.Groups[1].Value.ToLowerInvariant(), "[^a-z0-9 -]", "").Replace(' ', '-')).ToHashSet();
        foreach (Match link in Link().Matches(Page))
        {
            var target = link.Groups[1].Value;
            Assert.True(target.StartsWith('#') ? anchors.Contains(target) : File.Exists(Path.Combine(Repository.Root, "docs", target.Split('#')[0])), target);
        }
    }

    /// <summary>Figures and what is left out (..) differ from case to case.</summary>
    private static string Pattern(string heading) => "^" + Regex.Escape(Figures().Replace(heading, "§").Replace("..", "§", StringComparison.Ordinal)).Replace("§", ".*", StringComparison.Ordinal);

    private static Announcement Worker(params (string Name, string Value)[] properties) => new()
    {
        Environment = "A", Services = [new AnnouncedService { Id = "1", Type = AnnouncedService.WorkerType, Properties = properties.ToDictionary(p => p.Name, p => p.Value) }],
    };

    [GeneratedRegex("^### `([^`]*)`", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex("^#+ (.*)$", RegexOptions.Multiline)]
    private static partial Regex AnyHeading();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"[0-9][0-9.]*")]
    private static partial Regex Figures();
}
