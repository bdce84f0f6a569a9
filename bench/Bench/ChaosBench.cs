using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Ingestion.Embedded.Chaos;

namespace Ingestion.Bench;

/// <summary><c>bench/chaos</c>: many faults by chance while events flow; every event must have been published exactly once.</summary>
internal static class ChaosBench
{
    private const int Faults = 100;

    /// <param name="options">The number of faults, <c>--seed N</c>, and <c>--forget</c> for connections that die unnoticed too.</param>
    /// <returns>0: nothing was lost or doubled, and every part lived on.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> options)
    {
        BenchWorld.NeedsScript();
        var seed = options.SkipWhile(o => o != "--seed").Skip(1).FirstOrDefault() is { } given ? int.Parse(given, CultureInfo.InvariantCulture) : Random.Shared.Next(1, 1_000_000);
        var faults = options is [var number, ..] && !number.StartsWith("--", StringComparison.Ordinal) ? int.Parse(number, CultureInfo.InvariantCulture) : Faults;
        var clock = Stopwatch.StartNew();
        var folder = Path.Combine(Path.GetTempPath(), $"ingestion-chaos-{seed}-{Environment.ProcessId}");
        var outcome = await ChaosRun.RunAsync(folder, seed, faults, BenchWorld.Progress, options.Contains("--forget"));
        if (outcome.Problems.Count > 0) BenchWorld.Progress($"{outcome}");
        var worst = outcome.Gaps.Take(5).Select(g => new { partition = $"{g.Partition}", from = g.From, s = Math.Round(g.Lasting.TotalSeconds, 2) }).ToList();
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            seed, faults, events = outcome.Published?.InTopic, rows = outcome.Published?.Rows, losses = outcome.Published?.Lost, duplicates = outcome.Published?.Duplicates, strangers = outcome.Published?.Strangers,
            worst_reading_gap_s = worst.FirstOrDefault()?.s, worst, seconds = Math.Round(clock.Elapsed.TotalSeconds), problems = outcome.Problems,
        }));
        return outcome.Problems.Count == 0 ? 0 : 1;
    }
}
