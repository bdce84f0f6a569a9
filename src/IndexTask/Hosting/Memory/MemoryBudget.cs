namespace Ingestion.IndexTask.Hosting.Memory;

/// <summary>
/// What all tasks of a worker may hold in memory: events that librdkafka has fetched ahead, and rows, from the event that waits for its segment to the segment that is being
/// written. Tasks tell after each batch what they hold (<see cref="MemoryAccount"/>). Once half of the rows' part is used, the task with the largest sink of all is asked to spill
/// it, and reading goes on; at three quarters tasks that hold more than an equal share wait, and when all of it is used, every task does. Nobody waits
/// unless something is on its way that frees memory, and that never waits for a reader: so a worker is slow at worst, and never stuck.
/// </summary>
internal sealed class MemoryBudget
{
    /// <summary>What a worker takes for itself, beside the budget: the runtime, the program, HTTP, and threads and buffers of <see cref="BaseBytesPerTask"/> more for each task.</summary>
    public const long BaseBytes = 112 << 20, BaseBytesPerTask = 2 << 20;

    private const long LeastPrefetch = 512 << 10, MostPrefetch = 32 << 20, LeastWaiting = 64 << 10, MostWaitingEvents = 4 << 20, LeastCheck = 32 << 10, MostCheck = 1 << 20, LeastGarbage = 4 << 20;
    private const int SpillsAtATime = 2;
    private static readonly int WritesWhereTight = 2 * Environment.ProcessorCount;

    private readonly Lock gate = new();
    private readonly List<MemoryAccount> accounts = [];
    private readonly LinkedList<Publication> queue = [];
    private long used; // rows, and what writing them needs
    private long garbage; // rows given up that the collector has not come by yet
    private int collections, spills, publications;
    private bool isCollecting;

    /// <param name="bytes">For everything.</param>
    /// <param name="capacity">Tasks at a time.</param>
    public MemoryBudget(long bytes, int capacity)
    {
        Bytes = bytes;
        Prefetch = Math.Clamp(bytes / 8 / capacity, LeastPrefetch, MostPrefetch);
        RowBytes = Math.Max(bytes / 4 * 3 - Prefetch * capacity, bytes / 2);
        MostWaiting = Math.Clamp(RowBytes / 8 / capacity, LeastWaiting, MostWaitingEvents);
        IsTight = Prefetch < MostPrefetch;
        CheckEvery = Math.Clamp(RowBytes / 16 / capacity, LeastCheck, MostCheck);
    }

    public long Bytes { get; }

    /// <summary>Bytes that a reader's fetches may take, librdkafka's own structures included.</summary>
    public long Prefetch { get; }

    /// <summary>There is so little for each task that memory comes before speed.</summary>
    public bool IsTight { get; }

    /// <summary>Bytes that rows may take. A quarter of the budget is left for what the collector has not come by yet.</summary>
    public long RowBytes { get; }

    /// <summary>Bytes of a task's events that may wait for their segment to be allocated.</summary>
    public long MostWaiting { get; }

    /// <summary>Bytes of events after which a task tells anew what it holds.</summary>
    public long CheckEvery { get; }

    /// <summary>Bytes of rows held at the moment, and of what writing them needs.</summary>
    public long Used => Interlocked.Read(ref used);

    public MemoryAccount Open(Action wake)
    {
        var account = new MemoryAccount(this, wake);
        lock (gate) accounts.Add(account);
        return account;
    }

    /// <summary>Whether a task must not read now. It is woken when that may have changed.</summary>
    public bool MustWait(MemoryAccount account)
    {
        if (Used < RowBytes / 4 * 3) return false;
        lock (gate)
        {
            if (Used < RowBytes && account.Bytes <= RowBytes / accounts.Count) return false;
            if (spills < SpillsAtATime) AskForSpill();
            return account.IsWaiting = spills > 0 || publications > 0 || accounts.Exists(a => a.IsLeaving);
        }
    }

