using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;

namespace Ingestion.Bench;

/// <summary><c>bench/workers</c>: what an overlord with a hundred workers and 1,000 tasks costs, and how long a task takes to get to a worker.</summary>
internal static class WorkersBench
{
    private const int Workers = 100, Supervisors = 100, TasksEach = 10, FailuresPerSecond = 10, Failures = 600;
    private const double AssignmentGoal = 100, CoresGoal = 0.3;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(20), Watched = TimeSpan.FromSeconds(60), Patience = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync()
    {
        await using var world = await BenchWorld.StartAsync();
        await ManySupervisors.CreateTopicsAsync(world);
        await using var many = await ManySupervisors.StartAsync(world, Supervisors, Workers, TasksEach);
        var clock = Stopwatch.StartNew();
        await many.PostAsync();
        await many.UntilRunningAsync();
        var running = clock.Elapsed.TotalSeconds;
        BenchWorld.Progress($"{many.Workers.Sum(w => w.Tasks.Count)} tasks run on {Workers} workers after {running:0.0} s");

        await Task.Delay(Settling);
        var before = many.Overlord.CpuSeconds();
        await Task.Delay(Watched);
        var cores = (many.Overlord.CpuSeconds() - before) / Watched.TotalSeconds;
        BenchWorld.Progress($"{cores:0.000} cores at rest");

        var assignments = await ReplaceAsync(many);
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            workers = Workers, tasks = Supervisors * TasksEach, running_s = Math.Round(running, 1), cores = Math.Round(cores, 3), assignment_ms = Figures.Of(assignments),
            threads = many.Overlord.Threads(), rss_mib = Math.Round(many.Overlord.RssMib()),
        }));
        return cores < CoresGoal && Figures.Quantile(assignments, 0.99) < AssignmentGoal ? 0 : 1;
    }

    /// <summary>Tasks of all supervisors end as failures at an even rate, no two of one group. Each time: from when its worker has that to tell until some worker is given the replacement, which has the id
    /// of the task but for its end.</summary>
    private static async Task<IReadOnlyList<double>> ReplaceAsync(ManySupervisors many)
    {
        var waiting = new ConcurrentDictionary<string, (string Task, long Since)>(StringComparer.Ordinal);
        var took = new ConcurrentBag<double>();
        foreach (var worker in many.Workers)
            worker.Assigned = task =>
            {
                if (waiting.TryRemove(ObservedTask.GroupOf(task), out var failed)) took.Add(Stopwatch.GetElapsedTime(failed.Since).TotalMilliseconds);
            };
        var turns = many.Workers.SelectMany(w => w.Tasks.Select(t => (Worker: w, Task: t))).OrderBy(t => t.Task[^4..], StringComparer.Ordinal).Take(Failures).ToList();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / FailuresPerSecond));
        foreach (var (worker, task) in turns)
        {
            waiting[ObservedTask.GroupOf(task)] = (task, Stopwatch.GetTimestamp());
            worker.Fail(task);
            await timer.WaitForNextTickAsync();
        }
        var patience = Stopwatch.StartNew();
        while (!waiting.IsEmpty)
        {
            if (patience.Elapsed > Patience) throw new TimeoutException($"{waiting.Count} of {turns.Count} tasks were not replaced, {waiting.Values.First().Task} among them");
            await Task.Delay(50);
        }
        return [.. took];
    }
}
