using System.Text.RegularExpressions;
using System.Xml.Linq;
using Ingestion.Support;

namespace Ingestion.Supervisor.Tests;

/// <summary>Who may reference whom: read from the project files and the sources, so that a new edge needs a decision here.</summary>
public sealed partial class LayeringTests
{
    private static readonly string Root = Repository.Root;

    private static readonly Dictionary<string, (string[] Projects, string[] Packages)> Allowed = new()
    {
        ["Contracts"] = ([], []),
        ["Supervisor"] = (["Contracts"], ["Microsoft.CodeAnalysis.BannedApiAnalyzers"]),
        ["Access"] = ([], []),
        ["IndexTask"] = (["Contracts", "Access"], ["AWSSDK.S3", "Confluent.Kafka", "Microsoft.CodeAnalysis.BannedApiAnalyzers"]),
        ["Overlord"] = (["Supervisor", "Contracts", "Access", "IndexTask"], ["Confluent.Kafka", "Dapper", "Microsoft.AspNetCore.OpenApi", "Microsoft.CodeAnalysis.BannedApiAnalyzers", "Npgsql", "Quartz"]),
        ["Embedded"] = (["Contracts", "IndexTask"], ["Confluent.Kafka", "Npgsql"]),
    };

    /// <summary>Folders of a project from left to right: a folder may use those it is listed with.</summary>
    private static readonly Dictionary<string, string[]> Folders = new()
    {
        ["Overlord/Metadata"] = ["Leadership"],
        ["Overlord/ZooKeeper"] = [],
        ["Overlord/Leadership"] = ["Metadata", "ZooKeeper"],
        ["Overlord/Stream"] = [],
        ["Overlord/Discovery"] = [],
        ["Overlord/Tasks"] = ["Metadata", "Leadership", "Discovery"],
        ["Overlord/Supervision"] = ["Tasks", "Metadata", "Leadership", "Discovery", "Stream"],
        ["Overlord/Schedules"] = ["Supervision"],
        ["Overlord/Api"] = ["Supervision", "Tasks", "Metadata", "Leadership", "Discovery", "ZooKeeper"],
        ["Overlord/Hosting"] = ["Api", "Schedules", "Supervision", "Tasks", "Stream", "Discovery", "Leadership", "Metadata", "ZooKeeper"],
        ["Overlord/Commands"] = ["Hosting", "Api", "Metadata"],
        ["IndexTask/Core"] = [],
        ["IndexTask/Kafka"] = [],
        ["IndexTask/Segment"] = [],
        ["IndexTask/Columns"] = ["Segment", "Parsing"],
        ["IndexTask/Parsing"] = ["Columns", "Expressions"],
        ["IndexTask/Expressions"] = ["Parsing"],
        ["IndexTask/Publish"] = ["Core", "Columns", "Segment"],
        ["IndexTask/Hosting"] = ["Core", "Kafka", "Parsing", "Columns", "Segment", "Publish"],
    };

    [Fact]
    public void Projects_reference_only_what_the_design_allows()
    {
        var projects = Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories).ToList();
        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), projects.Select(p => Path.GetFileNameWithoutExtension(p)!).Order(StringComparer.Ordinal));
        foreach (var path in projects)
        {
            var (allowedProjects, allowedPackages) = Allowed[Path.GetFileNameWithoutExtension(path)];
            var document = XDocument.Load(path);
            Assert.Equal([], document.Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value)).Except(allowedProjects));
            Assert.Equal([], document.Descendants("PackageReference").Select(r => r.Attribute("Include")!.Value).Except(allowedPackages));
        }
    }

    [Fact]
    public void Folders_use_only_the_folders_to_their_left()
    {
        foreach (var (folder, allowed) in Folders)
        {
            var project = folder.Split('/')[0];
            var neighbours = Directory.EnumerateDirectories(Path.Combine(Root, "src", project)).Select(d => Path.GetFileName(d)!).Where(n => n is not ("bin" or "obj")).ToHashSet(StringComparer.Ordinal);
            foreach (var (file, text) in Sources(folder))
            {
                var used = UsedFolder().Matches(text).Where(m => m.Groups["project"].Value == project).Select(m => m.Groups["folder"].Value).Where(neighbours.Contains).Distinct();
                Assert.Equal([], used.Except([.. allowed, folder.Split('/')[1]]).Select(u => $"{file} uses {u}"));
            }
        }
    }

    [Fact]
    public void Only_the_hosting_of_the_overlord_touches_the_worker()
    {
        Assert.Equal([], Sources("Overlord").Where(s => s.Text.Contains("Ingestion.IndexTask", StringComparison.Ordinal) && !s.File.StartsWith("Overlord/Hosting/", StringComparison.Ordinal)).Select(s => s.File));
    }

    [Fact]
    public void Every_folder_has_its_place()
    {
        foreach (var project in (string[])["Overlord", "IndexTask"])
        {
            var folders = Directory.EnumerateDirectories(Path.Combine(Root, "src", project)).Select(d => $"{project}/{Path.GetFileName(d)}").Where(f => Sources(f).Any());
            Assert.Equal(Folders.Keys.Where(f => f.StartsWith(project + "/", StringComparison.Ordinal)).Order(StringComparer.Ordinal), folders.Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Pure_folders_are_watched_by_the_analyzer()
    {
        var rules = File.ReadAllText(Path.Combine(Root, ".editorconfig"));
        foreach (var folder in (string[])["src/Supervisor", "src/IndexTask/Core", "src/Overlord/Tasks/Core"])
        {
            Assert.Contains($"[{folder}/**.cs]\ndotnet_diagnostic.RS0030.severity = error", rules, StringComparison.Ordinal);
            var project = XDocument.Load(Path.Combine(Root, "src", folder.Split('/')[1], $"{folder.Split('/')[1]}.csproj"));
            Assert.Contains(project.Descendants("AdditionalFiles"), f => f.Attribute("Include")!.Value.EndsWith("BannedSymbols.txt", StringComparison.Ordinal));
        }
    }

    private static IEnumerable<(string File, string Text)> Sources(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root, "src", folder), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal))
            .Select(f => (Path.GetRelativePath(Path.Combine(Root, "src"), f), File.ReadAllText(f)));

    [GeneratedRegex(@"Ingestion\.(?<project>\w+)\.(?<folder>\w+)")]
    private static partial Regex UsedFolder();
}