    /// <summary>Waits until there is memory to write a segment with; in order of asking, and at once where nothing else is being written.</summary>
    /// <param name="bytes">That it will take, beside the rows themselves.</param>
    /// <returns>Gives it back.</returns>
    public async Task<IDisposable> ForWriting(long bytes, CancellationToken cancellation)
    {
        var publication = new Publication(this, bytes);
        lock (gate)
        {
            queue.AddLast(publication);
            Admit();
        }
        try
        {
            await publication.Admitted.Task.WaitAsync(cancellation);
            return publication;
        }
        catch
        {
            publication.Dispose();
            throw;
        }
    }

    /// <summary>The task will answer no more: it is not asked again.</summary>
    internal void Retire(MemoryAccount account)
    {
        lock (gate)
        {
            accounts.Remove(account);
            if (account.TakeQuestion()) spills--;
            WakeWaiting();
        }
    }

    internal void Add(long bytes)
    {
        if (bytes != 0 && Interlocked.Add(ref used, bytes) >= RowBytes / 2 && bytes > 0) RunsShort();
    }

    /// <summary>Rows are given up: their memory is free once the collector has been there, which it is asked to where it matters.</summary>
    internal void Free(long bytes)
    {
        Interlocked.Add(ref used, -bytes);
        lock (gate)
        {
            var seen = GC.CollectionCount(GC.MaxGeneration);
            garbage = (seen == collections ? garbage : 0) + bytes;
            collections = seen;
            if (!isCollecting && garbage > Math.Max(LeastGarbage, RowBytes / 8) && Used + garbage > RowBytes / 2)
            {
                isCollecting = true;
                _ = Task.Run(Collect);
            }
            Admit();
            WakeWaiting();
        }
        if (Used >= RowBytes / 2) RunsShort();
    }

    /// <summary>A task that was asked to spill has, or had nothing worth it.</summary>
    internal void SpillIsOver()
    {
        lock (gate)
        {
            spills--;
            WakeWaiting();
        }
        if (Used >= RowBytes / 2) RunsShort();
    }

    private void RunsShort()
    {
        lock (gate)
            if (spills < SpillsAtATime) AskForSpill();
    }

    // A sink below the least is spilled only where nothing else would ever free memory: each spill is a file, and many small ones are slow to merge.
    private void AskForSpill()
    {
        MemoryAccount? largest = null;
        foreach (var account in accounts)
            if (!account.IsAsked && account.LargestSink > (largest?.LargestSink ?? 0)) largest = account;
        if (largest is null || (largest.LargestSink < Math.Min(RowBytes / 16 / accounts.Count, 1 << 20) && (Used < RowBytes / 4 * 3 || spills + publications > 0))) return;
        spills++;
        largest.Ask();
    }

    private void Admit()
    {
        while (queue.First is { Value: var next } && (publications == 0 || (Used + next.Bytes <= RowBytes && (!IsTight || publications < WritesWhereTight))))
        {
            queue.RemoveFirst();
            publications++;
            next.IsAdmitted = true;
            Interlocked.Add(ref used, next.Bytes);
            next.Admitted.SetResult();
        }
    }

    private void WakeWaiting()
    {
        foreach (var account in accounts)
            if (account.IsWaiting) account.Wake();
    }

    // What is live are few large arrays without references, so this takes milliseconds.
    private void Collect()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: false);
        if (IsTight) NativeHeap.Trim();
        lock (gate) (isCollecting, garbage, collections) = (false, 0, GC.CollectionCount(GC.MaxGeneration));
    }

    private sealed class Publication(MemoryBudget budget, long bytes) : IDisposable
    {
        public long Bytes { get; } = bytes;
        public TaskCompletionSource Admitted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public bool IsAdmitted { get; set; }

        public void Dispose()
        {
            lock (budget.gate)
            {
                budget.queue.Remove(this);
                if (!IsAdmitted) return;
                IsAdmitted = false;
                budget.publications--;
            }
            budget.Free(Bytes);
        }
    }
}
