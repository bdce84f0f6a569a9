using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Tasks;
using Ingestion.Simulation.Workers;
using Ingestion.Simulation.Worlds;
using Ingestion.Supervisor;

namespace Ingestion.Simulation.Overlords;

/// <summary>Has the active tasks run: production's <see cref="TaskBoard"/>, and <c>TaskRunner</c> around it without threads and HTTP.</summary>
internal sealed class Dispatcher(World world, Term term)
{
    private readonly TaskBoard board = new();
    private readonly Dictionary<string, Connection> connections = new(StringComparer.Ordinal);

    private DateTimeOffset Now => World.Begin + TimeSpan.FromMilliseconds(world.Time.Now);

    public void Restore(IEnumerable<IndexTaskPayload> active) => board.Restore(active, Now);

    public void Start(IndexTaskPayload payload)
    {
        board.Start(payload, Now);
        Place();
    }

    public void Stop(string taskId)
    {
        if (board.Stop(taskId) is { } node) ShutDown(connections[node].Worker, taskId);
        Place();
    }

    public void Finish(string taskId)
    {
        board.Finish(taskId);
        Place();
    }

    public void Align(IReadOnlyCollection<IndexTaskPayload> active)
    {
        board.Align(World.SupervisorId, active, Now);
        Place();
    }

    public SimulatedWorker? WorkerOf(string taskId) =>
        board.Find(taskId)?.NodeId is { } node && connections.TryGetValue(node, out var connection) ? connection.Worker : null;

    /// <summary>The worker has announced itself.</summary>
    public void Follow(SimulatedWorker worker)
    {
        if (term.IsOver || connections.ContainsKey(worker.NodeId)) return;
        board.Follow(worker.NodeId, worker.NodeId, worker.Location);
        var connection = connections[worker.NodeId] = new Connection(world, term, this, worker);
        connection.Poll();
    }

    public bool Follows(Connection connection) => connections.TryGetValue(connection.Worker.NodeId, out var current) && current == connection;

    public void Observed(Connection connection, WorkerState answer)
    {
        var observation = board.Answered(answer, Now);
        foreach (var notice in observation.Notices.Select(n => n.Notice))
        {
            term.Post(notice);
            if (notice is Notice.TaskObserved && world.Strikes(Faults.Doubled, oneIn: world.Options.MessageFaultOneIn)) world.Time.After(world.Random.Next(12_000), () => term.Post(notice));
        }
        foreach (var stranger in observation.Strangers) ShutDown(connection.Worker, stranger);
        Place();
    }

    public void Lost(Connection connection, string reason)
    {
        if (!Follows(connection)) return;
        var node = connection.Worker.NodeId;
        connections.Remove(node);
        world.Trace.Note("worker lost", node, term.Epoch, $"{reason}");
        foreach (var lost in board.Lost(node, reason)) term.Post(lost.Notice);
    }

    public void Sweep()
    {
        foreach (var unaccounted in board.Sweep(Now)) term.Post(unaccounted.Notice);
        Place();
    }

    private void Place()
    {
        var placements = board.Place(Now);
        foreach (var task in placements.Placed) Assign(task, connections[task.NodeId!].Worker);
        // Posted last: a step may place tasks of its own, which production's mailbox keeps apart.
        foreach (var notice in placements.Waiting.Select(t => new Notice.TaskNotPlaced(t.Payload.Id, t.WaitingFor!)).ToList()) term.Post(notice);
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
                if (refusal is not null && task.LastReport is null) board.Refused(task, refusal, Now);
                else task.Assigned();
                Place();
            }));
        });
        world.Time.After(10_000, () => Once(task.Assigned));
    }

    private void ShutDown(SimulatedWorker worker, string taskId) => world.Network.Send(() =>
    {
        if (worker is { IsAlive: true, IsSilent: false } && worker.Admit(term.Epoch)) worker.Stop(taskId);
    });
}
