using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Tasks.Selection;
using Ingestion.Supervisor;

namespace Ingestion.Overlord.Tasks;

/// <summary>The active tasks and where each runs: which waiting one goes to which worker, what workers' answers mean, which tasks are lost. Each change costs what it changes, not what there is.
/// No threads, clocks or I/O: <see cref="TaskRunner"/> has those, and the simulation runs this same board.</summary>
internal sealed class TaskBoard
{
    /// <summary>How long a task that no worker has reported may stay unaccounted for after a restart of the overlord.</summary>
    private static readonly TimeSpan UnknownAfter = TimeSpan.FromSeconds(15);

    /// <summary>How long tasks of a worker that drains read on while no other has room for their successors. Longer gains nothing where room comes only with this worker's own end.</summary>
    private static readonly TimeSpan RoomMayTake = TimeSpan.FromSeconds(15);

    /// <summary>A task that has waited this long for a worker is worth a warning.</summary>
    public static readonly TimeSpan LongWait = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, TrackedTask> tasks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<TrackedTask>> bySupervisor = new(StringComparer.Ordinal);
    private readonly SortedSet<TrackedTask> unplaced = new(TrackedTask.ByAge);
    private readonly Dictionary<string, TrackedWorker> workers = new(StringComparer.Ordinal);
    private bool isRestored, mayPlace;

    /// <summary>Which of the workers that could take a task gets it.</summary>
    public SelectStrategy Strategy
    {
        get;
        set => (field, mayPlace) = (value, true);
    } = SelectStrategy.Default;

    /// <summary>Workers that are known and not followed: to be named where a task waits.</summary>
    public IReadOnlyList<AbsentWorker> Absent { get; set; } = [];

    /// <summary>Ordered by node id.</summary>
    public IEnumerable<TrackedWorker> Workers => workers.Values.OrderBy(w => w.NodeId, StringComparer.Ordinal);

    /// <summary>Of the workers that are followed.</summary>
    public (int Workers, int Slots, int FreeSlots) Capacity() => (workers.Count, workers.Values.Sum(w => w.Capacity), workers.Values.Sum(w => w.Free));

    /// <summary>Takes in tasks that the database calls active; they are unaccounted for until a worker reports them.</summary>
    public void Restore(IEnumerable<IndexTaskPayload> active, DateTimeOffset now)
    {
        foreach (var payload in active) Add(new TrackedTask(payload, now) { MayRunSomewhere = true });
        isRestored = true;
    }

    /// <summary>A task that is to run on some worker. Idempotent.</summary>
    public void Start(IndexTaskPayload payload, DateTimeOffset now) => Add(new TrackedTask(payload, now));

    /// <summary>Forgets the task. Idempotent.</summary>
    /// <returns>The worker that is to be told to end it; null: there is none.</returns>
    public string? Stop(string taskId)
    {
        if (!tasks.TryGetValue(taskId, out var task)) return null;
        Remove(task);
        return task.NodeId is { } node && workers.ContainsKey(node) ? node : null;
    }

    /// <summary>The task's row is no longer active: what still runs of it is a stranger at its worker's next answer.</summary>
    public void Finish(string taskId)
    {
        if (!tasks.TryGetValue(taskId, out var task)) return;
        task.IsFinished = true;
        unplaced.Remove(task);
        if (task.NodeId is not { } node || !task.IsRunning || !workers.ContainsKey(node)) Remove(task);
    }

    /// <summary>What the database says is active of a supervisor: what is not known here was never started, and is now; what is known and not active any more is finished.</summary>
    public void Align(string supervisorId, IReadOnlyCollection<IndexTaskPayload> active, DateTimeOffset now)
    {
        var ids = active.Select(t => t.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var task in bySupervisor.GetValueOrDefault(supervisorId)?.ToList() ?? [])
            if (!ids.Contains(task.Payload.Id)) Finish(task.Payload.Id);
        foreach (var payload in active) Start(payload, now);
    }

    public TrackedTask? Find(string taskId) => tasks.GetValueOrDefault(taskId);

    /// <summary>The worker is followed, from its next answer on; also where another was followed under its id.</summary>
    public void Follow(string nodeId, string address, TaskLocation location, string category = AnnouncedService.DefaultCategory)
    {
        var worker = workers[nodeId] = new TrackedWorker(nodeId, address, location, category);
        foreach (var task in tasks.Values)
            if (task.NodeId == nodeId) worker.Enter(task);
    }

