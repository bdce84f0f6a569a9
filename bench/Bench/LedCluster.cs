using System.Diagnostics;
using Ingestion.Embedded;
using Ingestion.Embedded.Chaos;

namespace Ingestion.Bench;

/// <summary>Some overlords, two real workers, and supervisors whose tasks read what comes all the time: to see leadership change hands.</summary>
internal sealed class LedCluster : IAsyncDisposable
{
    private const int Topics = 5, Partitions = 2, EventsPerSecond = 100, Workers = 2, Capacity = 40, Posters = 8, Linger = 100; // events of each topic; ms: not a request for each event, to a broker that shares the cores with what is measured
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60), Poll = TimeSpan.FromMilliseconds(5), Look = TimeSpan.FromMilliseconds(20);

    private readonly List<SteadyProducer> producers = [];
    private readonly IReadOnlyList<string> ids;

    private LedCluster(Cluster cluster, string connectionString, int supervisors)
    {
        (Processes, ConnectionString) = (cluster, connectionString);
        ids = [.. Enumerable.Range(0, supervisors).Select(Id)];
        Watch = new ReadingWatch(cluster.Workers.Select(w => w.Address));
    }

    public Cluster Processes { get; }
    public string ConnectionString { get; }
    public int Supervisors => ids.Count;
    public ReadingWatch Watch { get; }

    /// <param name="options">Of every overlord.</param>
    public static async Task<LedCluster> StartAsync(BenchWorld world, string name, int overlords, int supervisors, IReadOnlyList<string> options)
    {
        var database = await world.DatabaseAsync(name);
        var cluster = new Cluster(Path.Combine(world.Folder, name), [.. Enumerable.Repeat(database, overlords)], Workers, Capacity, options: options);
        var led = new LedCluster(cluster, database, supervisors);
        try
        {
            await cluster.StartAsync();
            for (var topic = 0; topic < Topics; topic++)
            {
                await world.Kafka.CreateTopicAsync(Topic(name, topic), Partitions);
                led.producers.Add(new SteadyProducer(world.Kafka.BootstrapServers, Topic(name, topic), Partitions, EventsPerSecond, remembers: false, linger: Linger));
            }
            await Parallel.ForAsync(0, supervisors, new ParallelOptions { MaxDegreeOfParallelism = Posters }, async (number, _) =>
                await cluster.AskAsync(HttpMethod.Post, "/druid/indexer/v1/supervisor", Spec(world, name, number)));
            await led.UntilReconciledAsync(await cluster.UntilLeaderAsync());
            await cluster.UntilAsync("every supervisor's partitions are read", () => Task.FromResult(led.Watch.Partitions == supervisors * Partitions));
            await Machine.UntilAtRestAsync();
            BenchWorld.Progress($"{name}: {overlords} overlords, {supervisors} supervisors are RUNNING");
            return led;
        }
        catch
        {
            await led.DisposeAsync();
            throw;
        }
    }

    public static string Id(int number) => $"led{number}";

    /// <summary>Something happens to the leader: how long until another answers that it leads, until that one has all supervisors RUNNING and knows their offsets, and how long a partition was not read meanwhile.</summary>
    /// <param name="happen">Begins at once.</param>
    public async Task<TakeOver> TakeOverAsync(Func<Part, Task> happen)
    {
        var old = await Processes.UntilLeaderAsync();
        Watch.Begin();
        var clock = Stopwatch.StartNew();
        var happening = happen(old);
        var next = await NextAsync(old, clock);
        var leads = clock.Elapsed;
        await UntilReconciledAsync(next);
        var reconciled = clock.Elapsed;
        await happening;
        return new TakeOver(old, next, leads.TotalMilliseconds, (reconciled - leads).TotalMilliseconds, Watch.Longest()[0].Lasting.TotalMilliseconds);
    }

    /// <summary>Starts one that has ended, as a standby, and lets it come to rest.</summary>
    public async Task RestoreAsync(Part overlord)
    {
        await overlord.StartAsync();
        await Processes.UntilAsync($"{overlord.Name} answers", () => Processes.IsHealthyAsync(overlord));
        await Machine.UntilAtRestAsync();
    }

    public async Task UntilReconciledAsync(Part leader)
    {
        using var client = new OverlordClient(leader.Address);
        await RunningSupervisors.UntilAsync(client, ids, Partitions, Patience, Look);
    }

    public async ValueTask DisposeAsync()
    {
        await Watch.DisposeAsync();
        foreach (var producer in producers) await producer.DisposeAsync();
        await Processes.DisposeAsync();
    }

    private async Task<Part> NextAsync(Part old, Stopwatch clock)
    {
        while (clock.Elapsed < Patience)
        {
            foreach (var overlord in Processes.Overlords)
                if (overlord != old && overlord.IsRunning && await Processes.LeadsAsync(overlord)) return overlord;
            await Task.Delay(Poll);
        }
        throw new TimeoutException($"no other overlord led within {Patience.TotalSeconds} s; the end of the logs:\n{string.Join("\n", Processes.Overlords.Select(o => ChildProcess.Tail(o.LogPath, 5)))}");
    }

    private static string Topic(string name, int number) => $"{name}{number % Topics}";

    private static string Spec(BenchWorld world, string name, int number)
    {
        var spec = Workload.Raw(Topic(name, number)).Spec(Id(number), Topic(name, number), world.Kafka.BootstrapServers);
        spec["spec"]!["ioConfig"]!["period"] = "PT30S"; // Druid's default: what is taken over does not wait for it
        return spec.ToJsonString();
    }
}

/// <param name="LeadsMillis">Until another answered that it leads.</param>
/// <param name="ReconciledMillis">From then on, until all supervisors were RUNNING and their offsets known.</param>
/// <param name="GapMillis">The longest time in which a partition was not read.</param>
internal sealed record TakeOver(Part Old, Part Next, double LeadsMillis, double ReconciledMillis, double GapMillis);
