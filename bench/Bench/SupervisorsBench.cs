using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ingestion.Embedded;

namespace Ingestion.Bench;

/// <summary><c>bench/supervisors</c>: what an overlord with many supervisors takes and costs. Broker, database and HTTP are real, the workers are <see cref="SimulatedWorker"/>s.</summary>
internal static partial class SupervisorsBench
{
    private const int Topics = 20, Partitions = 10, Workers = 10, Posters = 8; // Posters: requests at a time
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5), Settling = TimeSpan.FromSeconds(20), Watched = TimeSpan.FromSeconds(60);

    /// <param name="sizes">Numbers of supervisors, one overlord and database each.</param>
    public static async Task<int> RunAsync(IEnumerable<int> sizes)
    {
        await using var world = await BenchWorld.StartAsync();
        for (var topic = 0; topic < Topics; topic++) await world.Kafka.CreateTopicAsync(Topic(topic), Partitions);
        var result = new JsonObject();
        foreach (var size in sizes) result[$"{size}"] = JsonSerializer.SerializeToNode(await MeasureAsync(world, size));
        Console.WriteLine(result.ToJsonString());
        return 0;
    }

    private static string Topic(int number) => $"shared{number % Topics}";

    private static async Task<object> MeasureAsync(BenchWorld world, int size)
    {
        var folder = Path.Combine(world.Folder, $"of{size}");
        await using var stack = new Stack(folder, await world.DatabaseAsync($"of{size}"), Path.Combine(folder, "segments"));
        await stack.StartOverlordAsync();
        var workers = new List<SimulatedWorker>();
        try
        {
            for (var worker = 0; worker < Workers; worker++) workers.Add(await SimulatedWorker.StartAsync($"worker-{worker}", size / Workers + 10, stack.Client.Address));
            var posting = Stopwatch.StartNew();
            await Parallel.ForAsync(0, size, new ParallelOptions { MaxDegreeOfParallelism = Posters }, async (number, _) =>
            {
                var spec = Workload.Raw(Topic(number)).Spec($"many{number}", Topic(number), world.Kafka.BootstrapServers);
                spec["spec"]!["ioConfig"]!["period"] = "PT30S"; // Druid's default
                await stack.Client.PostSpecAsync(spec.ToJsonString());
            });
            var posted = posting.Elapsed;
            await UntilRunningAsync(stack.Client, size);
            var running = posting.Elapsed;
            var postingCpu = new MeasuredProcess(stack.Overlord!.Id).CpuSeconds();
            BenchWorld.Progress($"{size} supervisors: posted in {posted.TotalSeconds:0.0} s, all RUNNING after {running.TotalSeconds:0.0} s, for which the overlord took {postingCpu:0.0} s of a core");

            await stack.Overlord!.KillAsync();
            var restart = Stopwatch.StartNew();
            await stack.StartOverlordAsync();
            var leads = restart.Elapsed;
            await UntilRunningAsync(stack.Client, size);
            var reconciled = restart.Elapsed;
            var elected = TimeOf(stack.Overlord!.LogPath, "Elected");
            var electedToReconciled = (DateTimeOffset.UtcNow - elected).TotalSeconds;
            var process = new MeasuredProcess(stack.Overlord!.Id);
            var reconcilingCpu = process.CpuSeconds();
            BenchWorld.Progress($"{size} supervisors: after kill -9 and start it leads after {leads.TotalSeconds:0.0} s and has taken up all after {reconciled.TotalSeconds:0.0} s ({electedToReconciled:0.0} s after its election), for which it took {reconcilingCpu:0.0} s of a core");

            await Task.Delay(Settling);
            var before = process.CpuSeconds();
            await Task.Delay(Watched);
            var cores = (process.CpuSeconds() - before) / Watched.TotalSeconds;
            BenchWorld.Progress($"{size} supervisors: {cores:0.000} cores at rest, {process.Threads()} threads, {process.RssMib():0} MiB");
            var (threads, rss, peakRss) = (process.Threads(), process.RssMib(), process.PeakRssMib());
            await stack.Overlord!.StopAsync();
            var steps = StepsRegex().Match(File.ReadAllText(stack.Overlord!.LogPath));
            return new
            {
                posted_s = Math.Round(posted.TotalSeconds, 1), running_s = Math.Round(running.TotalSeconds, 1), restart_to_leading_s = Math.Round(leads.TotalSeconds, 2),
                election_to_reconciled_s = Math.Round(electedToReconciled, 2), posting_cpu_s = Math.Round(postingCpu, 1), start_to_reconciled_cpu_s = Math.Round(reconcilingCpu, 1), idle_cores = Math.Round(cores, 3), threads, rss_mib = Math.Round(rss), peak_rss_mib = Math.Round(peakRss),
                steps = long.Parse(steps.Groups[1].Value, CultureInfo.InvariantCulture), step_p99_ms = double.Parse(steps.Groups[2].Value, CultureInfo.InvariantCulture), step_longest_ms = double.Parse(steps.Groups[3].Value, CultureInfo.InvariantCulture),
            };
        }
        finally { foreach (var worker in workers) await worker.DisposeAsync(); }
    }

    [GeneratedRegex("took ([0-9]+) steps .*within ([0-9.]+) ms, the longest in ([0-9.]+) ms")]
    private static partial Regex StepsRegex();

    /// <summary>When the last line with the text was logged.</summary>
    private static DateTimeOffset TimeOf(string log, string text) =>
        DateTimeOffset.Parse(File.ReadLines(log).Last(l => l.Contains(text, StringComparison.Ordinal)).Split(' ')[0], CultureInfo.InvariantCulture);

    /// <summary>Until each supervisor is RUNNING with a task that reads and a lag that is known.</summary>
    private static async Task UntilRunningAsync(OverlordClient overlord, int size)
    {
        var patience = Stopwatch.StartNew();
        var open = Enumerable.Range(0, size).Select(n => $"many{n}").ToList();
        while (true)
        {
            var states = (await StatesAsync(overlord)).EnumerateArray().ToDictionary(s => s.GetProperty("id").GetString()!, s => s.GetProperty("state").GetString());
            if (open.All(id => states.GetValueOrDefault(id) == "RUNNING"))
            {
                open = await WithoutLagAsync(overlord, open);
                if (open.Count == 0) return;
            }
            if (patience.Elapsed > Patience)
                throw new TimeoutException($"{open.Count} of {size} supervisors do not run after {Patience.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s, {open[0]} is {states.GetValueOrDefault(open[0])}");
            await Task.Delay(Math.Max(50, size / 5)); // the states of all are a large answer
        }
    }

    /// <summary>None while nobody leads, as after kill -9 until the lease is over.</summary>
    private static async Task<JsonElement> StatesAsync(OverlordClient overlord)
    {
        try { return await overlord.GetAsync("/druid/indexer/v1/supervisor?state=true"); }
        catch (HttpRequestException e) when (e.StatusCode == System.Net.HttpStatusCode.ServiceUnavailable) { return JsonDocument.Parse("[]").RootElement; }
    }

    private static async Task<List<string>> WithoutLagAsync(OverlordClient overlord, List<string> ids)
    {
        var without = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(ids, new ParallelOptions { MaxDegreeOfParallelism = Posters }, async (id, _) =>
        {
            var status = await overlord.StatusAsync(id);
            var reads = status.GetProperty("activeTasks").EnumerateArray().Any(t => t.GetProperty("lag").EnumerateObject().Count() == Partitions);
            if (!reads) without.Add(id);
        });
        return [.. without];
    }
}
