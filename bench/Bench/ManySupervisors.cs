using System.Globalization;
using System.Text.RegularExpressions;
using Ingestion.Embedded;

namespace Ingestion.Bench;

/// <summary>An overlord with many supervisors over a few topics. Broker, database and HTTP are real, the workers are <see cref="SimulatedWorker"/>s.</summary>
internal sealed partial class ManySupervisors : IAsyncDisposable
{
    public const int Posters = 8; // requests at a time
    private const int Topics = 20, Partitions = 10, SpareSlots = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private readonly BenchWorld world;
    private readonly List<SimulatedWorker> workers = [];

    private ManySupervisors(BenchWorld world, Stack stack, int size, int tasksEach) => (this.world, Stack, Size, TasksEach) = (world, stack, size, tasksEach);

    public Stack Stack { get; }
    public int Size { get; }

    /// <summary>Of a supervisor.</summary>
    public int TasksEach { get; }
    public IReadOnlyList<SimulatedWorker> Workers => workers;
    public MeasuredProcess Overlord => new(Stack.Overlord!.Id);

    /// <summary>Makes the topics, once a world.</summary>
    public static async Task CreateTopicsAsync(BenchWorld world)
    {
        for (var topic = 0; topic < Topics; topic++) await world.Kafka.CreateTopicAsync(Topic(topic), Partitions);
    }

    /// <summary>An overlord and workers, with no supervisor yet.</summary>
    /// <param name="size">Supervisors that there will be.</param>
    /// <param name="tasksEach">Of a supervisor, at most 10.</param>
    public static async Task<ManySupervisors> StartAsync(BenchWorld world, int size, int workers = 10, int tasksEach = 1)
    {
        var folder = Path.Combine(world.Folder, $"of{size}");
        var many = new ManySupervisors(world, new Stack(folder, await world.DatabaseAsync($"of{size}"), Path.Combine(folder, "segments")), size, tasksEach);
        try
        {
            await many.Stack.StartOverlordAsync();
            for (var worker = 0; worker < workers; worker++) many.workers.Add(await SimulatedWorker.StartAsync($"worker-{worker}", (size * tasksEach + SpareSlots) / workers, many.Stack.Client.Address));
            return many;
        }
        catch
        {
            await many.DisposeAsync();
            throw;
        }
    }

    public static string Id(int number) => $"many{number}";

    public string Spec(int number)
    {
        var spec = Workload.Raw(Topic(number)).Spec(Id(number), Topic(number), world.Kafka.BootstrapServers);
        spec["spec"]!["ioConfig"]!["period"] = "PT30S"; // Druid's default
        spec["spec"]!["ioConfig"]!["taskCount"] = TasksEach;
        return spec.ToJsonString();
    }

    /// <summary>Posts all of them.</summary>
    public Task PostAsync() => Parallel.ForAsync(0, Size, new ParallelOptions { MaxDegreeOfParallelism = Posters }, async (number, _) => await Stack.Client.PostSpecAsync(Spec(number)));

    /// <summary>Until each supervisor is RUNNING with tasks that read and lags that are known.</summary>
    public Task UntilRunningAsync() => RunningSupervisors.UntilAsync(Stack.Client, Enumerable.Range(0, Size).Select(Id), Partitions, Patience, TimeSpan.FromMilliseconds(Math.Max(50, Size / 5))); // the states of all are a large answer

    /// <summary>Stops the overlord and reads what it logs of its steps last.</summary>
    public async Task<(long Count, double P99Millis, double LongestMillis)> StopAsync()
    {
        await Stack.Overlord!.StopAsync();
        var steps = StepsRegex().Matches(File.ReadAllText(Stack.Overlord!.LogPath))[^1]; // overlords that ran before it wrote theirs above
        return (long.Parse(steps.Groups[1].Value, CultureInfo.InvariantCulture), double.Parse(steps.Groups[2].Value, CultureInfo.InvariantCulture), double.Parse(steps.Groups[3].Value, CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in workers) await worker.DisposeAsync();
        await Stack.DisposeAsync();
    }

    private static string Topic(int number) => $"shared{number % Topics}";

    [GeneratedRegex("took ([0-9]+) steps .*within ([0-9.]+) ms, the longest in ([0-9.]+) ms")]
    private static partial Regex StepsRegex();
}
