using System.Diagnostics;
using System.Text.Json;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Embedded;

/// <summary>Sees from outside whether partitions are read: asks the workers themselves all the time, and measures how long none of their tasks gets any further.</summary>
public sealed class ReadingWatch : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(50), CallTimeout = TimeSpan.FromSeconds(1);
    private const int Remembered = 20;

    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = CallTimeout }) { Timeout = CallTimeout };
    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();
    private readonly Dictionary<(string Supervisor, StreamPartition Partition), (long Stamp, DateTimeOffset At)> read = [];
    private readonly Dictionary<string, PartitionOffsets> tasks = new(StringComparer.Ordinal);
    private readonly PriorityQueue<Gap, TimeSpan> longest = new(); // the shortest of them first
    private readonly Task watching;

    /// <param name="workers">Base URLs, whether they answer at the moment or not.</param>
    public ReadingWatch(IEnumerable<Uri> workers) => watching = Task.WhenAll(workers.Select(w => Task.Run(() => WatchAsync(w))));

    /// <summary>In which nobody read the partition.</summary>
    public sealed record Gap(string Supervisor, StreamPartition Partition, DateTimeOffset From, TimeSpan Lasting);

    /// <summary>Partitions that somebody has been seen to read.</summary>
    public int Partitions
    {
        get { lock (gate) return read.Count; }
    }

    /// <summary>Forgets the gaps so far; those that are open count from now.</summary>
    public void Begin()
    {
        lock (gate)
        {
            longest.Clear();
            foreach (var key in read.Keys.ToList()) read[key] = (Stopwatch.GetTimestamp(), DateTimeOffset.UtcNow);
        }
    }

    /// <summary>The longest since <see cref="Begin"/>, those that are still open included; the longest first, at most 20.</summary>
    public IReadOnlyList<Gap> Longest()
    {
        lock (gate)
        {
            var open = read.Select(r => new Gap(r.Key.Supervisor, r.Key.Partition, r.Value.At, Stopwatch.GetElapsedTime(r.Value.Stamp)));
            return [.. longest.UnorderedItems.Select(i => i.Element).Concat(open).OrderByDescending(g => g.Lasting).Take(Remembered)];
        }
    }

    private async Task WatchAsync(Uri worker)
    {
        WorkerState? last = null;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                last = await WorkerStates.OfAsync(http, worker, last, stop.Token);
                lock (gate)
                {
                    foreach (var report in last.Tasks) Observe(report);
                }
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or JsonException or IOException)
            {
                last = null; // it is gone, hangs, or has been told to end
            }
            await Task.Delay(Period, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Observe(TaskReport report)
    {
        if (report.CurrentOffsets.Count == 0) return;
        if (tasks.TryGetValue(report.Id, out var before))
            foreach (var (partition, offset) in report.CurrentOffsets)
                if (before.TryGet(partition, out var was) && offset > was) Progressed((SupervisorOf(report.Id), partition));
        tasks[report.Id] = report.CurrentOffsets;
    }

    private void Progressed((string Supervisor, StreamPartition Partition) key)
    {
        if (read.TryGetValue(key, out var last))
        {
            var gap = new Gap(key.Supervisor, key.Partition, last.At, Stopwatch.GetElapsedTime(last.Stamp));
            longest.Enqueue(gap, gap.Lasting);
            if (longest.Count > Remembered) longest.Dequeue();
        }
        read[key] = (Stopwatch.GetTimestamp(), DateTimeOffset.UtcNow);
    }

    /// <summary>A task's id ends in what the start offsets give and what the replica has.</summary>
    private static string SupervisorOf(string taskId) => string.Join('_', taskId.Split('_')[..^2]);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await watching;
        http.Dispose();
        stop.Dispose();
    }
}
