using Xunit;
using Ingestion.Simulation.Seeds;
using Ingestion.Simulation.Worlds;

namespace Ingestion.Simulation;

public sealed class SimulationTests
{
    private const int Seeds = 200;

    [Fact]
    public void Every_record_is_published_once_and_calm_returns_after_any_faults() => NoneFails(SeedList.OfCommit(Seeds));

    [Fact]
    public void Seeds_that_ever_failed_fail_no_more() => NoneFails(SeedList.Failed());

    private static void NoneFails(IReadOnlyList<int> seeds)
    {
        var failed = SeedList.RunAll(seeds, seed => SeedRun.Of(seed)).Where(o => o.Problem is not null).ToList();
        Assert.True(failed.Count == 0, $"{failed.Count} of {seeds.Count} seeds fail:\n" + string.Join("\n", failed.Take(3).Select(o => SeedRun.Tell(o))));
    }
}
