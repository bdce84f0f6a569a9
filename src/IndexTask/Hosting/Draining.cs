namespace Ingestion.IndexTask.Hosting;

/// <summary>The end of a worker that gives its tasks away first: it takes no new ones, an overlord that hears of it has successors read elsewhere, and once the tasks here have published, and the overlord knows,
/// the process may end. At the latest after the limit. Until then it may be taken back.</summary>
internal sealed class Draining(TaskTable tasks, WorkerLife life, TimeSpan limit, TimeProvider time, ILogger logger)
{
    /// <summary>For the last reports to be fetched; an overlord polls every second.</summary>
    private static readonly TimeSpan Telling = TimeSpan.FromSeconds(5);

    /// <summary>An overlord that follows this worker has asked for its state within; longer than a standby needs to lead.</summary>
    private static readonly TimeSpan Followed = TimeSpan.FromSeconds(5), Look = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource? current;
    private bool isForGood;

    /// <summary>Done when the process is to end.</summary>
    public Task Ended => ended.Task;

    /// <summary>Tasks run that an overlord can have read elsewhere; else there is nothing to wait for.</summary>
    public bool IsOfUse => tasks.Running.Count > 0 && tasks.FollowedAgo < Followed;

    /// <summary>Begins to drain; where that has begun it goes on.</summary>
    /// <param name="forGood">Whoever asks (SIGTERM) will end the process, so it cannot be taken back.</param>
    public void Begin(bool forGood)
    {
        lock (gate)
        {
            isForGood |= forGood;
            if (current is not null) return;
            current = new CancellationTokenSource();
            life.IsShuttingDown = true;
            HostLog.Drains(logger, tasks.Running.Count, limit.TotalSeconds);
            _ = WaitAsync(current.Token);
        }
    }

    /// <returns>False: it is too late.</returns>
    public bool TakeBack()
    {
        lock (gate)
        {
            if (isForGood || ended.Task.IsCompleted) return false;
            if (current is null) return true;
            current.Cancel();
            current.Dispose();
            current = null;
            life.IsShuttingDown = false;
            HostLog.DrainsNoMore(logger);
            return true;
        }
    }

    private async Task WaitAsync(CancellationToken takenBack)
    {
        var begun = time.GetTimestamp();
        TimeSpan past;
        while (tasks.Running.Count > 0 && (past = time.GetElapsedTime(begun)) < limit && !IsAbandoned && !takenBack.IsCancellationRequested)
            await tasks.AllEnded(limit - past < Look ? limit - past : Look, takenBack);
        var left = tasks.Running.Count;
        if (left == 0) await tasks.Told(Telling, takenBack);
        lock (gate)
        {
            if (takenBack.IsCancellationRequested) return;
            if (left == 0) HostLog.Drained(logger, time.GetElapsedTime(begun).TotalSeconds);
            else HostLog.NotDrained(logger, left, IsAbandoned ? "no overlord asks for this worker any more" : $"draining may take {limit.TotalSeconds:0} s");
            ended.TrySetResult();
        }
    }

    /// <summary>Nobody would take the tasks over, and whoever ends this process does not wait for ever.</summary>
    private bool IsAbandoned => isForGood && !(tasks.FollowedAgo < Followed);
}
