using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ingestion.Bench;

/// <summary><c>bench/supervisors</c>: what an overlord with many supervisors takes and costs.</summary>
internal static class SupervisorsBench
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(20), Watched = TimeSpan.FromSeconds(60);

    /// <param name="sizes">Numbers of supervisors, one overlord and database each.</param>
    public static async Task<int> RunAsync(IEnumerable<int> sizes)
    {
        await using var world = await BenchWorld.StartAsync();
        await ManySupervisors.CreateTopicsAsync(world);
        var result = new JsonObject();
        foreach (var size in sizes) result[$"{size}"] = JsonSerializer.SerializeToNode(await MeasureAsync(world, size));
        Console.WriteLine(result.ToJsonString());
        return 0;
    }

    private static async Task<object> MeasureAsync(BenchWorld world, int size)
    {
        await using var many = await ManySupervisors.StartAsync(world, size);
        var posting = Stopwatch.StartNew();
        await many.PostAsync();
        var posted = posting.Elapsed;
        await many.UntilRunningAsync();
        var running = posting.Elapsed;
        var postingCpu = many.Overlord.CpuSeconds();
        BenchWorld.Progress($"{size} supervisors: posted in {posted.TotalSeconds:0.0} s, all RUNNING after {running.TotalSeconds:0.0} s, for which the overlord took {postingCpu:0.0} s of a core");

        await many.Stack.Overlord!.KillAsync();
        var restart = Stopwatch.StartNew();
        await many.Stack.StartOverlordAsync();
        var leads = restart.Elapsed;
        await many.UntilRunningAsync();
        var reconciled = restart.Elapsed;
        var elected = TimeOf(many.Stack.Overlord!.LogPath, "Elected");
        var electedToReconciled = (DateTimeOffset.UtcNow - elected).TotalSeconds;
        var process = many.Overlord;
        var reconcilingCpu = process.CpuSeconds();
        BenchWorld.Progress($"{size} supervisors: after kill -9 and start it leads after {leads.TotalSeconds:0.0} s and has taken up all after {reconciled.TotalSeconds:0.0} s ({electedToReconciled:0.0} s after its election), for which it took {reconcilingCpu:0.0} s of a core");

        await Task.Delay(Settling);
        var before = process.CpuSeconds();
        await Task.Delay(Watched);
        var cores = (process.CpuSeconds() - before) / Watched.TotalSeconds;
        BenchWorld.Progress($"{size} supervisors: {cores:0.000} cores at rest, {process.Threads()} threads, {process.RssMib():0} MiB");
        var (threads, rss, peakRss) = (process.Threads(), process.RssMib(), process.PeakRssMib());
        var steps = await many.StopAsync();
        return new
        {
            posted_s = Math.Round(posted.TotalSeconds, 1), running_s = Math.Round(running.TotalSeconds, 1), restart_to_leading_s = Math.Round(leads.TotalSeconds, 2),
            election_to_reconciled_s = Math.Round(electedToReconciled, 2), posting_cpu_s = Math.Round(postingCpu, 1), start_to_reconciled_cpu_s = Math.Round(reconcilingCpu, 1), idle_cores = Math.Round(cores, 3), threads, rss_mib = Math.Round(rss), peak_rss_mib = Math.Round(peakRss),
            steps = steps.Count, step_p99_ms = steps.P99Millis, step_longest_ms = steps.LongestMillis,
        };
    }

    /// <summary>When the last line with the text was logged.</summary>
    private static DateTimeOffset TimeOf(string log, string text) =>
        DateTimeOffset.Parse(File.ReadLines(log).Last(l => l.Contains(text, StringComparison.Ordinal)).Split(' ')[0], CultureInfo.InvariantCulture);
}
