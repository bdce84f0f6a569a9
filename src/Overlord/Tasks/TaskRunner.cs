using System.Net.Sockets;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Discovery;
using Ingestion.Supervisor;

namespace Ingestion.Overlord.Tasks;

/// <summary>Knows the active tasks and where each runs: gives waiting ones to workers, passes on what the workers report, and says which are
/// lost. Kept in memory only: after a restart the workers' reports rebuild it.</summary>
internal sealed partial class TaskRunner : IWorkerObserver, IAsyncDisposable
{
    /// <summary>How long a task that no worker has reported may stay unaccounted for after a restart of the overlord.</summary>
    private static readonly TimeSpan UnknownAfter = TimeSpan.FromSeconds(15);

    /// <summary>A task that has waited this long for a worker is worth a warning.</summary>
    private static readonly TimeSpan LongWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly SortedDictionary<string, TrackedTask> tasks = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, WorkerConnection> workers = new(StringComparer.Ordinal);
    private readonly Func<WorkerAddress, WorkerClient> clientFor;
    private readonly Action<string, Notice> post;
    private readonly TimeProvider time;
    private readonly ILogger<TaskRunner> logger;
    private readonly CancellationTokenSource stop = new();
    private bool restored;

    /// <param name="post">Sends a notice to a supervisor, by its id.</param>
    public TaskRunner(Func<WorkerAddress, WorkerClient> clientFor, Action<string, Notice> post, TimeProvider time, ILogger<TaskRunner> logger) =>
        (this.clientFor, this.post, this.time, this.logger) = (clientFor, post, time, logger);

    /// <summary>Takes in tasks that the database calls active; they are unaccounted for until a worker reports them.</summary>
    public void Restore(IEnumerable<IndexTaskPayload> active)
    {
        lock (gate)
        {
            foreach (var payload in active) tasks.TryAdd(payload.Id, new TrackedTask(payload, time.GetUtcNow()) { MayRunSomewhere = true });
            restored = true;
        }
    }

    /// <summary>Has the task run on some worker. Idempotent.</summary>
    public void Start(IndexTaskPayload payload)
    {
        lock (gate) tasks.TryAdd(payload.Id, new TrackedTask(payload, time.GetUtcNow()));
        Place();
    }

    /// <summary>Forgets the task and ends it wherever it runs. Idempotent.</summary>
    public void Stop(string taskId, string reason)
    {
        List<WorkerConnection> on;
        lock (gate)
        {
            if (!tasks.Remove(taskId, out var task)) return;
            on = task.NodeId is { } node && workers.TryGetValue(node, out var worker) ? [worker] : [];
        }
        LogStop(taskId, reason);
        foreach (var worker in on) ShutDown(worker, taskId);
    }

    /// <summary>The task's row is no longer active: what still runs of it is stopped at its worker's next report.</summary>
    public void Finish(string taskId)
    {
        lock (gate)
        {
            if (!tasks.TryGetValue(taskId, out var task)) return;
            task.IsFinished = true;
            if (task.NodeId is not { } node || !task.IsRunning || !workers.ContainsKey(node)) tasks.Remove(taskId);
        }
        Place();
    }

    /// <summary>After a step whose outcome was in doubt: what the database says is active of a supervisor and is not known here was never started, and is now; what is known and not
    /// active any more is finished.</summary>
    public void Align(string supervisorId, IReadOnlyCollection<IndexTaskPayload> active)
    {
        List<string> over;
        var ids = active.Select(t => t.Id).ToHashSet(StringComparer.Ordinal);
        lock (gate) over = [.. tasks.Values.Where(t => t.Payload.Supervisor == supervisorId && !ids.Contains(t.Payload.Id)).Select(t => t.Payload.Id)];
        foreach (var id in over) Finish(id);
        foreach (var task in active) Start(task);
    }

    public (WorkerClient Client, string NodeId)? WorkerOf(string taskId)
    {
        lock (gate) return tasks.TryGetValue(taskId, out var task) && task.NodeId is { } node && workers.TryGetValue(node, out var worker) ? (worker.Client, node) : null;
    }

    public RunnerView? Find(string taskId)
    {
        lock (gate) return tasks.TryGetValue(taskId, out var task) ? task.View : null;
    }

