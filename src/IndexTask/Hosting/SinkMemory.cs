using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Columns;
using Ingestion.IndexTask.Hosting.Memory;
using Ingestion.IndexTask.Publish;

namespace Ingestion.IndexTask.Hosting;

/// <summary>
/// Tells what the open rows of a task take of the worker's <see cref="MemoryBudget"/>, and spills the largest sink when the budget asks for it. Where the spec has limits of
/// its own, they hold too. With maxBytesInMemory, when half of it is used up, the largest sink spills, and reading goes on during the spill; only when the rows that came since and those
/// being written fill all of it, reading waits. Druid's maxRowsInMemory counts where it is another than its default, which is meant for Java objects and stands in every spec that Druid has
/// serialised; as with Druid it counts only rows that are not being written.
/// </summary>
internal sealed class SinkMemory : IDisposable
{
    private const int LeastRows = 512, RowOverhead = 256;
    private const long LeastBytes = 1 << 20, WritingBytesPerRow = 44;
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private readonly TaskSpec spec;
    private readonly MemoryBudget budget;
    private readonly MemoryAccount account;
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
    private long sinceCheck; // bytes
    private long writing; // bytes of the spill begun last

    /// <param name="spec">The task.</param>
    /// <param name="services">The worker's.</param>
    /// <param name="wake">Has the task come by to spill, or to read again.</param>
    /// <param name="trouble">Told why a spill cannot be written, and null once it is.</param>
    /// <param name="cancellation">Ends spills.</param>
    public SinkMemory(TaskSpec spec, WorkerServices services, Action wake, Action<string?> trouble, CancellationToken cancellation)
    {
        (this.spec, this.trouble, this.cancellation) = (spec, trouble, cancellation);
        logger = services.Loggers.CreateLogger<SinkMemory>();
        directory = Path.Combine(services.WorkFolder, Uri.EscapeDataString(spec.Payload.Id));
        maxRows = spec.Tuning.MaxRowsInMemory == TuningConfig.DefaultMaxRowsInMemory ? int.MaxValue : spec.Tuning.MaxRowsInMemory;
        maxBytes = spec.Tuning.MaxBytesInMemory > 0 ? spec.Tuning.MaxBytesInMemory : long.MaxValue;
        budget = services.Memory;
        account = budget.Open(wake);
    }

    public Sink NewSink(SegmentIdWithShardSpec id)
    {
        var path = Path.Combine(directory, (sinks++).ToString(System.Globalization.CultureInfo.InvariantCulture));
        Directory.CreateDirectory(path);
        var sink = new Sink(spec.Schema, id.Interval, path);
        lock (gate) open.Add(sink);
        return sink;
    }

    /// <summary>Segments of a sequence that is read are going to be published: they are spilled no more.</summary>
    /// <returns>Bytes that <see cref="WriteAsync"/> gives back.</returns>
    public long HandOver(IReadOnlyList<OpenSegment> segments)
    {
        var bytes = segments.Sum(s => s.Sink.BytesToSpill);
        account.Leaves(bytes);
        return bytes;
    }

    /// <summary>Writes segments to deep storage, once their spills are written and there is memory to write with, and ends their sinks.</summary>
    /// <param name="bytes">As from <see cref="HandOver"/>.</param>
    public async Task<T> WriteAsync<T>(IReadOnlyList<OpenSegment> segments, long bytes, Func<Task<T>> write)
    {
        await Settled();
        using (await ForWriting(segments))
        {
            var written = await Task.Run(write, cancellation);
            Release(segments, bytes);
            return written;
        }
    }

    // Row order, a column at a time, and where there are spills the order of the merge and dictionaries.
    private Task<IDisposable> ForWriting(IReadOnlyList<OpenSegment> segments) =>
        budget.ForWriting(segments.Select(s => WritingBytesPerRow * (long)s.Sink.RowCount + (s.Sink.BytesToSpill + s.Sink.SpilledBytes) / 4).DefaultIfEmpty().Max(), cancellation);

    private void Release(IReadOnlyList<OpenSegment> segments, long bytes)
    {
        foreach (var segment in segments)
        {
            lock (gate) open.Remove(segment.Sink);
            segment.Sink.Dispose();
        }
        account.Left(bytes);
    }

    /// <summary>Why reading must wait for memory; null: it need not. The task is woken when that may have changed.</summary>
    public string? WaitReason() => account.MustWait() ? $"the worker's memory of {MemorySize.Write(budget.Bytes)} is used up: reading waits for rows to be written" : null;

    /// <summary>Called after each batch of records.</summary>
    /// <param name="segments">Open segments.</param>
    /// <param name="count">Records of the batch.</param>
    /// <param name="bytes">Their bytes.</param>
    /// <param name="waiting">Bytes of events that wait for their segment.</param>
    /// <param name="wait">Waits for a task while the commands go on being served.</param>
    public void SpillIfFull(SegmentSet segments, int count, long bytes, long waiting, Action<Task> wait)
    {
        sinceCheck += bytes + count * RowOverhead;
        if (maxRows == int.MaxValue && sinceCheck < budget.CheckEvery) return;
        sinceCheck = 0;
        Tell(segments, waiting);
        if (!MustSpill(segments)) return;
        wait(spilling);
        // While it waited the sequence may have been handed over, and its segments with it.
        if (Largest(segments, Math.Max(1, Math.Min(LeastRows, maxRows / Math.Max(1, segments.All.Count)))) is { } largest) Begin(largest, isAsked: false); // the fullest holds the average at least
        Tell(segments, waiting);
    }

    /// <summary>Spills the largest sink where the budget asks for it. Called whenever the task comes by.</summary>
    public void SpillIfAsked(SegmentSet segments, long waiting)
    {
        if (!account.TakeQuestion()) return;
        if (Largest(segments, leastRows: 1) is not { } largest || !Begin(largest, isAsked: true)) account.Answered();
        Tell(segments, waiting);
    }

    /// <summary>Nothing is read any more: what is spilled is.</summary>
    public void Retire() => account.Retire();

    private bool Begin(OpenSegment segment, bool isAsked)
    {
        if (segment.Sink.BeginSpill() is not { } spill) return false;
        writing = spill.Bytes;
        account.Leaves(writing);
        spilling = Task.WhenAll(spilling, Task.Run(() => Write(spill, segment.Id.Id, isAsked), CancellationToken.None));
        return true;
    }

    private void Tell(SegmentSet segments, long waiting)
    {
        long bytes = waiting, largest = 0;
        foreach (var segment in segments.All)
        {
            var size = segment.Sink.BytesToSpill;
            bytes += size;
            if (size > largest && segment.Sink.RowsInMemory > 0) largest = size;
        }
        account.Holds(bytes, largest);
    }

    /// <summary>The sink whose spill frees most. Many sinks of a few rows are left alone: each spill is a file, costs a merge, and frees next to nothing.</summary>
    private static OpenSegment? Largest(SegmentSet segments, int leastRows) =>
        segments.All.Where(s => s.Sink.RowsInMemory >= leastRows || s.Sink.BytesToSpill >= LeastBytes).MaxBy(s => s.Sink.BytesToSpill);

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
        account.Dispose();
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

    private async Task Write(PendingSpill spill, string segment, bool isAsked)
    {
        var bytes = spill.Bytes;
        try { await WriteUntilDone(spill, segment); }
        finally
        {
            account.Left(bytes);
            if (isAsked) account.Answered();
        }
    }

    private async Task WriteUntilDone(PendingSpill spill, string segment)
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