    /// <summary>Says why a worker that is followed cannot be given tasks: another version; null: it can. It keeps those that it has.</summary>
    /// <returns>Whether that is news.</returns>
    public bool Hold(string nodeId, string? reason)
    {
        if (!workers.TryGetValue(nodeId, out var worker) || worker.Incompatibility == reason) return false;
        worker.Incompatibility = reason;
        mayPlace = true;
        return true;
    }

    /// <summary>Says why the announcement of a worker that is followed does not count any more: it gets no new tasks; null: it counts.</summary>
    public void Unannounced(string nodeId, string? reason)
    {
        if (!workers.TryGetValue(nodeId, out var worker)) return;
        mayPlace |= worker.Unannounced is not null && reason is null;
        worker.Unannounced = reason;
    }

    /// <summary>A worker that answers gets no tasks all the same.</summary>
    /// <param name="reason">In words; null: it gets some.</param>
    public void Doubt(string nodeId, string? reason)
    {
        if (!workers.TryGetValue(nodeId, out var worker)) return;
        mayPlace |= worker.Doubt is not null && reason is null;
        worker.Doubt = reason;
    }

    /// <summary>A worker that is followed has answered.</summary>
    public Observation Answered(WorkerState answer, DateTimeOffset now)
    {
        var worker = workers[answer.NodeId];
        var (notices, strangers) = (new List<TaskNotice>(), new List<string>());
        var (couldTake, drained) = (worker.NotPlaceable is null, worker.DrainsSince is not null);
        var reports = worker.Answered(answer, now);
        mayPlace |= !couldTake && worker.NotPlaceable is null;
        foreach (var report in reports)
        {
            var task = tasks.GetValueOrDefault(report.Id);
            if (task is { IsFinished: false } && IsAt(task, worker))
            {
                TakeIn(report, task, worker);
                notices.Add(new TaskNotice(task, new Notice.TaskObserved(report, worker.Location)));
            }
            else if (report.Outcome == TaskOutcome.Running)
            {
                if (isRestored) strangers.Add(report.Id);
                if (task is null || task.NodeId != worker.NodeId) worker.MeetsStranger(report.Id); // not one that is finished, whose slot is counted
            }
            else
            {
                mayPlace |= worker.LosesStranger(report.Id);
                if (task is { IsFinished: true } && task.NodeId == worker.NodeId) Remove(task);
            }
        }
        foreach (var task in worker.Unreported.ToList())
        {
            if (task.IsFinished) Remove(task);
            else if (task.IsMissedIn(answer)) notices.Add(new TaskNotice(task, new Notice.TaskLost(task.Payload.Id, $"worker [{worker.NodeId}] does not know the task: the assignment was lost, or the worker was restarted")));
        }
        if (!drained && worker.DrainsSince is not null) notices.AddRange(Drain(now));
        return new Observation(notices, strangers);
    }

    /// <summary>A worker is followed no longer. What it ran stays its own until it is replaced, or the worker is back.</summary>
    public IReadOnlyList<TaskNotice> Lost(string nodeId, string reason)
    {
        if (!workers.Remove(nodeId, out var worker)) return [];
        var lost = worker.Tasks.ToList();
        foreach (var finished in lost.Where(t => t.IsFinished)) Remove(finished);
        return [.. lost.Select(t => new TaskNotice(t, new Notice.TaskLost(t.Payload.Id, $"worker [{nodeId}] at {worker.Address} is lost: {reason}")))];
    }

    /// <summary>Which tasks have been unaccounted for too long. To be called every second or so; what waits is tried again after it.</summary>
    public IReadOnlyList<TaskNotice> Sweep(DateTimeOffset now)
    {
        mayPlace = true; // refusals wear off
        var notices = new List<TaskNotice>();
        foreach (var task in tasks.Values)
        {
            if (task.IsFinished) continue;
            if (task.NodeId is { } node && !workers.ContainsKey(node)) notices.Add(new TaskNotice(task, new Notice.TaskLost(task.Payload.Id, $"worker [{node}] is lost")));
            else if (task.NodeId is null && task.MayRunSomewhere && now - task.Since > UnknownAfter) notices.Add(new TaskNotice(task, new Notice.TaskLost(task.Payload.Id, "no worker has reported the task since this overlord began to lead")));
        }
        notices.AddRange(Drain(now));
        return notices;
    }

    /// <summary>Which tasks are to be handed on because their workers drain: those whose successors find room elsewhere, and after <see cref="RoomMayTake"/> all, so that what they have read is published
    /// before their worker ends. Said again until they end.</summary>
    private IEnumerable<TaskNotice> Drain(DateTimeOffset now)
    {
        var room = workers.Values.Where(w => w.NotPlaceable is null).Sum(w => Math.Max(0, w.Free)) - unplaced.Count;
        foreach (var worker in Workers)
        {
            if (worker.DrainsSince is not { } since) continue;
            foreach (var task in worker.Tasks.Where(t => t is { IsFinished: false, IsRunning: true, IsEnding: false }))
            {
                if (room <= 0 && now - since < RoomMayTake) continue;
                room--;
                yield return new TaskNotice(task, new Notice.WorkerDrains(task.Payload.Id, worker.NodeId));
            }
        }
    }

