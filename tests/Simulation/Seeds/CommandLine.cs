using System.Diagnostics;
using System.Globalization;
using Ingestion.Simulation.Worlds;

namespace Ingestion.Simulation.Seeds;

/// <summary><c>--seeds N</c> runs so many, from <c>--first S</c> or else those of the commit; <c>--seed S</c> runs one and tells it; <c>--minutes M</c> makes
/// worlds shorter or longer; <c>--without SAFEGUARD</c> takes one out; <c>--lines L</c> tells more of one that fails. Exit code 0: none failed.</summary>
internal static class CommandLine
{
    private const int ToldMost = 5;

    /// <summary>For many seeds: the framework is compiled anew for this processor, all code again once its profile is known, and the youngest generation is large (128 MiB), since next to
    /// nothing outlives a step. That takes 10 s and makes worlds a third faster. The runtime takes these settings from the environment only.</summary>
    private static readonly (string Name, string Value)[] ForMany = [("DOTNET_ReadyToRun", "0"), ("DOTNET_TieredCompilation", "1"), ("DOTNET_GCgen0size", "0x8000000")];
    private const int Many = 100;

    public static int Run(string[] arguments, TextWriter output)
    {
        var minutes = Number(arguments, "--minutes") ?? SeedRun.Minutes;
        var lines = Number(arguments, "--lines") ?? 40;
        IReadOnlyList<int> seeds = Number(arguments, "--seed") is { } seed ? [seed]
            : Number(arguments, "--first") is { } first ? [.. Enumerable.Range(first, Number(arguments, "--seeds") ?? 1)] : SeedList.OfCommit(Number(arguments, "--seeds") ?? 200);
        if (seeds.Count >= Many && ForMany.Any(s => Environment.GetEnvironmentVariable(s.Name) is null)) return InAnother(arguments);
        if (Text(arguments, "--without") is { } safeguard) return Without(Enum.Parse<Safeguard>(safeguard), seeds, output);
        var clock = Stopwatch.StartNew();
        var outcomes = SeedList.RunAll(seeds, s => SeedRun.Of(s, minutes));
        var seconds = clock.Elapsed.TotalSeconds;
        var failed = outcomes.Where(o => o.Problem is not null).ToList();
        foreach (var outcome in failed.Take(ToldMost)) output.WriteLine(SeedRun.Tell(outcome, minutes, lines));
        if (failed.Count > 0) output.WriteLine($"failed: {string.Join(" ", failed.Select(f => f.Seed))}");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{outcomes.Count} seeds, {failed.Count} failed: {outcomes.Count / seconds:0.00} seeds/s, each of {minutes} minutes; per world {outcomes.Average(o => o.Steps):0} steps, {outcomes.Average(o => o.Events):0} events, {outcomes.Average(o => o.Published):0} publishes; traces {outcomes.Aggregate(0UL, (all, o) => (all * 31) + o.Hash):x16}"));
        var kinds = outcomes.SelectMany(o => o.Counts.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        output.WriteLine("per world: " + string.Join(", ", kinds.Select(kind => string.Create(CultureInfo.InvariantCulture, $"{kind} {outcomes.Average(o => o.Counts.GetValueOrDefault(kind)):0.0}"))));
        return failed.Count == 0 ? 0 : 1;
    }

    private static int InAnother(string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, arguments);
        foreach (var (name, value) in ForMany) start.Environment[name] = value;
        using var other = Process.Start(start)!;
        other.WaitForExit();
        return other.ExitCode;
    }

    /// <summary>Shows which seeds notice that a safeguard is missing, and by what.</summary>
    private static int Without(Safeguard safeguard, IReadOnlyList<int> seeds, TextWriter output)
    {
        foreach (var (seed, problem) in SeedList.RunAll(seeds, s => (Seed: s, Problem: SeedRun.ProblemWithout(safeguard, s)), r => r.Problem is not null)) output.WriteLine($"without {safeguard}, seed {seed}: {problem ?? "nothing noticed"}");
        return 0;
    }

    private static string? Text(string[] arguments, string name) => Array.IndexOf(arguments, name) is >= 0 and var at && at + 1 < arguments.Length ? arguments[at + 1] : null;

    private static int? Number(string[] arguments, string name) =>
        int.TryParse(Text(arguments, name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
