using System.Collections.Immutable;
using System.Globalization;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Supervisor.Status;

namespace Ingestion.Supervisor.Tests.Walk;

/// <summary>All that surrounds a supervisor, in a few hundred lines and driven by one seed: a topic, a database that fences and compares before
/// it swaps, two workers, and a network that loses, doubles and delays. The leader may die between any two lines.</summary>
internal sealed class World
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Random random;
    private readonly int topics;
    private readonly int? idleAfterMillis;
    private readonly bool scales;
    private readonly string stream;
    private readonly SortedSet<string> hidden = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, (IndexTaskPayload Payload, bool IsActive)> rows = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, FakeTask> tasks = new(StringComparer.Ordinal);
    private readonly SortedSet<string> publishedSequences = new(StringComparer.Ordinal);
    private readonly List<(DateTimeOffset At, int Order, Action Do)> network = [];
    private SupervisorSpec spec;
    private bool isTerminated;
    private PartitionOffsets latest;
    private PartitionOffsets committed = PartitionOffsets.Empty;
    private SupervisorState state = SupervisorState.Initial("wiki");
    private DateTimeOffset now = Begin;
    private int order;
    private int epoch;
    private bool hasMoved;
    private SupervisorState? replaced;
    private DateTimeOffset replacedUntil;

    /// <param name="topics">More than one: the supervisor reads a pattern, and topics are not to be seen for a while.</param>
    /// <param name="idleAfterMillis">Given, records come now and then only.</param>
    /// <param name="scales">An auto-scaler changes taskCount all the time, and replicas wait for each other.</param>
    public World(int seed, int topics = 1, int? idleAfterMillis = null, bool scales = false)
    {
        random = new Random(seed);
        (this.topics, this.idleAfterMillis, this.scales, stream) = (topics, idleAfterMillis, scales, topics > 1 ? "wiki.*" : "wiki");
        spec = Spec(random.Next(1, 4), random.Next(1, 4), completionTimeout: random.Next(2) == 0 ? "PT15S" : "PT60S");
        latest = PartitionOffsets.All(Enumerable.Range(0, random.Next(1, 6)).Select(Partition), 0);
        IsFaulty = true;
    }

    private SupervisorSpec Spec(int taskCount, int replicas, string completionTimeout = "PT30M", int maxRowsPerSegment = 5_000_000) => Specs.Of(taskCount: taskCount, replicas: replicas, taskDuration: "PT20S",
        completionTimeout: completionTimeout, maxRowsPerSegment: maxRowsPerSegment, topicPattern: topics > 1 ? stream : null, idleAfterMillis: idleAfterMillis, maxReplicaOffsetSkew: scales ? SkewMost : null,
        extra: topics > 1 || idleAfterMillis is not null ? ",\"period\":\"PT2S\"" : scales ? AutoScaler : ""); // the stream is asked often, since that is what shows it

    private StreamPartition Partition(int number) => topics == 1 ? number : new StreamPartition($"wiki_{(char)('a' + (number % topics))}", number / topics);

    /// <summary>Told only when asked for: it costs far more than the walk.</summary>
    public List<string>? Trace { get; init; }
    public bool IsFaulty { get; private set; }

    /// <summary>Off: a publish goes through whatever is committed, so that the walk can show that it would notice.</summary>
    public bool ComparesAndSwaps { get; init; } = true;

    /// <summary>Off: a leader that was replaced goes on for a while beside its successor, its records and effects are taken, and so are publishes of tasks
    /// that were recorded as finished.</summary>
    public bool Fences { get; init; } = true;
    /// <summary>On: operators reset offsets. What is committed then begins anew, for all partitions at once so that each record is still published once since.</summary>
    public bool Resets { get; init; }

    /// <summary>Off: what was read before a reset is believed after it.</summary>
    public bool ReadsAgainAfterReset { get; init; } = true;

    /// <summary>How often replicas were told to wait for each other, or to go on.</summary>
    public int Holds { get; private set; }

    /// <summary>Changes of taskCount.</summary>
    public int ScaleActions { get; private set; }

    private const long SkewMost = 12;
    private const string AutoScaler = """
        ,"autoScalerConfig":{"enableTaskAutoScaler":true,"taskCountMin":1,"taskCountMax":4,"scaleActionStartDelayMillis":1000,"lagCollectionIntervalMillis":500,"lagCollectionRangeMillis":2000,"scaleActionPeriodMillis":500,
        "scaleOutThreshold":20,"scaleInThreshold":10,"triggerScaleInFractionThreshold":0.5,"scaleOutStep":1,"minTriggerScaleActionFrequencyMillis":2000}
        """;

    /// <summary>Until then no publish goes through: the time before a first commit, in which one would be accepted whatever its start, is long.</summary>
    public TimeSpan PublishesFrom { get; init; }
    public TimeSpan Elapsed => now - Begin;
    public int Steps { get; private set; }
    public SupervisorState State => state;

    public void Run(int turns)
    {
        if (state.Spec is null) Acquire();
        for (var turn = 0; turn < turns; turn++) Turn();
    }

    /// <summary>Faults and new records end; the supervisor is resumed if need be.</summary>
    public void CalmDown()
    {
        IsFaulty = false;
        hidden.Clear();
        if (isTerminated)
        {
            isTerminated = false;
            Note($"--- revived");
            Acquire();
        }
        if (spec.Suspended) Step(new Notice.ResumeRequested());
    }

    /// <summary>Everything is published once, everybody is well, and nothing runs that should not.</summary>
    public bool IsCalm() =>
        latest.All(e => (committed.TryGet(e.Key, out var at) ? at : 0) == e.Value) && state.Publishing.Count == 0 && state.Adoptees.Count == 0
        && (idleAfterMillis is null ? SupervisorStatus.DetailedState(state) == "RUNNING" : state.IsIdle) // idle, it has no tasks that could make up for those that failed
        && (state.IsIdle || state.Reading.Values.All(g => g.Replicas.Count == spec.IoConfig.Replicas))
        && rows.Where(r => r.Value.IsActive).Select(r => r.Key).SequenceEqual(state.Groups.SelectMany(g => g.Replicas.Keys).Order(StringComparer.Ordinal))
        && tasks.Values.Where(t => t.IsRunning).All(t => rows[t.Id].IsActive);

    public string Describe() => $"committed {committed}, latest {latest}, state {SupervisorStatus.DetailedState(state)}, {state.Reading.Count} reading, {state.Publishing.Count} publishing, {state.Adoptees.Count} adoptees, {tasks.Values.Count(t => t.IsRunning)} tasks run; "
        + $"rows without a place: {string.Join(",", rows.Where(r => r.Value.IsActive && !state.Groups.Any(g => g.Replicas.Contains(r.Key))).Select(r => r.Key))}; tasks without a row: {string.Join(",", tasks.Values.Where(t => t.IsRunning && !rows[t.Id].IsActive).Select(t => t.Id))}; "
        + $"replicas {string.Join(",", state.Reading.Values.Select(g => g.Replicas.Count))} of {spec.IoConfig.Replicas}; errors: {string.Join("; ", state.Health.Errors.Select(e => $"{(e.At - Begin).TotalSeconds:0} {e.Message}"))}";

    private void Turn()
    {
        now += TimeSpan.FromMilliseconds(random.Next(20, 400));
        if (IsFaulty)
        {
            if (idleAfterMillis is null || random.Next(150) == 0) latest = new PartitionOffsets(latest.Select(e => KeyValuePair.Create(e.Key, e.Value + random.Next(12))));
            Misfortune();
        }
        foreach (var task in tasks.Values.ToList())
        {
            task.Advance(now, latest, random, Publish);
            if (IsFaulty && random.Next(60) == 0 && task.Pause(now) is not null) RequestCheckpoint(task);
            if (random.Next(4) == 0) Send(() => Deliver(new Notice.TaskObserved(ReportOf(task), new TaskLocation { Host = "worker", Port = 8091 + task.Worker })), task.Report);
        }
        foreach (var task in tasks.Values.Where(t => !t.IsRunning && !rows[t.Id].IsActive).ToList()) tasks.Remove(task.Id);
        while (network.Count > 0 && network.MinBy(m => (m.At, m.Order)) is var next && next.At <= now)
        {
            network.Remove(next);
            next.Do();
        }
        if (now >= state.WakeAt) Step(new Notice.Tick());
    }

    private TaskReport? held;
    private TaskReport ReportOf(FakeTask task) => held ?? task.Report();

    private void Misfortune()
    {
        switch (random.Next(400))
        {
            case 0 or 1: Note($"--- leader dies"); Acquire(); break;
            case 2: KillWorker(random.Next(2)); break;
            case 3 or 4 when tasks.Values.Where(t => t.IsRunning).ToList() is { Count: > 0 } running: running[random.Next(running.Count)].Fail("misfortune"); break;
            case 5: Step(random.Next(2) == 0 ? new Notice.SuspendRequested() : new Notice.ResumeRequested()); break;
            case 6: Step(new Notice.ResumeRequested()); break;
            case 7: Step(new Notice.SpecReplaced(Spec(random.Next(1, 4), random.Next(1, 4), maxRowsPerSegment: random.Next(1, 3) * 1000))); break;
            case 8 when latest.Count < 7: latest = latest.With(Partition(latest.Count), 0); break;
            case 10 when !state.IsTerminated: Step(new Notice.TerminateRequested()); break;
            case >= 20 and < 26 when Resets: Step(new Notice.ResetRequested(null)); break;
            case >= 26 and < 30 when Resets && committed.Count > 0: Step(new Notice.OffsetsResetRequested(KafkaDataSourceMetadata.EndOf(stream, new PartitionOffsets(committed.Where(_ => random.Next(2) == 0).Select(e => KeyValuePair.Create(e.Key, random.NextInt64(e.Value + 1))))))); break;
            case 30 when Resets: Step(new Notice.HandoffRequested([random.Next(3)])); break;
            case >= 40 and < 44 when topics > 1: hidden.Add($"wiki_{(char)('a' + random.Next(topics))}"); break;
            case >= 44 and < 46: hidden.Clear(); break;
            case >= 46 and < 50 when tasks.Values.Where(t => t.IsRunning).ToList() is { Count: > 0 } running: Step(new Notice.WorkerDrains(running[random.Next(running.Count)].Id, "w1")); break;
            case 9: Send(() => Deliver(new Notice.StreamFailed("TimeoutException", "no broker"))); break;
        }
    }

    private void KillWorker(int worker)
    {
        Note($"--- worker {worker} dies");
        foreach (var task in tasks.Values.Where(t => t.Worker == worker).ToList())
        {
            tasks.Remove(task.Id);
            Send(() => Deliver(new Notice.TaskLost(task.Id, "its worker is gone")), isSure: true);
        }
    }

    private void Acquire()
    {
        epoch++;
        network.Clear();
        if (!Fences && state.Spec is not null) (replaced, replacedUntil) = (state, now + TimeSpan.FromSeconds(30));
        state = SupervisorState.Initial("wiki");
        Step(new Notice.Acquired(spec, committed.Count == 0 ? null : KafkaDataSourceMetadata.EndOf(stream, committed), [.. rows.Values.Where(r => r.IsActive).Select(r => r.Payload)], isTerminated));

        // A worker that is gone reports nothing; who was on it is found out by asking the others.
        foreach (var (id, row) in rows.Where(r => r.Value.IsActive))
            if (!tasks.ContainsKey(id) && random.Next(2) == 0) Send(() => Deliver(new Notice.TaskLost(id, "no worker knows it")), isSure: true);
    }

    private void Step(Notice notice)
    {
        Steps++;
        // As the loop does it: what was read before a reset is read again.
        if (notice is Notice.OffsetsCommitted && hasMoved && ReadsAgainAfterReset) notice = committed.Count > 0 ? new Notice.OffsetsCommitted(KafkaDataSourceMetadata.EndOf(stream, committed)) : new Notice.Tick();
        if (replaced is not null && now < replacedUntil && notice is not Notice.Acquired) StepReplaced(replaced, notice);
        var transition = SupervisorMachine.Step(state, notice, now);
        Note($"{Elapsed.TotalSeconds:0.0} {notice}");
        if (IsFaulty && random.Next(500) == 0)
        {
            Note($"--- leader dies before the commit");
            Acquire();
            return;
        }
        foreach (var record in transition.Records) Commit(record);
        if (IsFaulty && random.Next(500) == 0)
        {
            Note($"--- leader dies after the commit");
            Acquire();
            return;
        }
        state = transition.State;
        foreach (var effect in transition.Effects)
        {
            Note($"    {effect}");
            Send(() => Execute(effect));
        }
    }

    /// <summary>The leader before goes on: it hears what its successor hears, and nothing holds it back.</summary>
    private void StepReplaced(SupervisorState before, Notice notice)
    {
        var transition = SupervisorMachine.Step(before, notice, now);
        replaced = transition.State;
        foreach (var record in transition.Records) Commit(record);
        foreach (var effect in transition.Effects) Send(() => Execute(effect));
    }

    private void Commit(Record record)
    {
        Note($"    {record}");
        switch (record)
        {
            case Record.InsertTask insert: Assert.True(rows.TryAdd(insert.Payload.Id, (insert.Payload, true)) || !Fences, $"task id {insert.Payload.Id} is used twice"); break;
            case Record.FinishTask finish: rows[finish.Status.Id] = (rows[finish.Status.Id].Payload, false); break;
            case Record.AppendSpec append:
                if (append.Spec.IoConfig.TaskCount != spec.IoConfig.TaskCount) ScaleActions++;
                (spec, isTerminated) = (append.Spec, false);
                break;
            case Record.AppendTombstone: isTerminated = true; break;
            case Record.DeleteOffsets: committed = PartitionOffsets.Empty; hasMoved = true; break;
            case Record.MoveOffsets move: committed = committed.Plus(move.Offsets); hasMoved = true; break;
        }
    }

    private void Execute(Effect effect)
    {
        switch (effect)
        {
            case Effect.ObserveStream:
                Send(() => Deliver(new Notice.StreamObserved(latest.Where(e => e.Key.Topic is null || !hidden.Contains(e.Key.Topic)).ToImmutableSortedDictionary(e => e.Key, e => new OffsetRange(0, e.Value)))));
                break;
            case Effect.StartTask start:
                if (!rows[start.Payload.Id].IsActive && !IsFaulty) break;
                if (!tasks.ContainsKey(start.Payload.Id)) tasks[start.Payload.Id] = new FakeTask(start.Payload, random.Next(2), now);
                break;
            case Effect.StopTask stop: tasks.Remove(stop.TaskId); break;
            case Effect.HoldTask hold when tasks.TryGetValue(hold.TaskId, out var task): task.Hold(now + hold.Lease); Holds++; break;
            case Effect.ResumeTask resume when tasks.TryGetValue(resume.TaskId, out var task): task.Resume(); break;
            case Effect.PauseTask pause:
                var at = tasks.TryGetValue(pause.TaskId, out var pausing) ? pausing.Pause(now) : null;
                Send(() => Deliver(at is not null ? new Notice.TaskPaused(pause.TaskId, pause.Round, at) : new Notice.PauseFailed(pause.TaskId, pause.Round, "not reading")));
                break;
            case Effect.SetEndOffsets set:
                var isSet = tasks.TryGetValue(set.TaskId, out var ending) && ending.SetEnd(set.Offsets, set.Finish);
                var current = ending?.Current;
                Send(() => Deliver(isSet ? new Notice.EndOffsetsSet(set.TaskId, set.Round) : new Notice.EndOffsetsRefused(set.TaskId, set.Round, current, "refused")));
                break;
        }
    }

    private void RequestCheckpoint(FakeTask task)
    {
        var request = new Notice.CheckpointRequested(task.Id, task.Payload.IoConfig.TaskGroupId, task.LastSequenceStart);
        Send(() => Deliver(request));
    }

    /// <summary>The publish: fenced by the row, then compare and swap; what is published already counts as done, as it does in Druid.</summary>
    private PublishAnswer Publish(FakeTask task, int sequence, PartitionOffsets start, PartitionOffsets end)
    {
        if (Elapsed < PublishesFrom || (IsFaulty && random.Next(20) == 0)) return PublishAnswer.TryAgain;
        if (Fences && !rows[task.Id].IsActive) return PublishAnswer.Refused;
        var name = string.Create(CultureInfo.InvariantCulture, $"{task.Payload.IoConfig.BaseSequenceName}_{sequence}");
        if (start == end) return PublishAnswer.Done;
        var differing = start.Where(s => ComparesAndSwaps && committed.TryGet(s.Key, out var stored) && stored != s.Value).ToList();
        if (differing.Count > 0) return publishedSequences.Contains(name) ? PublishAnswer.Done : differing.All(s => s.Value > committed[s.Key]) ? PublishAnswer.TryAgain : PublishAnswer.Refused;
        foreach (var (partition, from) in start) Assert.Equal(committed.TryGet(partition, out var stored) ? stored : 0, from);
        committed = committed.Plus(end);
        publishedSequences.Add(name);
        Note($"{Elapsed.TotalSeconds:0.0} PUBLISHED {task.Id} {sequence} {start} to {end}");
        var notice = new Notice.OffsetsCommitted(KafkaDataSourceMetadata.EndOf(stream, committed));
        if (Resets || random.Next(5) == 0) Send(() => Deliver(notice), isSure: true);
        else network.Add((now, order++, () => Step(notice)));
        return PublishAnswer.Done;
    }

    private void Deliver(Notice notice) => Step(notice);

    /// <summary>Sends a report as it is now, to arrive later.</summary>
    private void Send(Action deliver, Func<TaskReport> report)
    {
        var taken = report();
        Send(() =>
        {
            held = taken;
            deliver();
            held = null;
        });
    }

    private void Send(Action action, bool isSure = false)
    {
        var sentIn = epoch;
        if (IsFaulty && !isSure && random.Next(12) == 0) return;
        var copies = IsFaulty && random.Next(15) == 0 ? 2 : 1;
        for (var copy = 0; copy < copies; copy++)
        {
            var delay = IsFaulty && random.Next(10) == 0 ? random.Next(12_000) : random.Next(150);
            network.Add((now + TimeSpan.FromMilliseconds(delay), order++, () => { if (sentIn == epoch) action(); }));
        }
    }

    private void Note(FormattableString line) => Trace?.Add(line.ToString(CultureInfo.InvariantCulture));
}
