using Xunit;
using Ingestion.Simulation.Seeds;
using Ingestion.Simulation.Worlds;

namespace Ingestion.Simulation;

/// <summary>The simulation bites: without any one of what exactly-once rests on, it fails within a few seeds.</summary>
public sealed class SafeguardTests
{
    private const int SeedsMost = 200;

    [Theory]
    [InlineData(nameof(Safeguard.CompareAndSwap), "records: ")]
    [InlineData(nameof(Safeguard.EpochCheck), "changes the database")]
    [InlineData(nameof(Safeguard.AdoptionComparison), "invariant")]
    [InlineData(nameof(Safeguard.MaximumOverReplicas), "failed though nothing was wrong")]
    [InlineData(nameof(Safeguard.EndOfLaterGroups), "invariant 8")]
    [InlineData(nameof(Safeguard.RecordsBeforeEffects), "record")]
    [InlineData(nameof(Safeguard.PauseLease), "has stood still")]
    [InlineData(nameof(Safeguard.AllRowsBeforePublish), "records: ")]
    public void Simulation_fails_without(string safeguard, string words)
    {
        var problems = SeedList.RunAll([.. Enumerable.Range(1, SeedsMost)], seed => SeedRun.ProblemWithout(Enum.Parse<Safeguard>(safeguard), seed), problem => problem is not null).OfType<string>();
        Assert.Contains(problems, problem => problem.Contains(words, StringComparison.Ordinal));
    }
}
