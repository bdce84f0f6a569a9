using Confluent.Kafka;
using Ingestion.IndexTask.Segment;
using Npgsql;

namespace Ingestion.Embedded.Chaos;

/// <summary>Events flow through an installation while its parts and the ways between them fail; at the end each event must have been published exactly once.</summary>
public static class ChaosRun
{
    private const string Name = "chaos", TaskDuration = "PT6S";
    private const int Overlords = 2, Workers = 3, Replicas = 2, TaskCount = 2, Partitions = 4, Capacity = 8, EventsPerSecond = 5_000;
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(3);

    /// <param name="folder">To be made; PostgreSQL's user must be able to enter its parent.</param>
    /// <param name="seed">Of the faults: the same seed gives the same, at the same times.</param>
    /// <param name="say">Progress.</param>
    /// <param name="forgets">With connections that die unnoticed.</param>
    public static async Task<ChaosOutcome> RunAsync(string folder, int seed, int faults, Action<string> say, bool forgets = false)
    {
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        ChaosOutcome outcome;
        await using (var chaos = await ChaosCluster.StartAsync(folder, Overlords, Workers, Capacity))
        {
            outcome = await RunAsync(chaos, folder, seed, FaultPlan.Of(seed, faults, Overlords, Workers, forgets), say);
            await File.WriteAllTextAsync(Path.Combine(folder, "outcome.txt"), $"{outcome}");
        }
        if (outcome.Problems.Count == 0) Directory.Delete(folder, recursive: true);
        return outcome;
    }

    private static async Task<ChaosOutcome> RunAsync(ChaosCluster chaos, string folder, int seed, IReadOnlyList<Fault> plan, Action<string> say)
    {
        var injector = new FaultInjector(chaos, say);
        var problems = new List<string>();
        IReadOnlyList<ReadingWatch.Gap> gaps = [];
        PublishedEvents? published = null;
        await using var database = NpgsqlDataSource.Create(chaos.ConnectionString);
        try
        {
            await chaos.Cluster.StartAsync();
            await chaos.Kafka.CreateTopicAsync(Name, Partitions);
            await using var producer = new SteadyProducer(chaos.BootstrapServers, Name, Partitions, EventsPerSecond, NumberedEvents.Of, remembers: false);
            await chaos.Cluster.AskAsync(HttpMethod.Post, "/druid/indexer/v1/supervisor", NumberedEvents.Spec(Name, chaos.BootstrapServers, TaskCount, Replicas, TaskDuration));
            await using (var watch = new ReadingWatch(chaos.Cluster.Workers.Select(w => w.Address)))
            {
                await chaos.Cluster.UntilAsync("all partitions are read", () => Task.FromResult(watch.Partitions == Partitions));
                watch.Begin();
                say($"events flow; faults of seed {seed} begin");
                await injector.RunAsync(plan);
                gaps = watch.Longest();
            }
            await producer.StopAsync();
            if (producer.Problem is { } undelivered) problems.Add($"the producer could not send all: {undelivered}");
            say($"the faults are over, {producer.Sent:N0} events were sent");
            await SettleAsync(chaos, database, producer.Sent);
            published = await PublishedEvents.CompareAsync(chaos.Kafka.BootstrapServers, Name, Partitions, database, Name);
            if (published is { Lost: > 0 } or { Duplicates: > 0 } or { Strangers: > 0 }) problems.Add("events were not published exactly once");
        }
        catch (Exception e) when (e is TimeoutException or NpgsqlException or InvalidOperationException or HttpRequestException or KafkaException or InvalidSegmentException) { problems.Add(e.Message); }
        problems.AddRange(injector.Problems);
        return new ChaosOutcome(seed, plan.Count, published, gaps, [.. injector.Journal], problems, folder);
    }

    /// <summary>Until all is published without anybody's help, and then until no task is left that could publish anything twice.</summary>
    private static async Task SettleAsync(ChaosCluster chaos, NpgsqlDataSource database, long events)
    {
        var committed = 0L;
        await chaos.Cluster.UntilAsync($"{events} events are published", async () => (committed = await PublishedMetadata.CommittedAsync(database, Name)) >= events, () => $"{committed} are", Settling);
        await chaos.Cluster.AskAsync(HttpMethod.Post, $"/druid/indexer/v1/supervisor/{Name}/suspend");
        await using var command = database.CreateCommand("SELECT count(*) FROM druid_tasks WHERE active");
        await chaos.Cluster.UntilAsync("no task is active any more", async () => await command.ExecuteScalarAsync() is 0L, limit: Settling);
    }
}
