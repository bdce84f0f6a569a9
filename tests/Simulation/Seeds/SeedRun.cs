using System.Globalization;
using Ingestion.Simulation.Worlds;

namespace Ingestion.Simulation.Seeds;

/// <summary>Runs the world of a seed, those of some seeds twice: the second time must be the same.</summary>
internal static class SeedRun
{
    public const int Minutes = 120;
    private const int LinesTold = 40;

    /// <summary>One seed in so many is run twice: what makes a world differ from itself (an unordered set, a clock, another thread) does so in most.</summary>
    private const int TwiceOneIn = 10;

    public static Outcome Of(int seed, int minutes = Minutes, Func<WorldOptions, WorldOptions>? change = null)
    {
        var first = new World(seed, Safeguard.None, 0, change);
        var problem = first.Run(minutes);
        if (seed % TwiceOneIn != 0) return Outcome.Of(seed, problem, first);
        var second = new World(seed, Safeguard.None, 0, change);
        var again = second.Run(minutes);
        if (first.Trace.Hash != second.Trace.Hash || (problem is null) != (again is null)) problem = $"it is not the same twice: {first.Trace.Hash:x} and {second.Trace.Hash:x}";
        return Outcome.Of(seed, problem, first);
    }

    /// <summary>What the seed's world comes to without a safeguard; null: nothing is noticed.</summary>
    public static string? ProblemWithout(Safeguard safeguard, int seed) => new World(seed, safeguard, 0).Run(Minutes / 2);

    /// <summary>All that helps to find out why a seed fails.</summary>
    public static string Tell(Outcome outcome, int minutes = Minutes, int lines = LinesTold)
    {
        var world = new World(outcome.Seed, Safeguard.None, lines);
        world.Run(minutes);
        var command = string.Create(CultureInfo.InvariantCulture, $"artifacts/bin/Simulation/release/Simulation --seed {outcome.Seed}{(minutes == Minutes ? "" : $" --minutes {minutes}")}");
        return $"seed {outcome.Seed} fails: {outcome.Problem}\n  again: {command}\n  {world.Options}\n  its last steps:\n    {string.Join("\n    ", world.Trace.Last)}";
    }
}

/// <param name="Problem">Null: none.</param>
internal sealed record Outcome(int Seed, string? Problem, ulong Hash, long Steps, long Events, int Published, IReadOnlyDictionary<string, int> Counts)
{
    public static Outcome Of(int seed, string? problem, World world) => new(seed, problem, world.Trace.Hash, world.Steps, world.Time.Events, world.Published, world.Counts);
}
