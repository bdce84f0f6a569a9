namespace Ingestion.IndexTask.Hosting.Memory;

/// <summary>What one task holds of the <see cref="MemoryBudget"/>. Told by the task's thread; spills and publishes end on others.</summary>
/// <param name="wake">Has the task look whether it is asked to spill, or may read again.</param>
internal sealed class MemoryAccount(MemoryBudget budget, Action wake) : IDisposable
{
    private long open; // rows that are appended to, and events that wait
    private long busy; // rows that are being spilled or published
    private bool isAsked, isWaiting, isClosed;

    /// <summary>Everything that the task holds.</summary>
    public long Bytes => Volatile.Read(ref open) + Interlocked.Read(ref busy);

    /// <summary>Some of it is being spilled or published, or is about to be.</summary>
    public bool IsLeaving => Interlocked.Read(ref busy) > 0;

    /// <summary>Bytes that spilling its largest sink would free.</summary>
    public long LargestSink { get; private set; }

    /// <summary>Of all sinks of the worker, its largest is to be spilled; see <see cref="TakeQuestion"/>.</summary>
    public bool IsAsked => Volatile.Read(ref isAsked);

    /// <summary>It waits to read.</summary>
    public bool IsWaiting
    {
        get => Volatile.Read(ref isWaiting);
        set => Volatile.Write(ref isWaiting, value);
    }

    /// <summary>What it holds in rows that can be spilled and in events that wait.</summary>
    public void Holds(long bytes, long largestSink)
    {
        LargestSink = largestSink;
        var more = bytes - open;
        Volatile.Write(ref open, bytes);
        budget.Add(more);
    }

    /// <summary>Some of what it holds is on its way out.</summary>
    public void Leaves(long bytes)
    {
        Volatile.Write(ref open, open - bytes);
        Interlocked.Add(ref busy, bytes);
    }

    /// <summary>What was on its way is out.</summary>
    public void Left(long bytes)
    {
        Interlocked.Add(ref busy, -bytes);
        budget.Free(bytes);
    }

    /// <summary>There was nothing to spill, or the spill asked for is over.</summary>
    public void Answered() => budget.SpillIsOver();

    /// <summary>Takes the question.</summary>
    /// <returns>Whether there was one: it must be <see cref="Answered"/>.</returns>
    public bool TakeQuestion() => IsAsked && Interlocked.Exchange(ref isAsked, false);

    public bool MustWait()
    {
        IsWaiting = false;
        return budget.MustWait(this);
    }

    /// <summary>The task reads no more and is not asked any more; what it holds counts on.</summary>
    public void Retire() => budget.Retire(this);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref isClosed, true)) return;
        Retire();
        budget.Free(Interlocked.Exchange(ref open, 0) + Interlocked.Exchange(ref busy, 0));
    }

    internal void Ask()
    {
        Volatile.Write(ref isAsked, true);
        wake();
    }

    internal void Wake() => wake();
}
