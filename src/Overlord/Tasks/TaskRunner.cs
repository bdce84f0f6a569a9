using System.Net.Sockets;
using Ingestion.Access.Http;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Discovery;
using Ingestion.Overlord.Discovery.Health;
using Ingestion.Overlord.Tasks.Selection;
using Ingestion.Supervisor;

namespace Ingestion.Overlord.Tasks;

/// <summary>Has the active tasks run: gives waiting ones to workers, passes on what the workers report, and says which are lost. <see cref="TaskBoard"/> decides; what it
/// knows is in memory only: after a restart the workers' reports rebuild it.</summary>
internal sealed partial class TaskRunner : IWorkerObserver, IHeartbeatObserver, IAsyncDisposable
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly TaskBoard board = new();
    private readonly Dictionary<string, WorkerConnection> connections = new(StringComparer.Ordinal);
    private readonly Dictionary<string, WorkerAddress> announced = new(StringComparer.Ordinal); // the last of each worker that is watched
    private readonly HashSet<string> leaving = new(StringComparer.Ordinal); // those that have withdrawn their announcements
    private readonly Heartbeats heartbeats;
    private readonly Dictionary<string, string> foreign = new(StringComparer.Ordinal); // clusters by node id, of workers that serve another than ours
    private readonly Func<WorkerAddress, WorkerClient> clientFor;
    private readonly Action<string, Notice> post;
    private readonly TimeProvider time;
    private readonly ILogger<TaskRunner> logger;
    private readonly CancellationTokenSource stop = new();

    /// <param name="lineTo">Opens a line for heartbeats to a worker.</param>
    /// <param name="post">Sends a notice to a supervisor, by its id.</param>
    public TaskRunner(Func<WorkerAddress, WorkerClient> clientFor, Func<Uri, HeartbeatLine> lineTo, Action<string, Notice> post, TimeProvider time, ILogger<TaskRunner> logger)
    {
        (this.clientFor, this.post, this.time, this.logger) = (clientFor, post, time, logger);
        heartbeats = new Heartbeats(lineTo, this, time, logger);
    }

    /// <summary>Takes in tasks that the database calls active; they are unaccounted for until a worker reports them.</summary>
    public void Restore(IEnumerable<IndexTaskPayload> active)
    {
        lock (gate) board.Restore(active, time.GetUtcNow());
    }

    /// <summary>Has the task run on some worker. Idempotent.</summary>
    public void Start(IndexTaskPayload payload)
    {
        lock (gate) board.Start(payload, time.GetUtcNow());
        Place();
    }

    /// <summary>Forgets the task and ends it wherever it runs. Idempotent.</summary>
    public void Stop(string taskId, string reason)
    {
        WorkerConnection? on;
        lock (gate)
        {
            if (board.Find(taskId) is null) return;
            on = board.Stop(taskId) is { } node ? connections.GetValueOrDefault(node) : null; // there is none any more once this is disposed
        }
        LogStop(taskId, reason);
        if (on is not null) ShutDown(on, taskId);
        Place();
    }

    /// <summary>The task's row is no longer active: what still runs of it is stopped at its worker's next report.</summary>
    public void Finish(string taskId)
    {
        lock (gate) board.Finish(taskId);
        Place();
    }

    /// <summary>After a step whose outcome was in doubt: see <see cref="TaskBoard.Align"/>.</summary>
    public void Align(string supervisorId, IReadOnlyCollection<IndexTaskPayload> active)
    {
        lock (gate) board.Align(supervisorId, active, time.GetUtcNow());
        Place();
    }

    public (WorkerClient Client, string NodeId)? WorkerOf(string taskId)
    {
        lock (gate) return board.Find(taskId)?.NodeId is { } node && connections.TryGetValue(node, out var worker) ? (worker.Client, node) : null;
    }

    /// <summary>Of all workers that are followed.</summary>
    public IReadOnlyList<WorkerClient> Clients()
    {
        lock (gate) return [.. connections.Values.Select(c => c.Client)];
    }

    /// <param name="host">HOST:PORT, as the list of workers has it.</param>
    public WorkerClient? ClientAt(string host)
    {
        lock (gate) return connections.Values.Select(c => c.Client).FirstOrDefault(c => c.Address.Authority == host);
    }

    public RunnerView? Find(string taskId)
    {
        lock (gate) return board.Find(taskId)?.View;
    }

    public IReadOnlyList<WorkerView> Workers()
    {
        lock (gate) return [.. from worker in board.Workers where connections.ContainsKey(worker.NodeId) select new WorkerView(worker.NodeId, connections[worker.NodeId].Client.Address, worker.Category, worker.Capacity, worker.IsDisabled, [.. worker.Tasks.Select(t => t.Payload)], worker.LastCompletedAt, worker.Incompatibility is null ? worker.State : LifeState.Inactive, worker.NotPlaceable)];
    }

    /// <summary>Of the workers that are followed; cheaper than <see cref="Workers"/> where there are many tasks.</summary>
    public (int Workers, int Slots, int FreeSlots) Capacity()
    {
        lock (gate) return board.Capacity();
    }

    /// <summary>What heartbeats have shown of each worker, lost ones included.</summary>
    public IReadOnlyList<NodeHealth> Health() => heartbeats.View();

    /// <summary>What is wrong with membership as a whole; null: nothing.</summary>
    public string? Alert => heartbeats.Alert;

    /// <summary>A worker has announced itself: follow it, unless it is followed already at that address. One that was lost there is followed when it answers heartbeats again.</summary>
    public void WorkerAnnounced(WorkerAddress address)
    {
        WorkerConnection? replaced;
        bool isNews;
        lock (gate)
        {
            if (stop.IsCancellationRequested) return;
            announced[address.NodeId] = address;
            leaving.Remove(address.NodeId);
            if (connections.TryGetValue(address.NodeId, out replaced) && replaced.Client.Address == address.Http) replaced = null;
            else if (heartbeats.IsLost(address.NodeId, address.Http)) return;
            else
            {
                if (!foreign.ContainsKey(address.NodeId)) LogNewWorker(address.NodeId, address.Http);
                Follow(address);
            }
            isNews = board.Hold(address.NodeId, address.Incompatibility);
            board.Unannounced(address.NodeId, null);
        }
        if (isNews && address.Incompatibility is { } incompatibility) LogInactive(address.NodeId, address.Http, incompatibility);
        else if (isNews) LogActive(address.NodeId, address.Http);
        if (replaced is not null) _ = replaced.DisposeAsync().AsTask();
    }

    /// <summary>A worker's announcement was taken back, by itself as a rule: its process is about to end. While it answers it stays a member.</summary>
    public void WorkerWithdrawn(string nodeId)
    {
        lock (gate)
            if (announced.ContainsKey(nodeId)) leaving.Add(nodeId);
        heartbeats.LookNow(nodeId);
    }

    private void Follow(WorkerAddress address)
    {
        var client = clientFor(address);
        board.Follow(address.NodeId, client.Address.ToString(), client.Location, address.Category);
        heartbeats.Watch(address.NodeId, address.Http);
        connections[address.NodeId] = new WorkerConnection(address.NodeId, client, this, time, logger);
    }

    public void WorkerObserved(WorkerConnection worker, WorkerState answer)
    {
        Observation observation;
        bool wasForeign;
        if (answer.Cluster is { } cluster && cluster != worker.Client.ClusterId)
        {
            LetGo(worker, cluster);
            return;
        }
        lock (gate)
        {
            if (!IsCurrent(worker)) return;
            wasForeign = foreign.Remove(worker.NodeId);
            heartbeats.Heard(worker.NodeId, answer.BootId);
            board.Doubt(worker.NodeId, heartbeats.Doubt(worker.NodeId)); // before its slots count
            observation = board.Answered(answer, time.GetUtcNow());
        }
        if (wasForeign) LogNoLongerForeign(worker.NodeId, worker.Client.Address, worker.Client.ClusterId);
        Post(observation.Notices);
        foreach (var taskId in observation.Strangers) { LogStranger(taskId, worker.NodeId); ShutDown(worker, taskId); }
        Place();
    }

    public void WorkerUnanswered(WorkerConnection worker) => heartbeats.LookNow(worker.NodeId);

    public void WorkerLost(WorkerConnection worker, string reason, bool isAnother) => Leave(worker.NodeId, reason, isForGood: isAnother, which: worker);

    public void HeartbeatsLost(string nodeId, string reason) => Leave(nodeId, reason);

    public void HeartbeatsBack(string nodeId)
    {
        lock (gate)
        {
            if (stop.IsCancellationRequested || connections.ContainsKey(nodeId) || !announced.TryGetValue(nodeId, out var address)) return;
            LogWorkerBack(nodeId, address.Http);
            Follow(address);
            board.Hold(nodeId, address.Incompatibility);
        }
    }

    /// <summary>The worker is followed no longer; what it ran is replaced.</summary>
    /// <param name="isForGood">It is followed again only when it announces itself; else, when it answers a heartbeat.</param>
    /// <param name="which">Only if it is followed by this connection.</param>
    private void Leave(string nodeId, string reason, bool isForGood = false, WorkerConnection? which = null)
    {
        WorkerConnection? worker;
        bool isExpected;
        IReadOnlyList<TaskNotice> lost;
        lock (gate)
        {
            if (which is not null && !IsCurrent(which)) return;
            isExpected = leaving.Remove(nodeId);
            if (isForGood || isExpected)
            {
                announced.Remove(nodeId);
                heartbeats.Forget(nodeId);
            }
            else heartbeats.GiveUp(nodeId, reason);
            if (!connections.Remove(nodeId, out worker)) return;
            lost = board.Lost(nodeId, reason);
        }
        if (isExpected) LogWorkerLeft(nodeId, worker.Client.Address, reason, lost.Count);
        else LogWorkerLost(nodeId, worker.Client.Address, reason, lost.Count);
        Post(lost);
        _ = worker.DisposeAsync().AsTask();
    }

    /// <summary>The worker serves another cluster: what runs there is that one's, and none of ours is given to it.</summary>
    private void LetGo(WorkerConnection worker, string cluster)
    {
        IReadOnlyList<TaskNotice> lost;
        bool isNews;
        lock (gate)
        {
            if (!IsCurrent(worker)) return;
            connections.Remove(worker.NodeId);
            announced.Remove(worker.NodeId);
            heartbeats.Forget(worker.NodeId);
            lost = board.Lost(worker.NodeId, $"it serves cluster [{cluster}], not [{worker.Client.ClusterId}]");
            isNews = !foreign.TryGetValue(worker.NodeId, out var known) || known != cluster;
            foreign[worker.NodeId] = cluster;
        }
        if (isNews) LogForeign(worker.NodeId, worker.Client.Address, cluster, worker.Client.ClusterId);
        Post(lost);
        _ = worker.DisposeAsync().AsTask();
    }

    private bool IsCurrent(WorkerConnection worker) => connections.TryGetValue(worker.NodeId, out var current) && current == worker;

    /// <summary>Which of the workers that could take a task gets it.</summary>
    public SelectStrategy Strategy
    {
        get { lock (gate) return board.Strategy; }
        set
        {
            lock (gate) board.Strategy = value;
            Place();
        }
    }

    /// <summary>Says which tasks have been unaccounted for too long, which are to be handed on because their workers drain, and tries again to place those that wait. To be called every second or so.</summary>
    /// <param name="unannounced">Workers whose announcements are over or were refused. One that is followed stays a member, and gets no new tasks until it announces itself again.</param>
    public void Sweep(IReadOnlyList<AbsentWorker> unannounced)
    {
        IReadOnlyList<TaskNotice> notices;
        lock (gate)
        {
            foreach (var nodeId in connections.Keys) board.Doubt(nodeId, heartbeats.Doubt(nodeId));
            foreach (var worker in unannounced) board.Unannounced(worker.NodeId, worker.Reason);
            board.Absent = Absent(unannounced);
            notices = board.Sweep(time.GetUtcNow());
        }
        Post(notices);
        Place();
    }

    private List<AbsentWorker> Absent(IReadOnlyList<AbsentWorker> unannounced)
    {
        var lost = heartbeats.View().Where(h => !connections.ContainsKey(h.NodeId)).Select(h => new AbsentWorker(h.NodeId, h.Address.ToString(), $"is lost since {h.LostAt:HH:mm:ss}: {h.FailingInWords}")).ToList();
        return [.. lost, .. unannounced.Where(u => !connections.ContainsKey(u.NodeId) && lost.All(l => l.NodeId != u.NodeId))];
    }

    private void Post(IReadOnlyList<TaskNotice> notices)
    {
        foreach (var notice in notices) post(notice.Supervisor, notice.Notice);
    }

    private void Place()
    {
        List<(TrackedTask Task, WorkerConnection Worker)> placed;
        List<(TrackedTask Task, string Reason)> waiting, waitingLong;
        lock (gate)
        {
            if (stop.IsCancellationRequested) return;
            var placements = board.Place(time.GetUtcNow());
            placed = [.. placements.Placed.Select(t => (t, connections[t.NodeId!]))];
            waiting = [.. placements.Waiting.Select(t => (t, t.WaitingFor!))];
            waitingLong = [.. placements.WaitingLong.Select(t => (t, t.WaitingFor!))];
        }
        foreach (var (task, reason) in waiting) { LogWaiting(task.Payload.Id, reason); post(task.Payload.Supervisor, new Notice.TaskNotPlaced(task.Payload.Id, reason)); }
        foreach (var (task, reason) in waitingLong) LogStillWaiting(task.Payload.Id, TaskBoard.LongWait.TotalSeconds, reason);
        foreach (var (task, worker) in placed) _ = AssignAsync(task, worker);
    }

    private async Task AssignAsync(TrackedTask task, WorkerConnection worker)
    {
        RequestIds.WorkFor(RequestIds.Current ?? RequestIds.New());
        try
        {
            await worker.Client.AssignAsync(task.Payload, CallTimeout, stop.Token);
            lock (gate) task.Assigned();
            LogAssigned(task.Payload.Id, worker.NodeId, RequestIds.Current);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested) { LogAbandoned(task.Payload.Id); }
        catch (Exception e) when (e is HttpRequestException or WorkerRefusedException or IOException)
        {
            LogRefused(task.Payload.Id, worker.NodeId, RequestIds.Current, e.Message);
            lock (gate)
            {
                // Where the answer was lost the worker may have taken it: its next states say whether it has, and only then may another be asked.
                var surelyNot = e is WorkerRefusedException || e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused };
                if (surelyNot && task.LastReport is null) board.Refused(task, e.Message, time.GetUtcNow());
                else task.Assigned();
            }
            Place();
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
        List<WorkerConnection> open;
        heartbeats.Dispose();
        lock (gate)
        {
            stop.Cancel();
            open = [.. connections.Values];
            connections.Clear();
        }
        foreach (var connection in open) await connection.DisposeAsync();
    }
}
