using Xunit;
using Ingestion.Simulation.Seeds;
using Ingestion.Simulation.Worlds;

namespace Ingestion.Simulation;

public sealed class SimulationTests
{
    /// <summary>Those of the commit, so that a second run finds the same; SIMULATION_SEEDS says how many (<c>./test --full</c>: 1,000).</summary>
    private static readonly IReadOnlyList<int> Seeds = SeedList.OfCommit(int.TryParse(Environment.GetEnvironmentVariable("SIMULATION_SEEDS"), out var count) ? count : 200);

    /// <summary>Of simulated time; the command line's worlds last two hours.</summary>
    private const int Minutes = 40;

    [Fact]
    public void Every_record_is_published_once_and_calm_returns_after_any_faults()
    {
        var outcomes = NoneFails(Seeds);
        var kinds = Enum.GetValues<Faults>().Where(f => f != Faults.None).Select(f => f.ToString());
        Assert.Empty(kinds.Except(outcomes.SelectMany(o => o.Counts.Keys), StringComparer.Ordinal)); // each has happened in one world or other
    }

    /// <summary>Pauses are leases: what the dead leader stopped reads on, what it offered is void or found out.</summary>
    [Fact]
    public void Leaders_that_die_between_pause_and_set_end_lose_nothing()
    {
        var outcomes = SeedList.RunAll([.. Enumerable.Range(1, 10)], seed => SeedRun.Of(seed, Minutes, options => options with { Faults = Faults.DiesBetweenPauseAndEnd }));
        Assert.All(outcomes, o => Assert.Null(o.Problem));
        Assert.True(outcomes.Sum(o => o.Counts.GetValueOrDefault(nameof(Faults.DiesBetweenPauseAndEnd))) >= outcomes.Count, "leaders hardly die");
    }

    [Fact]
    public void World_without_faults_fails_no_task_and_ends_without_lag()
    {
        var world = new World(seed: 1, Safeguard.None, linesKept: 0, options => options with { Faults = Faults.None, Spec = options.Spec with { UseEarliestOffset = true } });
        Assert.Null(world.Run(Minutes));
        Assert.Equal([.. Enumerable.Range(0, world.Topic.Count).Select(world.Topic.Latest)], Enumerable.Range(0, world.Topic.Count).Select(world.Store.Ledger.PublishedUpTo));
    }

    [Fact]
    public void Seeds_that_ever_failed_fail_no_more()
    {
        foreach (var seeds in SeedList.Failed().GroupBy(f => f.Minutes, f => f.Seed)) NoneFails([.. seeds], seeds.Key);
    }

    private static IReadOnlyList<Outcome> NoneFails(IReadOnlyList<int> seeds, int minutes = Minutes)
    {
        var outcomes = SeedList.RunAll(seeds, seed => SeedRun.Of(seed, minutes));
        var failed = outcomes.Where(o => o.Problem is not null).ToList();
        Assert.True(failed.Count == 0, $"{failed.Count} of {seeds.Count} seeds fail:\n" + string.Join("\n", failed.Take(3).Select(o => SeedRun.Tell(o, minutes))));
        return outcomes;
    }
}
