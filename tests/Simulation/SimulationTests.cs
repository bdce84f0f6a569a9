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
    public void Every_record_is_published_once_and_calm_returns_after_any_faults() => NoneFails(Seeds);

    [Fact]
    public void World_without_faults_fails_no_task_and_ends_without_lag()
    {
        var world = new World(seed: 1, Safeguard.None, linesKept: 0, options => options with { Faults = Faults.None, Spec = options.Spec with { UseEarliestOffset = true } });
        Assert.Null(world.Run(Minutes));
        Assert.Equal([.. Enumerable.Range(0, world.Topic.Count).Select(world.Topic.Latest)], Enumerable.Range(0, world.Topic.Count).Select(world.Store.Ledger.PublishedUpTo));
    }

    [Fact]
    public void Seeds_that_ever_failed_fail_no_more() => NoneFails(SeedList.Failed(), SeedRun.Minutes);

    private static void NoneFails(IReadOnlyList<int> seeds, int minutes = Minutes)
    {
        var failed = SeedList.RunAll(seeds, seed => SeedRun.Of(seed, minutes)).Where(o => o.Problem is not null).ToList();
        Assert.True(failed.Count == 0, $"{failed.Count} of {seeds.Count} seeds fail:\n" + string.Join("\n", failed.Take(3).Select(o => SeedRun.Tell(o, minutes))));
    }
}