    public IReadOnlyList<WorkerView> Workers()
    {
        lock (gate)
        {
            var placed = tasks.Values.ToLookup(t => t.NodeId, t => t.Payload);
            return [.. workers.Values.Select(w => new WorkerView(w.NodeId, w.Client.Address, w.State?.Capacity ?? 0, [.. placed[w.NodeId]]))];
        }
    }

    /// <summary>A worker has announced itself: follow it, unless it is followed already at that address.</summary>
    public void WorkerAnnounced(WorkerAddress address)
    {
        WorkerConnection? replaced = null;
        lock (gate)
        {
            if (stop.IsCancellationRequested) return;
            if (workers.TryGetValue(address.NodeId, out var known))
            {
                if (known.Client.Address == address.Http) return;
                replaced = known;
            }
            LogNewWorker(address.NodeId, address.Http);
            workers[address.NodeId] = new WorkerConnection(address.NodeId, clientFor(address), this, time, logger);
        }
        if (replaced is not null) _ = replaced.DisposeAsync().AsTask();
    }

    public void WorkerObserved(WorkerConnection worker, WorkerState state)
    {
        var notices = new List<(string Supervisor, Notice Notice)>();
        var strangers = new List<string>();
        lock (gate)
        {
            if (!workers.TryGetValue(worker.NodeId, out var current) || current != worker) return;
            var reported = new HashSet<string>(StringComparer.Ordinal);
            foreach (var report in state.Tasks)
            {
                reported.Add(report.Id);
                if (tasks.TryGetValue(report.Id, out var task) && !task.IsFinished && IsAt(task, worker.NodeId))
                {
                    task.Report(worker.NodeId, state.BootId, report, worker.Client.Location);
                    notices.Add((task.Payload.Supervisor, new Notice.TaskObserved(report, worker.Client.Location)));
                }
                else if (restored && report.Outcome == TaskOutcome.Running) strangers.Add(report.Id);
            }
            var over = tasks.Values.Where(t => t.IsFinished && t.NodeId == worker.NodeId && !strangers.Contains(t.Payload.Id)).Select(t => t.Payload.Id).ToList();
            foreach (var id in over) tasks.Remove(id);
            foreach (var task in tasks.Values.Where(t => t.NodeId == worker.NodeId && !reported.Contains(t.Payload.Id) && t.Missed(state)))
                notices.Add((task.Payload.Supervisor, new Notice.TaskLost(task.Payload.Id, $"worker [{worker.NodeId}] no longer knows the task: it was restarted")));
        }
        foreach (var (supervisor, notice) in notices) post(supervisor, notice);
        foreach (var taskId in strangers) { LogStranger(taskId, worker.NodeId); ShutDown(worker, taskId); }
        Place();
    }

    /// <summary>False: another worker that is still followed has the task, so what this one runs is a twin.</summary>
    private bool IsAt(TrackedTask task, string nodeId) => task.NodeId is not { } node || node == nodeId || !workers.ContainsKey(node);

    public void WorkerLost(WorkerConnection worker, string reason)
    {
        List<TrackedTask> lost;
        lock (gate)
        {
            if (!workers.TryGetValue(worker.NodeId, out var current) || current != worker) return;
            workers.Remove(worker.NodeId);
            lost = [.. tasks.Values.Where(t => t.NodeId == worker.NodeId)];
            foreach (var finished in lost.Where(t => t.IsFinished)) tasks.Remove(finished.Payload.Id);
        }
        LogWorkerLost(worker.NodeId, worker.Client.Address, reason, lost.Count);
        foreach (var task in lost) post(task.Payload.Supervisor, new Notice.TaskLost(task.Payload.Id, $"worker [{worker.NodeId}] at {worker.Client.Address} is lost: {reason}"));
        _ = worker.DisposeAsync().AsTask();
    }

