using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Tasks;
using Ingestion.Simulation.Workers;
using Ingestion.Simulation.Worlds;
using Ingestion.Supervisor;

namespace Ingestion.Simulation.Overlords;

/// <summary>Knows the active tasks and where each runs: <c>TaskRunner</c> without threads and HTTP, over its own <see cref="TrackedTask"/> and
/// <see cref="Placement"/>.</summary>
internal sealed class Dispatcher(World world, Term term)
{
    private static readonly TimeSpan UnknownAfter = TimeSpan.FromSeconds(15);

    private readonly SortedList<string, TrackedTask> tasks = new(StringComparer.Ordinal);
    private readonly SortedList<string, Connection> workers = new(StringComparer.Ordinal);

    private DateTimeOffset Now => World.Begin + TimeSpan.FromMilliseconds(world.Time.Now);

    public void Restore(IEnumerable<IndexTaskPayload> active)
    {
        foreach (var payload in active) tasks.TryAdd(payload.Id, new TrackedTask(payload, Now) { MayRunSomewhere = true });
    }

    public void Start(IndexTaskPayload payload)
    {
        tasks.TryAdd(payload.Id, new TrackedTask(payload, Now));
        Place();
    }

    public void Stop(string taskId)
    {
        if (!tasks.Remove(taskId, out var task)) return;
        if (task.NodeId is { } node && workers.TryGetValue(node, out var connection)) ShutDown(connection.Worker, taskId);
    }

    public void Finish(string taskId)
    {
        if (!tasks.TryGetValue(taskId, out var task)) return;
        task.IsFinished = true;
        if (task.NodeId is not { } node || !task.IsRunning || !workers.ContainsKey(node)) tasks.Remove(taskId);
        Place();
    }

    public void Align(IReadOnlyCollection<IndexTaskPayload> active)
    {
        foreach (var over in tasks.Keys.Where(id => active.All(t => t.Id != id)).ToList()) Finish(over);
        foreach (var task in active) Start(task);
    }

    public SimulatedWorker? WorkerOf(string taskId) =>
        tasks.TryGetValue(taskId, out var task) && task.NodeId is { } node && workers.TryGetValue(node, out var connection) ? connection.Worker : null;

    /// <summary>The worker has announced itself.</summary>
    public void Follow(SimulatedWorker worker)
    {
        if (term.IsOver || workers.ContainsKey(worker.NodeId)) return;
        var connection = workers[worker.NodeId] = new Connection(world, term, this, worker);
        connection.Poll();
    }

    public bool Follows(Connection connection) => workers.TryGetValue(connection.Worker.NodeId, out var current) && current == connection;

    public void Observed(Connection connection, WorkerState state)
    {
        var node = state.NodeId;
        var reported = new HashSet<string>(StringComparer.Ordinal);
        var strangers = new List<string>();
        foreach (var report in state.Tasks)
        {
            reported.Add(report.Id);
            if (tasks.TryGetValue(report.Id, out var task) && !task.IsFinished && (task.NodeId is not { } at || at == node || !workers.ContainsKey(at)))
            {
                task.Report(node, state.BootId, report, connection.Worker.Location);
                var notice = new Notice.TaskObserved(report, connection.Worker.Location);
                term.Post(notice);
                if (world.Strikes(Faults.Doubled, oneIn: world.Options.MessageFaultOneIn)) world.Time.After(world.Random.Next(12_000), () => term.Post(notice));
            }
            else if (report.Outcome == TaskOutcome.Running) strangers.Add(report.Id);
        }
        foreach (var over in tasks.Values.Where(t => t.IsFinished && t.NodeId == node && !strangers.Contains(t.Payload.Id)).Select(t => t.Payload.Id).ToList()) tasks.Remove(over);
        foreach (var lost in tasks.Values.Where(t => t.NodeId == node && !reported.Contains(t.Payload.Id)).ToList())
            if (lost.Missed(state)) term.Post(new Notice.TaskLost(lost.Payload.Id, $"worker [{node}] no longer knows the task"));
        foreach (var stranger in strangers) ShutDown(connection.Worker, stranger);
        Place();
    }

    public void Lost(Connection connection, string reason)
    {
        if (!Follows(connection)) return;
        var node = connection.Worker.NodeId;
        workers.Remove(node);
        world.Trace.Note("worker lost", node, term.Epoch, $"{reason}");
        var lost = tasks.Values.Where(t => t.NodeId == node).ToList();
        foreach (var finished in lost.Where(t => t.IsFinished)) tasks.Remove(finished.Payload.Id);
        foreach (var task in lost) term.Post(new Notice.TaskLost(task.Payload.Id, $"worker [{node}] is lost: {reason}"));
    }

    public void Sweep()
    {
        foreach (var task in tasks.Values.Where(t => !t.IsFinished).ToList())
        {
            if (task.NodeId is { } node && !workers.ContainsKey(node)) term.Post(new Notice.TaskLost(task.Payload.Id, $"worker [{node}] is lost"));
            else if (task.NodeId is null && task.MayRunSomewhere && Now - task.Since > UnknownAfter) term.Post(new Notice.TaskLost(task.Payload.Id, "no worker has reported the task since this overlord began to lead"));
        }
        Place();
    }

    private void Place()
    {
        var unplaced = tasks.Values.Where(t => t.NodeId is null && !t.MayRunSomewhere && !t.IsFinished).OrderBy(t => t.Since).ToList();
        if (unplaced.Count == 0) return;
        var candidates = Placement.Candidates(workers.Values.Where(w => w.State is not null).Select(w => (w.Worker.NodeId, w.Worker.NodeId, w.State!)), tasks);
        var news = new List<Notice>(); // posted last: a step may place tasks of its own, which production's mailbox keeps apart
        foreach (var task in unplaced)
        {
            var refusal = task.RefusalAt(Now);
            if (Placement.Choose(task.Payload.Resource, candidates, refusal) is { } chosen)
            {
                chosen.Take(task.Payload.Resource);
                task.Assign(chosen.NodeId, workers[chosen.NodeId].State!);
                Assign(task, workers[chosen.NodeId].Worker);
            }
            else if (task.IsReasonOld(Now))
            {
                var reason = Placement.Objections(task.Payload.Resource, candidates, refusal);
                var isNew = task.WaitingFor != reason;
                task.Wait(reason, Now);
                if (isNew) news.Add(new Notice.TaskNotPlaced(task.Payload.Id, reason));
            }
        }
        foreach (var notice in news) term.Post(notice);
    }

    private void Assign(TrackedTask task, SimulatedWorker worker)
    {
        var isAnswered = false;
        void Once(Action what)
        {
            if (isAnswered || term.IsOver) return;
            isAnswered = true;
            what();
        }
        world.Network.Send(() =>
        {
            if (worker.IsSilent) return;
            var refusal = !worker.IsAlive ? "connection refused" : !worker.Admit(term.Epoch) ? "the epoch is over" : worker.Assign(task.Payload);
            world.Network.Send(() => Once(() =>
            {
                if (refusal is not null && task.LastReport is null) task.Refused(worker.NodeId, refusal, Now);
                else task.Assigned();
            }));
        });
        world.Time.After(10_000, () => Once(task.Assigned));
    }

    private void ShutDown(SimulatedWorker worker, string taskId) => world.Network.Send(() =>
    {
        if (worker is { IsAlive: true, IsSilent: false } && worker.Admit(term.Epoch)) worker.Stop(taskId);
    });
}
