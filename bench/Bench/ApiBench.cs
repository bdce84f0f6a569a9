using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Ingestion.Bench;

/// <summary><c>bench/api</c>: how an overlord with many supervisors answers while Druid's console looks at all of them.</summary>
internal static class ApiBench
{
    private const int Supervisors = 1_000, PerSecond = 200, Posts = 50;
    private const double AnswerGoalMillis = 20, PostGoalMillis = 10;

    /// <summary>Of an answer that has all supervisors, tasks or workers, which the console asks for once in a while and a person waits for.</summary>
    private const double ListGoalMillis = 100;

    /// <summary>How many times longer steps may take while requests are answered: their times are known to a quarter, so two such steps are no effect.</summary>
    private const double StepsGoalRatio = 1.25 * 1.25, RoundingMillis = 0.1;
    private static readonly TimeSpan Loaded = TimeSpan.FromSeconds(60), Settling = TimeSpan.FromSeconds(20);

    public static async Task<int> RunAsync()
    {
        await using var world = await BenchWorld.StartAsync();
        await ManySupervisors.CreateTopicsAsync(world);
        await using var many = await ManySupervisors.StartAsync(world, Supervisors);
        await many.PostAsync();
        await many.UntilRunningAsync();
        BenchWorld.Progress($"{Supervisors} supervisors are RUNNING");

        // What steps take is told by an overlord when it stops: one without load, and one with.
        var alone = await RestartedAsync(many, () => Task.Delay(Loaded));
        BenchWorld.Progress($"steps without load: {alone.Count}, p99 {alone.P99Millis} ms, longest {alone.LongestMillis} ms");
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = many.Stack.Client.Address, Timeout = TimeSpan.FromSeconds(10) };
        var answers = new ConcurrentBag<Answer>();
        IReadOnlyList<double> posts = [];
        double cores = 0;
        var loaded = await RestartedAsync(many, async () =>
        {
            var before = many.Overlord.CpuSeconds();
            await LoadAsync(http, answers);
            cores = (many.Overlord.CpuSeconds() - before) / Loaded.TotalSeconds;
            posts = await PostAsync(http, many);
        });
        var failed = answers.Where(a => a.Failure is not null).ToList();
        foreach (var failure in failed.Take(5)) BenchWorld.Progress($"{failure.Kind}: {failure.Failure}");
        List<string> missed = [.. Missed([.. answers], posts, alone.P99Millis, loaded.P99Millis)];
        var result = new
        {
            requests = answers.Count, failed = failed.Count, answered_ms = Figures.Of(answers.Select(a => a.Millis)),
            by_kind_ms = answers.GroupBy(a => a.Kind).OrderBy(g => g.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => Figures.Of(g.Select(a => a.Millis))),
            overlord_cores = Math.Round(cores, 3), post_ms = Figures.Of(posts),
            steps_alone = new { alone.Count, alone.P99Millis, alone.LongestMillis }, steps_loaded = new { loaded.Count, loaded.P99Millis, loaded.LongestMillis },
            missed,
        };
        Console.WriteLine(JsonSerializer.Serialize(result));
        return missed.Count == 0 ? 0 : 1;
    }

    /// <summary>The figures that are not as good as they should be.</summary>
    private static IEnumerable<string> Missed(IReadOnlyList<Answer> answers, IReadOnlyList<double> posts, double stepsAloneMillis, double stepsLoadedMillis)
    {
        if (answers.Any(a => a.Failure is not null)) yield return "failed";
        if (P99(answers) >= AnswerGoalMillis) yield return "answered_ms";
        foreach (var kind in answers.GroupBy(a => a.Kind).Where(g => P99(g) >= (g.Key is "supervisors" or "tasks" or "workers" ? ListGoalMillis : AnswerGoalMillis))) yield return $"by_kind_ms.{kind.Key}";
        if (Figures.Median(posts) >= PostGoalMillis) yield return "post_ms";
        if (stepsLoadedMillis > stepsAloneMillis * StepsGoalRatio + RoundingMillis) yield return "steps_loaded";

        static double P99(IEnumerable<Answer> of) => Figures.Quantile(of.Select(a => a.Millis), 0.99);
    }

    private static async Task<(long Count, double P99Millis, double LongestMillis)> RestartedAsync(ManySupervisors many, Func<Task> meanwhile)
    {
        if (many.Stack.Overlord is { HasExited: false }) await many.StopAsync();
        await many.Stack.StartOverlordAsync();
        await many.UntilRunningAsync();
        await Task.Delay(Settling);
        await meanwhile();
        return await many.StopAsync();
    }

    /// <summary>Requests at fixed times, whatever the answers take: one that begins late because others are slow counts from when it was due.</summary>
    private static async Task LoadAsync(HttpClient http, ConcurrentBag<Answer> answers)
    {
        var mix = Mix().Take((int)(PerSecond * Loaded.TotalSeconds)).ToList();
        var asked = new List<Task>(mix.Count);
        var clock = Stopwatch.StartNew();
        for (var number = 0; number < mix.Count; number++)
        {
            var due = TimeSpan.FromSeconds((double)number / PerSecond);
            if (due - clock.Elapsed is var wait && wait > TimeSpan.FromMilliseconds(1)) await Task.Delay(wait);
            var (kind, path) = mix[number];
            asked.Add(Task.Run(async () => answers.Add(await AskAsync(http, kind, path, clock, due))));
        }
        await Task.WhenAll(asked);
    }

    private static async Task<Answer> AskAsync(HttpClient http, string kind, string path, Stopwatch clock, TimeSpan due)
    {
        try
        {
            using var response = await http.GetAsync(path);
            await response.Content.ReadAsByteArrayAsync();
            return new Answer(kind, (clock.Elapsed - due).TotalMilliseconds, response.IsSuccessStatusCode ? null : $"{(int)response.StatusCode}");
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException) { return new Answer(kind, (clock.Elapsed - due).TotalMilliseconds, e.Message); }
    }

    /// <summary>What Druid 33's console asks an overlord again and again, view by view: the supervisors' view asks for all specs and then for each supervisor's status and stats; the tasks' and the
    /// services' views, and the head of each, for the rest.</summary>
    private static IEnumerable<(string Kind, string Path)> Mix()
    {
        const string api = "/druid/indexer/v1";
        while (true)
        {
            yield return ("supervisors", $"{api}/supervisor?full");
            foreach (var what in (string[])["status", "stats"])
                for (var number = 0; number < Supervisors; number++) yield return (what, $"{api}/supervisor/{ManySupervisors.Id(number)}/{what}");
            yield return ("tasks", $"{api}/tasks");
            yield return ("workers", $"{api}/workers");
            yield return ("capacity", $"{api}/totalWorkerCapacity");
            yield return ("version", "/status");
        }
    }

    /// <summary>New supervisors, one after the other.</summary>
    private static async Task<IReadOnlyList<double>> PostAsync(HttpClient http, ManySupervisors many)
    {
        var took = new List<double>();
        for (var number = Supervisors; number < Supervisors + Posts; number++)
        {
            var spec = many.Spec(number);
            var clock = Stopwatch.StartNew();
            using var content = new StringContent(spec, Encoding.UTF8, "application/json");
            using var response = await http.PostAsync("/druid/indexer/v1/supervisor", content);
            response.EnsureSuccessStatusCode();
            took.Add(clock.Elapsed.TotalMilliseconds);
        }
        return took;
    }

    /// <param name="Failure">Null where it was answered with success.</param>
    private sealed record Answer(string Kind, double Millis, string? Failure);
}