    /// <summary>Says which tasks have been unaccounted for too long, and tries again to place those that wait. To be called every second or so.</summary>
    public void Sweep()
    {
        List<TrackedTask> unknown, lost;
        lock (gate)
        {
            unknown = [.. tasks.Values.Where(t => t.MayRunSomewhere && t.NodeId is null && !t.IsFinished && time.GetUtcNow() - t.Since > UnknownAfter)];
            lost = [.. tasks.Values.Where(t => t.NodeId is { } node && !workers.ContainsKey(node) && !t.IsFinished)];
        }
        foreach (var task in lost) post(task.Payload.Supervisor, new Notice.TaskLost(task.Payload.Id, $"worker [{task.NodeId}] is lost"));
        foreach (var task in unknown) post(task.Payload.Supervisor, new Notice.TaskLost(task.Payload.Id, "no worker has reported the task since this overlord began to lead"));
        Place();
    }

    private void Place()
    {
        var placed = new List<(TrackedTask Task, WorkerConnection Worker)>();
        var waiting = new List<(TrackedTask Task, string Reason)>();
        var waitingLong = new List<(TrackedTask Task, string Reason)>();
        lock (gate)
        {
            if (stop.IsCancellationRequested) return;
            var unplaced = tasks.Values.Where(t => t.NodeId is null && !t.MayRunSomewhere && !t.IsFinished).OrderBy(t => t.Since).ToList();
            if (unplaced.Count == 0) return;
            var now = time.GetUtcNow();
            var candidates = Placement.Candidates(workers.Values.Where(w => w.State is not null).Select(w => (w.NodeId, w.Client.Address.ToString(), w.State!)), tasks);
            foreach (var task in unplaced)
            {
                var refusal = task.RefusalAt(now);
                if (Placement.Choose(task.Payload.Resource, candidates, refusal) is { } chosen)
                {
                    chosen.Take(task.Payload.Resource);
                    task.Assign(chosen.NodeId, workers[chosen.NodeId].State!);
                    placed.Add((task, workers[chosen.NodeId]));
                }
                else if (task.IsReasonOld(now))
                {
                    var reason = Placement.Objections(task.Payload.Resource, candidates, refusal);
                    if (task.WaitingFor != reason) waiting.Add((task, reason));
                    task.Wait(reason, now);
                    if (task.IsLongWaitKnown || now - task.WaitingSince < LongWait) continue;
                    task.IsLongWaitKnown = true;
                    waitingLong.Add((task, reason));
                }
            }
        }
        foreach (var (task, reason) in waiting) { LogWaiting(task.Payload.Id, reason); post(task.Payload.Supervisor, new Notice.TaskNotPlaced(task.Payload.Id, reason)); }
        foreach (var (task, reason) in waitingLong) LogStillWaiting(task.Payload.Id, LongWait.TotalSeconds, reason);
        foreach (var (task, worker) in placed) _ = AssignAsync(task, worker);
    }

    private async Task AssignAsync(TrackedTask task, WorkerConnection worker)
    {
        try
        {
            await worker.Client.AssignAsync(task.Payload, CallTimeout, stop.Token);
            lock (gate) task.Assigned();
            LogAssigned(task.Payload.Id, worker.NodeId);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested) { LogAbandoned(task.Payload.Id); }
        catch (Exception e) when (e is HttpRequestException or WorkerRefusedException or IOException)
        {
            LogRefused(task.Payload.Id, worker.NodeId, e.Message);
            lock (gate)
            {
                // Where the answer was lost the worker may have taken it: its next states say whether it has, and only then may another be asked.
                var surelyNot = e is WorkerRefusedException || e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused };
                if (surelyNot && task.LastReport is null) task.Refused(worker.NodeId, e.Message, time.GetUtcNow());
                else task.Assigned();
            }
        }
    }

    private void ShutDown(WorkerConnection worker, string taskId) => _ = ShutDownAsync(worker, taskId);

    private async Task ShutDownAsync(WorkerConnection worker, string taskId)
    {
        try { await worker.Client.ShutDownAsync(taskId, CallTimeout, stop.Token); }
        catch (OperationCanceledException) when (stop.IsCancellationRequested) { LogAbandoned(taskId); }
        catch (Exception e) when (e is HttpRequestException or WorkerRefusedException or IOException) { LogShutDownFailed(taskId, worker.NodeId, e.Message); } // still a stranger at its next report
    }

    public async ValueTask DisposeAsync()
    {
        List<WorkerConnection> connections;
        lock (gate)
        {
            stop.Cancel();
            connections = [.. workers.Values];
            workers.Clear();
        }
        foreach (var connection in connections) await connection.DisposeAsync();
    }
}
