using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Publish;

namespace Ingestion.IndexTask.Hosting;

/// <summary>
/// Keeps the open rows of a task within their share of memory: when half of it is used up, the largest sink spills, and reading goes on during the
/// spill; only when the rows that came since and those being written fill the whole share, reading waits. The share is in bytes. Druid's
/// maxRowsInMemory counts where it is another than its default, which is meant for Java objects and stands in every spec that Druid has serialised;
/// as with Druid it counts only rows that are not being written.
/// </summary>
internal sealed class SinkMemory : IDisposable
{
    private const int BatchesBetweenChecks = 8, LeastRows = 512;
    private const long LeastBytes = 1 << 20;
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private readonly TaskSpec spec;
    private readonly string directory;
    private readonly int maxRows;
    private readonly long maxBytes;
    private readonly Action<string?> trouble;
    private readonly ILogger logger;
    private readonly CancellationToken cancellation;
    private readonly Lock gate = new();
    private readonly HashSet<Sink> open = [];
    private Task spilling = Task.CompletedTask;
    private int sinks;
    private int batches;
    private long writing; // bytes of the spill begun last

    /// <param name="spec">The task.</param>
    /// <param name="services">The worker's.</param>
    /// <param name="trouble">Told why a spill cannot be written, and null once it is.</param>
    /// <param name="cancellation">Ends spills.</param>
    public SinkMemory(TaskSpec spec, WorkerServices services, Action<string?> trouble, CancellationToken cancellation)
    {
        (this.spec, this.trouble, this.cancellation) = (spec, trouble, cancellation);
        logger = services.Loggers.CreateLogger<SinkMemory>();
        directory = Path.Combine(services.WorkFolder, Uri.EscapeDataString(spec.Payload.Id));
        maxRows = spec.Tuning.MaxRowsInMemory == TuningConfig.DefaultMaxRowsInMemory ? int.MaxValue : spec.Tuning.MaxRowsInMemory;
        maxBytes = spec.Tuning.MaxBytesInMemory switch { 0 => Math.Max(64 << 20, services.Options.SinkMemoryBytes / services.Options.Capacity), < 0 => long.MaxValue, var given => given };
    }

    public Sink NewSink(SegmentIdWithShardSpec id)
    {
        var path = Path.Combine(directory, (sinks++).ToString(System.Globalization.CultureInfo.InvariantCulture));
        Directory.CreateDirectory(path);
        var sink = new Sink(spec.Schema, id.Interval, path);
        lock (gate) open.Add(sink);
        return sink;
    }

    /// <summary>Ends a sink that is written to deep storage. By any thread.</summary>
    public void Release(Sink sink)
    {
        lock (gate) open.Remove(sink);
        sink.Dispose();
    }

    /// <summary>Called after each batch of records.</summary>
    /// <param name="segments">Open segments.</param>
    /// <param name="wait">Waits for a task while the commands go on being served.</param>
    public void SpillIfFull(SegmentSet segments, Action<Task> wait)
    {
        if (maxRows == int.MaxValue && ++batches < BatchesBetweenChecks) return;
        batches = 0;
        if (!MustSpill(segments)) return;
        wait(spilling);
        // While it waited the sequence may have been handed over, and its segments with it.
        if (Largest(segments) is not { } largest || largest.Sink.BeginSpill() is not { } spill) return;
        writing = spill.Bytes;
        spilling = Task.Run(() => Write(spill, largest.Id.Id), cancellation);
    }

    /// <summary>The sink whose spill frees most. Many sinks of a few rows are left alone: each spill is a file, costs a merge, and frees next to nothing.</summary>
    private OpenSegment? Largest(SegmentSet segments)
    {
        var least = Math.Max(1, Math.Min(LeastRows, maxRows / Math.Max(1, segments.All.Count))); // the fullest holds the average at least
        return segments.All.Where(s => s.Sink.RowsInMemory >= least || s.Sink.BytesToSpill >= LeastBytes).MaxBy(s => s.Sink.BytesToSpill);
    }

    /// <summary>Ends when nothing is being spilled.</summary>
    public Task Settled() => Volatile.Read(ref spilling);

    /// <summary>Releases all sinks; nothing may read or spill them any more.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            foreach (var sink in open) sink.Dispose();
            open.Clear();
        }
        try
        {
            if (Directory.Exists(directory)) Directory.Delete(directory, recursive: true);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            HostLog.CleanUpFails(logger, directory, problem);
        }
    }

    // While a spill is being written another one helps only once reading would have to wait for memory anyway.
    private bool MustSpill(SegmentSet segments)
    {
        long rows = 0, bytes = 0;
        foreach (var segment in segments.All)
        {
            rows += segment.Sink.RowsInMemory;
            bytes += segment.Sink.BytesToSpill;
        }
        return rows >= maxRows || (spilling.IsCompleted ? bytes >= maxBytes / 2 : bytes + writing >= maxBytes);
    }

    private async Task Write(PendingSpill spill, string segment)
    {
        for (; ; )
        {
            try
            {
                spill.Write(cancellation);
                trouble(null);
                return;
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                HostLog.SpillFails(logger, segment, problem);
                trouble($"rows of segment [{segment}] cannot be written to [{directory}]: {problem.Message}");
            }
            await Task.Delay(RetryPause, cancellation);
        }
    }
}
