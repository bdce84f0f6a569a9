namespace Ingestion.IndexTask.Hosting;

/// <summary>Work for a task's own thread: everything that touches its state comes through here, so nothing is locked.</summary>
internal sealed class Mailbox : IDisposable
{
    private readonly Lock gate = new();
    private readonly AutoResetEvent arrived = new(false);
    private Queue<Action<bool>> waiting = new();
    private bool isClosed;

    /// <summary>Called after each post, to wake the thread where it waits for something else.</summary>
    public Action Wake { get; set; } = () => { };

    /// <summary>Runs a function on the task's thread.</summary>
    /// <exception cref="TaskIsOverException">The task has ended, or ends before it comes to it.</exception>
    public Task<T> Ask<T>(Func<T> function)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(isOpen =>
        {
            if (isOpen) answer.SetResult(function());
            else answer.SetException(new TaskIsOverException());
        });
        return answer.Task;
    }

    public void Post(Action work) => Post(isOpen => { if (isOpen) work(); });

    /// <summary>Does what has been posted.</summary>
    public void Drain()
    {
        Queue<Action<bool>> batch;
        lock (gate)
        {
            if (waiting.Count == 0) return;
            (batch, waiting) = (waiting, new());
        }
        while (batch.TryDequeue(out var work)) work(true);
    }

    /// <summary>Waits until something is posted.</summary>
    public void Wait(long millis) => arrived.WaitOne((int)Math.Clamp(millis, 0, int.MaxValue));

    /// <summary>Ends a <see cref="Wait"/>.</summary>
    public void Signal()
    {
        lock (gate)
            if (!isClosed) arrived.Set();
        Wake();
    }

    public void Dispose()
    {
        lock (gate)
        {
            isClosed = true;
            while (waiting.TryDequeue(out var work)) work(false);
            arrived.Dispose();
        }
    }

    private void Post(Action<bool> work)
    {
        lock (gate)
        {
            if (isClosed) { work(false); return; }
            waiting.Enqueue(work);
            arrived.Set();
        }
        Wake();
    }
}

/// <summary>The task has ended and answers no more.</summary>
internal sealed class TaskIsOverException() : Exception("the task has ended");
