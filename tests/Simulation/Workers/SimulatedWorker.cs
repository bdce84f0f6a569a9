using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Hosting;
using Ingestion.Simulation.Metadata;
using Ingestion.Simulation.Overlords;
using Ingestion.Simulation.Worlds;
using Ingestion.Supervisor;

namespace Ingestion.Simulation.Workers;

/// <summary>A worker process: its tasks, its state for those who follow it, and its way to the leading overlord.</summary>
internal sealed class SimulatedWorker(World world, int number, int capacity)
{
    private const int FirstPause = 50, LongestPause = 2_000, CallTimeout = 60_000;

    private readonly SortedList<string, SimulatedTask> running = new(StringComparer.Ordinal);
    private readonly SortedList<string, TaskReport> ended = new(StringComparer.Ordinal);
    private readonly List<Action> waiting = [];
    private ReportJournal journal = new();
    private long counter;
    private int boots = 1;
    private int leader;
    private bool isTelling;

    public string NodeId { get; } = $"worker-{number}";
    public bool IsAlive { get; private set; } = true;

    /// <summary>Nothing reaches it; what it says is heard.</summary>
    public bool IsSilent { get; set; }

    /// <summary>It was told to end, and takes no tasks.</summary>
    public bool IsDraining
    {
        get;
        set
        {
            field = value;
            Changed();
        }
    }

    public long Epoch { get; private set; }
    public long Counter => counter;
    public DateTimeOffset WallClock => World.Begin + TimeSpan.FromMilliseconds(world.Time.Now + number * 150);
    public IReadOnlyCollection<SimulatedTask> Running => [.. running.Values];
    public TaskLocation Location { get; } = new() { Host = "worker", Port = 8091 + number };

    /// <summary>What has changed since a state that is known, as a real worker tells it.</summary>
    public WorkerState State(string? boot, long? since)
    {
        var bootId = $"boot {boots}";
        journal.Note([.. running.Values.Select(t => t.Report()), .. ended.Values]);
        var (known, changed, gone) = journal.After(boot == bootId ? since : null);
        return new WorkerState { NodeId = NodeId, BootId = bootId, Counter = counter, Capacity = capacity, State = IsDraining ? LifeState.ShuttingDown : LifeState.Active, Epoch = Epoch, Revision = journal.Revision, Since = known, Tasks = changed, Gone = gone };
    }

    public bool Runs(SimulatedTask task) => IsAlive && running.TryGetValue(task.Id, out var there) && there == task;
    public SimulatedTask? Find(string taskId) => running.GetValueOrDefault(taskId);

    /// <returns>False: the epoch is over.</returns>
    public bool Admit(long epoch)
    {
        if (epoch < Epoch) return false;
        if (epoch > Epoch) { Epoch = epoch; Changed(); }
        return true;
    }

    /// <returns>Why not; null: it has the task.</returns>
    public string? Assign(IndexTaskPayload payload)
    {
        if (running.ContainsKey(payload.Id) || ended.ContainsKey(payload.Id)) return null;
        if (!world.Store.HasTask(payload.Id)) throw new BrokenWorldException($"task {payload.Id} is started before it is recorded");
        if (IsDraining) return "it drains";
        if (running.Values.Any(t => t.Payload.Resource.AvailabilityGroup == payload.Resource.AvailabilityGroup)) return "a task of its group is here";
        if (running.Count >= capacity) return "no free slot";
        var limit = payload.TuningConfig.TryGetProperty("maxRowsPerSegment", out var rows) ? rows.GetInt64() : long.MaxValue;
        world.Trace.Note("task begins", payload.Id, number, $"at {NodeId} from {payload.IoConfig.StartSequenceNumbers.Offsets}");
        world.TaskStarted(payload.Id);
        running.Add(payload.Id, new SimulatedTask(world, this, payload, limit));
        Changed();
        return null;
    }

    public void Stop(string taskId)
    {
        if (running.TryGetValue(taskId, out var task)) task.Fail("Task was asked to stop before completing");
    }

    public void Ended(SimulatedTask task)
    {
        ended[task.Id] = task.Report();
        running.Remove(task.Id);
        Changed();
    }

    public void Die()
    {
        IsAlive = false;
        running.Clear();
        ended.Clear();
        Answer();
    }

    public void Boot()
    {
        (IsAlive, IsSilent, IsDraining, Epoch) = (true, false, false, 0);
        (counter, boots, journal) = (0, boots + 1, new ReportJournal());
    }

    /// <summary>Comes back once the counter is another, or after the timeout.</summary>
    public void Wait(long after, int timeoutMillis, Action answer)
    {
        if (counter != after) { answer(); return; }
        var isAnswered = false;
        void Once() { if (!isAnswered) { isAnswered = true; answer(); } }
        waiting.Add(Once);
        world.Time.After(timeoutMillis, () => { waiting.Remove(Once); Once(); });
    }

    public void Changed()
    {
        counter++;
        if (isTelling || waiting.Count == 0) return;
        isTelling = true;
        world.Time.After(1, Answer);
    }

    /// <summary>A task action at whichever overlord leads, until there is an answer or the task is over.</summary>
    public void Act<T>(SimulatedTask task, Func<long, Store, T> action, Action<T> then) =>
        Ask(task, (term, answer) =>
        {
            var result = action(term.Epoch, world.Store);
            if (result is PublishAnswer { Committed: { } committed }) term.Post(new Notice.OffsetsCommitted(committed));
            answer(result);
        }, then, FirstPause);

    public void AskForCheckpoint(SimulatedTask task, PartitionOffsets sequenceStart, Action<bool> then) =>
        Ask(task, (term, answer) => term.Ask(new Notice.CheckpointRequested(task.Id, task.Payload.IoConfig.TaskGroupId, sequenceStart), reply => answer(reply is Reply.Checkpoint { Granted: true })), then, FirstPause);

    private void Ask<T>(SimulatedTask task, Action<Term, Action<T>> request, Action<T> then, int pause)
    {
        if (task.IsOver) return;
        var overlord = world.Overlords[leader % world.Overlords.Count];
        var isAnswered = false;
        void Answer(Action what)
        {
            if (isAnswered || task.IsOver) return;
            isAnswered = true;
            what();
        }
        void Again() => Answer(() =>
        {
            leader++;
            world.Time.After(pause, () => Ask(task, request, then, Math.Min(pause * 2, LongestPause)));
        });
        world.Network.Send(() =>
        {
            if (overlord.Term is not { } term) { world.Time.After(2, Again); return; }
            try { request(term, result => world.Network.Send(() => Answer(() => then(result)))); }
            catch (StaleEpochException) { world.Network.Send(Again); }
            catch (ActionRefusedException refusal) { world.Network.Send(() => Answer(() => task.Fail(refusal.Message))); }
        });
        world.Time.After(CallTimeout, Again);
    }

    private void Answer()
    {
        isTelling = false;
        var all = waiting.ToList();
        waiting.Clear();
        foreach (var answer in all) answer();
    }
}
