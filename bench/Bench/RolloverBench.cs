using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Confluent.Kafka;
using Ingestion.Embedded;

namespace Ingestion.Bench;

/// <summary><c>bench/rollover</c>: how long reading stands still when a task group rolls over, with 1,000 events a second arriving.</summary>
internal static class RolloverBench
{
    private const int EventsPerSecond = 1_000, Rollovers = 6, TaskSeconds = 5;

    public static async Task<int> RunAsync()
    {
        await using var world = await BenchWorld.StartAsync();
        const string topic = "rollover";
        await world.Kafka.CreateTopicAsync(topic, 1);
        var folder = Path.Combine(world.Folder, "stack");
        await using var stack = new Stack(folder, await world.DatabaseAsync(topic), Path.Combine(folder, "segments"));
        await stack.StartOverlordAsync();
        await stack.StartWorkerAsync(capacity: 8);
        using var stop = new CancellationTokenSource();
        var clock = Stopwatch.StartNew();
        var available = new Arrivals(clock);
        var producing = Task.Run(() => Produce(world.Kafka.BootstrapServers, topic, available, stop.Token));
        var spec = Workload.Raw(topic).Spec(topic, topic, world.Kafka.BootstrapServers);
        spec["spec"]!["ioConfig"]!["taskDuration"] = $"PT{TaskSeconds}S";
        await stack.Client.PostSpecAsync(spec.ToJsonString());
        var observations = await ObserveAsync(stack.Client, topic, available, clock);
        await stop.CancelAsync();
        await producing;
        var gaps = observations.Skip(1).Select(o => o.GapMillis).Order().ToList(); // the first task is a start, not a rollover
        var steady = observations.Select(o => o.SteadyMillis).Order().ToList();
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            reading_gap_ms = new { p50 = Math.Round(gaps[gaps.Count / 2], 1), max = Math.Round(gaps[^1], 1) },
            longest_stall_between_rollovers_ms = new { p50 = Math.Round(steady[steady.Count / 2], 1), max = Math.Round(steady[^1], 1) },
            rollovers = gaps.Count, events_per_s = EventsPerSecond,
        }));
        return 0;
    }

    /// <summary>Per task: the time from the last progress of its predecessor to its own first, and the longest stall while it read. Time in which the broker had
    /// nothing to read is not counted.</summary>
    private static async Task<List<Observation>> ObserveAsync(OverlordClient overlord, string supervisor, Arrivals available, Stopwatch clock)
    {
        using var http = new HttpClient();
        var chats = new List<(string Id, Uri Offsets)>();
        var observations = new List<Observation>();
        var lookedAt = TimeSpan.Zero;
        var (furthest, progressAt) = (0L, TimeSpan.Zero);
        string? reader = null;
        while (observations.Count <= Rollovers)
        {
            if (available.Problem is { } problem) throw new InvalidOperationException($"an event was not delivered: {problem}");
            if (clock.Elapsed > TimeSpan.FromSeconds(60 + Rollovers * TaskSeconds * 3)) throw new TimeoutException("the task groups do not roll over");
            if (clock.Elapsed - lookedAt > TimeSpan.FromMilliseconds(20))
            {
                chats = await ChatsAsync(overlord, supervisor);
                lookedAt = clock.Elapsed;
            }
            foreach (var (id, uri) in chats)
            {
                if (await OffsetAsync(http, uri) is not { } offset || offset <= furthest) continue;
                var now = clock.Elapsed;
                var since = available.At(furthest) is { } arrived && arrived > progressAt ? arrived : progressAt;
                var stall = Math.Max(0, (now - since).TotalMilliseconds);
                if (id != reader)
                {
                    observations.Add(new Observation(stall, 0));
                    BenchWorld.Progress($"task {observations.Count}: {stall:0.0} ms after the last event of the one before");
                    reader = id;
                }
                else if (stall > observations[^1].SteadyMillis) observations[^1] = observations[^1] with { SteadyMillis = stall };
                (furthest, progressAt) = (offset, now);
            }
            await Task.Delay(2);
        }
        return observations;
    }

    private static async Task<List<(string, Uri)>> ChatsAsync(OverlordClient overlord, string supervisor)
    {
        var tasks = await overlord.GetAsync($"/druid/indexer/v1/tasks?state=running&datasource={supervisor}");
        return [.. tasks.EnumerateArray().Where(t => t.GetProperty("location").GetProperty("port").GetInt32() > 0).Select(t => (t.GetProperty("id").GetString()!,
            new Uri($"http://{t.GetProperty("location").GetProperty("host").GetString()}:{t.GetProperty("location").GetProperty("port").GetInt32()}/druid/worker/v1/chat/{t.GetProperty("id").GetString()}/offsets/current")))];
    }

    private static async Task<long?> OffsetAsync(HttpClient http, Uri uri)
    {
        using var response = await http.GetAsync(uri);
        return response.IsSuccessStatusCode && await response.Content.ReadFromJsonAsync<Dictionary<string, long>>() is { Count: > 0 } offsets ? offsets.Values.Sum() : null;
    }

    private static void Produce(string bootstrapServers, string topic, Arrivals available, CancellationToken stop)
    {
        using var producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig { BootstrapServers = bootstrapServers, LingerMs = 0 }).Build();
        var events = Sample.Read(Sample.Find()).ToList();
        var clock = Stopwatch.StartNew();
        for (var sent = 0; !stop.IsCancellationRequested;)
        {
            for (var due = (int)(clock.Elapsed.TotalSeconds * EventsPerSecond); sent < due; sent++)
                producer.Produce(new TopicPartition(topic, 0), new Message<Null, byte[]> { Value = events[sent % events.Count] }, available.Note);
            Thread.Sleep(1);
        }
        producer.Flush(TimeSpan.FromSeconds(10));
    }

    /// <summary>When the broker had each event, by offset.</summary>
    private sealed class Arrivals(Stopwatch clock)
    {
        private readonly ConcurrentDictionary<long, TimeSpan> at = new();

        public void Note(DeliveryReport<Null, byte[]> report)
        {
            if (report.Error.IsError) Problem = report.Error.Reason;
            else at[report.Offset.Value] = clock.Elapsed;
        }

        /// <summary>Why an event was not delivered; null while all were.</summary>
        public volatile string? Problem;

        /// <summary>Null where its acknowledgement is not here yet, though it may have been read.</summary>
        public TimeSpan? At(long offset) => at.TryGetValue(offset, out var arrived) ? arrived : null;
    }

    private sealed record Observation(double GapMillis, double SteadyMillis);
}
