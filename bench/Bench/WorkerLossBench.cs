using System.Diagnostics;
using System.Text.Json;
using Ingestion.Contracts.Tasks;
using Ingestion.Embedded;
using Ingestion.Embedded.Chaos;
using Npgsql;

namespace Ingestion.Bench;

/// <summary><c>bench/worker-loss</c>: how long nobody reads when the worker of a task without replica goes, or the task alone, and how long what was not committed is read again. The worst of all rounds counts.</summary>
internal static class WorkerLossBench
{
    private const string Name = "lost", RereadName = "reread";
    private const int Workers = 2, Capacity = 4, Partitions = 2, EventsPerSecond = 1_000, RereadEvents = 200_000;
    private const double WorkerGoal = 5_000, TaskGoal = 2_000;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10), Patience = TimeSpan.FromSeconds(60), Stable = TimeSpan.FromSeconds(6);

    public static async Task<int> RunAsync(int rounds)
    {
        var missed = new List<string>();
        await using var world = await BenchWorld.StartAsync();
        var metadata = await world.DatabaseAsync(Name);
        await using var cluster = new Cluster(Path.Combine(world.Folder, Name), [metadata], Workers, Capacity);
        await cluster.StartAsync();
        await world.Kafka.CreateTopicAsync(Name, Partitions);
        await using var producer = new SteadyProducer(world.Kafka.BootstrapServers, Name, Partitions, EventsPerSecond, remembers: false);
        await cluster.AskAsync(HttpMethod.Post, "/druid/indexer/v1/supervisor", Workload.Raw(Name).Spec(Name, Name, world.Kafka.BootstrapServers).ToJsonString());
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(1) };
        IReadOnlyList<Part> Others(Part worker) => [.. cluster.Workers.Where(w => w != worker)];
        var (killed, hung, failed, twins) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var round = 1; round <= rounds; round++)
        {
            var (worker, _) = await ReaderAsync(cluster, http);
            killed.Add(await ReplacedAsync(cluster, http, Others(worker), worker.KillAsync));
            await worker.StartAsync();
            await RestAsync(cluster);

            (worker, var task) = await ReaderAsync(cluster, http);
            hung.Add(await ReplacedAsync(cluster, http, Others(worker), () => { worker.Suspend(); return Task.CompletedTask; }));
            worker.Resume();
            var clock = Stopwatch.StartNew();
            await cluster.UntilAsync("the replaced task has ended", async () => (await WorkerStates.OfAsync(http, worker.Address)).Tasks.All(t => t.Id != task || t.Outcome != TaskOutcome.Running));
            twins.Add(clock.Elapsed.TotalMilliseconds);
            await RestAsync(cluster);

            (worker, task) = await ReaderAsync(cluster, http);
            failed.Add(await ReplacedAsync(cluster, http, cluster.Workers, async () => (await http.PostAsync(new Uri(worker.Address, $"/druid/worker/v1/task/{task}/shutdown"), null)).EnsureSuccessStatusCode().Dispose()));
            await RestAsync(cluster);
            BenchWorld.Progress($"{round} of {rounds}: another task reads {killed[^1]:0} ms after kill -9 of the worker, {hung[^1]:0} ms after SIGSTOP (its twin ended {twins[^1]:0} ms after SIGCONT), {failed[^1]:0} ms after the task failed alone");
        }
        await producer.StopAsync();
        if (producer.Problem is { } problem) throw new InvalidOperationException($"an event was not delivered: {problem}");
        await cluster.AskAsync(HttpMethod.Post, $"/druid/indexer/v1/supervisor/{Name}/terminate");
        var reread = await RereadAsync(world, cluster, http, metadata, rounds);
        FailoverBench.Goal(missed, "killed", "until another task reads", killed.Max(), WorkerGoal);
        FailoverBench.Goal(missed, "hung", "until another task reads", hung.Max(), WorkerGoal);
        FailoverBench.Goal(missed, "task", "until another task reads", failed.Max(), TaskGoal);
        foreach (var goal in missed) BenchWorld.Progress($"missed: {goal}");
        Console.WriteLine(JsonSerializer.Serialize(new { killed_ms = Figures.Of(killed), hung_ms = Figures.Of(hung), twin_ended_ms = Figures.Of(twins), task_failed_ms = Figures.Of(failed), reread_ms = Figures.Of(reread), reread_events = RereadEvents }));
        return missed.Count == 0 ? 0 : 1;
    }

    /// <summary>The worker of a task that has read a topic, and committed nothing, is killed and started again at once: until the task's replacement, wherever it is, has read all of it again; in ms.</summary>
    private static async Task<IReadOnlyList<double>> RereadAsync(BenchWorld world, Cluster cluster, HttpClient http, string metadata, int rounds)
    {
        await using var database = NpgsqlDataSource.Create(metadata);
        await world.FillAsync(RereadName, Partitions, Inputs.Of(Inputs.Wikipedia).Take(RereadEvents));
        await cluster.AskAsync(HttpMethod.Post, "/druid/indexer/v1/supervisor", Workload.Raw(RereadName).Spec(RereadName, RereadName, world.Kafka.BootstrapServers).ToJsonString());
        var took = new List<double>();
        for (var round = 1; round <= rounds; round++)
        {
            var (worker, task) = await UntilAllReadAsync(cluster, http, but: null);
            await RestAsync(cluster);
            if (await PublishedMetadata.CommittedAsync(database, RereadName) is > 0 and var committed) throw new InvalidOperationException($"{committed} events have been committed: less than all would be read again");
            var clock = Stopwatch.StartNew();
            await worker.KillAsync();
            await worker.StartAsync();
            await UntilAllReadAsync(cluster, http, but: task);
            took.Add(clock.Elapsed.TotalMilliseconds);
            BenchWorld.Progress($"restart {round} of {rounds}: {RereadEvents:N0} events are read again {took[^1]:0} ms after kill -9 of their worker");
        }
        return took;
    }

    /// <param name="but">A task that does not count.</param>
    /// <returns>The task that has read all events, and its worker.</returns>
    private static async Task<(Part Worker, string Task)> UntilAllReadAsync(Cluster cluster, HttpClient http, string? but)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < Patience)
        {
            foreach (var (worker, report) in await RunningAsync(cluster.Workers, http))
                if (report.Id != but && report.CurrentOffsets.Sum(o => o.Value) == RereadEvents) return (worker, report.Id);
            await Task.Delay(Poll);
        }
        throw new TimeoutException($"{RereadEvents:N0} events were not read within {Patience.TotalSeconds} s; the end of the overlord's log:\n{ChildProcess.Tail(cluster.Overlords[0].LogPath, 20)}");
    }

    /// <summary>The worker whose task has read something, and that task's id.</summary>
    private static async Task<(Part Worker, string Task)> ReaderAsync(Cluster cluster, HttpClient http)
    {
        (Part Worker, string Task)? reader = null;
        await cluster.UntilAsync("a task reads", async () => (reader = (await ReadersAsync(cluster.Workers, http)).Cast<(Part Worker, string Task)?>().FirstOrDefault()) is not null);
        return reader!.Value;
    }

    /// <summary>From when it happens until a task that had not read before has; in ms.</summary>
    /// <param name="asked">Where it may be.</param>
    private static async Task<double> ReplacedAsync(Cluster cluster, HttpClient http, IReadOnlyList<Part> asked, Func<Task> happen)
    {
        var before = (await ReadersAsync(cluster.Workers, http)).Select(r => r.Task).ToHashSet(StringComparer.Ordinal);
        var clock = Stopwatch.StartNew();
        var happening = happen();
        while (clock.Elapsed < Patience)
        {
            if ((await ReadersAsync(asked, http)).Any(r => !before.Contains(r.Task)))
            {
                var took = clock.Elapsed.TotalMilliseconds;
                await happening;
                return took;
            }
            await Task.Delay(Poll);
        }
        throw new TimeoutException($"no other task read within {Patience.TotalSeconds} s; the end of the overlord's log:\n{ChildProcess.Tail(cluster.Overlords[0].LogPath, 20)}");
    }

    /// <summary>Tasks that run and have taken in an event.</summary>
    private static async Task<IReadOnlyList<(Part Worker, string Task)>> ReadersAsync(IEnumerable<Part> workers, HttpClient http) =>
        [.. (await RunningAsync(workers, http)).Where(t => t.Report.Rows.Processed > 0).Select(t => (t.Worker, t.Report.Id))];

    private static async Task<IReadOnlyList<(Part Worker, TaskReport Report)>> RunningAsync(IEnumerable<Part> workers, HttpClient http)
    {
        var running = new List<(Part Worker, TaskReport Report)>();
        foreach (var worker in workers.Where(w => w.IsRunning))
        {
            try
            {
                var state = await WorkerStates.OfAsync(http, worker.Address);
                running.AddRange(state.Tasks.Where(t => t.Outcome == TaskOutcome.Running).Select(t => (worker, t)));
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException) { continue; } // it is being started
        }
        return running;
    }

    /// <summary>Until both workers are there again, and the task has read for so long that its supervisor takes what comes for the first failure: the next round is to begin like the first.</summary>
    private static async Task RestAsync(Cluster cluster)
    {
        await cluster.UntilAsync("both workers are there", async () => (await cluster.LeaderSaysAsync(cluster.Overlords[0], "/druid/indexer/v1/workers")).GetArrayLength() == Workers);
        await Task.Delay(Stable);
        await Machine.UntilAtRestAsync();
    }
}