    /// <summary>Gives waiting tasks, the oldest first, to workers, as far as anything has changed since it was tried last.</summary>
    public Placements Place(DateTimeOffset now)
    {
        var placements = new Placements([], [], []);
        if (unplaced.Count == 0 || !mayPlace) return placements;
        mayPlace = false;
        var placeable = workers.Values.Where(w => w.NotPlaceable is null).ToList();
        foreach (var task in unplaced.ToList())
        {
            if (Placement.Choose(task, placeable, Strategy, now) is { } chosen)
            {
                unplaced.Remove(task);
                task.Assign(chosen.NodeId, chosen.BootId!);
                chosen.Enter(task);
                placements.Placed.Add(task);
            }
            else if (task.IsReasonOld(now))
            {
                var reason = Placement.Objections(task, workers.Values, Absent, Strategy, now);
                if (task.WaitingFor != reason) placements.Waiting.Add(task);
                task.Wait(reason, now);
                if (task.IsLongWaitKnown || now - task.WaitingSince < LongWait) continue;
                task.IsLongWaitKnown = true;
                placements.WaitingLong.Add(task);
            }
        }
        return placements;
    }

    /// <summary>The worker that a task was placed on does not take it; another may be asked.</summary>
    public void Refused(TrackedTask task, string message, DateTimeOffset now)
    {
        var node = task.NodeId!;
        if (workers.TryGetValue(node, out var worker)) worker.Leave(task);
        task.Refused(node, message, now);
        mayPlace = true;
        if (!IsKnown(task)) return;
        if (task.IsFinished) Remove(task);
        else unplaced.Add(task);
    }

    private bool IsKnown(TrackedTask task) => tasks.TryGetValue(task.Payload.Id, out var known) && known == task;

    /// <summary>False: another worker that is still followed has the task, so what this one runs is a twin.</summary>
    private bool IsAt(TrackedTask task, TrackedWorker worker) => task.NodeId is not { } node || node == worker.NodeId || !workers.ContainsKey(node);

    private void TakeIn(TaskReport report, TrackedTask task, TrackedWorker worker)
    {
        if (task.LastReport == report && task.NodeId == worker.NodeId && !worker.Unreported.Contains(task)) return; // told anew
        unplaced.Remove(task);
        var wasRunning = task.IsRunning;
        worker.Leave(task);
        task.Report(worker.NodeId, worker.BootId!, report, worker.Location);
        worker.Enter(task);
        worker.LosesStranger(report.Id);
        mayPlace |= wasRunning && !task.IsRunning;
    }

    private void Add(TrackedTask task)
    {
        if (!tasks.TryAdd(task.Payload.Id, task)) return;
        if (!bySupervisor.TryGetValue(task.Payload.Supervisor, out var ofSupervisor)) bySupervisor[task.Payload.Supervisor] = ofSupervisor = [];
        ofSupervisor.Add(task);
        if (task.MayRunSomewhere) return;
        unplaced.Add(task);
        mayPlace = true;
    }

    private void Remove(TrackedTask task)
    {
        tasks.Remove(task.Payload.Id);
        unplaced.Remove(task);
        var ofSupervisor = bySupervisor[task.Payload.Supervisor];
        ofSupervisor.Remove(task);
        if (ofSupervisor.Count == 0) bySupervisor.Remove(task.Payload.Supervisor);
        if (task.NodeId is { } node && workers.TryGetValue(node, out var worker)) worker.Leave(task);
        mayPlace = true;
    }
}

/// <summary>What a supervisor is to hear of one of its tasks.</summary>
internal readonly record struct TaskNotice(TrackedTask Task, Notice Notice)
{
    public string Supervisor => Task.Payload.Supervisor;
}

/// <param name="Strangers">Ids of tasks that run there and are not to: to be stopped.</param>
internal sealed record Observation(List<TaskNotice> Notices, List<string> Strangers);

/// <param name="Placed">To be given to the workers that they name now.</param>
/// <param name="Waiting">Those with a new reason to wait.</param>
/// <param name="WaitingLong">Those that have just waited for <see cref="TaskBoard.LongWait"/>.</param>
internal sealed record Placements(List<TrackedTask> Placed, List<TrackedTask> Waiting, List<TrackedTask> WaitingLong);
