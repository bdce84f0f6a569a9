using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Core;
using Ingestion.Simulation.Metadata;
using Ingestion.Simulation.Stream;
using Ingestion.Simulation.Worlds;

namespace Ingestion.Simulation.Workers;

/// <summary>An index task: production's <see cref="TaskMachine"/>, and around it what <c>IndexTaskRunner</c> does, with records for rows and without threads.</summary>
internal sealed class SimulatedTask
{
    private const int CheckpointWaitMillis = 10_000;
    private const int StandsStillAtMost = CheckpointWaitMillis + 3_000;

    private readonly World world;
    private readonly SimulatedWorker worker;
    private readonly TaskMachine machine;
    private readonly TaskPublisher publisher;
    private readonly TaskRows rows;
    private readonly int[] partitions;
    private readonly long[] next;
    private readonly int recordsPerTurn;
    private readonly List<Action<PartitionOffsets?>> pausesBeforeReading = [];
    private long pausedAt;
    private TaskPhase lastPhase;
    private bool isAskingForCheckpoint;
    private bool isReadScheduled;

    public SimulatedTask(World world, SimulatedWorker worker, IndexTaskPayload payload, long maxRowsPerSegment)
    {
        (this.world, this.worker, Payload) = (world, worker, payload);
        machine = new TaskMachine(new TaskPlan
        {
            BaseSequenceName = payload.IoConfig.BaseSequenceName, Start = payload.StartCheckpoints(), End = payload.IoConfig.EndSequenceNumbers.Offsets,
            MaxRowsPerSegment = maxRowsPerSegment, CheckpointWaitMillis = CheckpointWaitMillis,
        });
        partitions = [.. machine.Partitions.Select(p => p.Number)];
        next = [.. machine.Current.Select(e => e.Value)];
        recordsPerTurn = world.Random.Next(4) == 0 ? world.Random.Next(1, 4) : world.Random.Next(5, 60);
        publisher = new TaskPublisher(world, worker, this, machine);
        rows = new TaskRows(Allocate);
        machine.BeginStarting();
        lastPhase = machine.Phase;
        world.Time.After(world.Random.Next(5, world.Random.Next(6) == 0 ? 5_000 : 300), BeginReading);
    }

    public IndexTaskPayload Payload { get; }
    public string Id => Payload.Id;
    public TaskOutcome Outcome { get; private set; } = TaskOutcome.Running;
    public string? Error { get; private set; }
    public DateTimeOffset? StartTime { get; private set; }
    public TaskPhase Phase => machine.Phase;
    public bool IsOver => Outcome != TaskOutcome.Running || worker.Runs(this) is false;

    public TaskReport Report() => machine.Phase is TaskPhase.NotStarted or TaskPhase.Starting
        ? new TaskReport { Id = Id, Outcome = Outcome, Phase = machine.Phase, StartTime = StartTime, ErrorMsg = Error }
        : new TaskReport { Id = Id, Outcome = Outcome, Phase = machine.Phase, StartTime = StartTime, ErrorMsg = Error, CurrentOffsets = machine.Current, EndOffsets = machine.End, Checkpoints = machine.Checkpoints };

    /// <summary>What comes before it reads is done before it reads.</summary>
    public void Pause(Action<PartitionOffsets?> answer)
    {
        if (machine.Phase is TaskPhase.NotStarted or TaskPhase.Starting) pausesBeforeReading.Add(answer);
        else answer(Pause());
    }

    private PartitionOffsets? Pause()
    {
        var at = machine.Pause(world.Time.Now);
        if (at is not null) Paused();
        Tell();
        return at;
    }

    public void Resume()
    {
        machine.Resume(world.Time.Now);
        Tell();
        ReadSoon();
    }

    public EndOffsetsAnswer SetEndOffsets(PartitionOffsets offsets, bool finish, bool staysPaused)
    {
        var answer = machine.SetEndOffsets(offsets, finish, world.Time.Now, staysPaused);
        if (machine.Phase == TaskPhase.Paused) Paused();
        if (answer is EndOffsetsAnswer.Accepted { Changed: true }) worker.Changed();
        Tell();
        ReadSoon();
        return answer;
    }

    public void Fail(string error)
    {
        if (IsOver) return;
        world.Count("task failed");
        world.Trace.Note("task failed", Id, 0, $"{error}");
        (Outcome, Error) = (TaskOutcome.Failed, error);
        worker.Ended(this);
    }

    /// <summary>A publish has gone through, or the machine moved on for another reason.</summary>
    public void Tell()
    {
        if (IsOver) return;
        foreach (var sequence in machine.TakeRead(world.Without == Safeguard.AllRowsBeforePublish ? null : rows.FirstIncomplete))
        {
            publisher.HandOver(sequence, rows.Take(sequence.Id));
            worker.Changed();
        }
        if (machine.IsComplete)
        {
            Outcome = TaskOutcome.Success;
            world.Trace.Note("task done", Id, 0, $"at {machine.End}");
            worker.Ended(this);
        }
        else if (lastPhase != machine.Phase)
        {
            lastPhase = machine.Phase;
            worker.Changed();
        }
    }

    private void BeginReading()
    {
        if (IsOver) return;
        machine.BeginReading(world.Time.Now);
        StartTime = worker.WallClock;
        foreach (var answer in pausesBeforeReading) answer(Pause());
        Tell();
        ReadSoon();
    }

    private void Paused()
    {
        pausedAt = world.Time.Now;
        world.Time.After(machine.Deadline - world.Time.Now, EndOfLease);
        world.Time.After(StandsStillAtMost, () =>
        {
            if (!IsOver && machine.Phase == TaskPhase.Paused && world.Time.Now - pausedAt >= StandsStillAtMost) throw new BrokenWorldException($"task {Id} has stood still for {world.Time.Now - pausedAt} ms");
        });
    }

    private void EndOfLease()
    {
        if (IsOver || world.Without == Safeguard.PauseLease) return;
        machine.Tick(world.Time.Now);
        Tell();
        ReadSoon();
    }

    private void ReadSoon(int afterMillis = 1)
    {
        if (isReadScheduled) return;
        isReadScheduled = true;
        world.Time.After(afterMillis, Read);
    }

    private void Read()
    {
        isReadScheduled = false;
        if (IsOver || machine.Phase != TaskPhase.Reading) return;
        var hasMore = false;
        if (!publisher.IsHeldBack)
            for (var i = 0; i < partitions.Length && machine.Phase == TaskPhase.Reading; i++) hasMore |= Read(i);
        if (machine.Phase == TaskPhase.Reading && rows.Waiting == 0) CheckRows();
        Tell();
        if (machine.Phase == TaskPhase.Reading) ReadSoon(hasMore ? world.Random.Next(20, 200) : world.Random.Next(200, 2_000));
    }

    /// <returns>Whether the partition has more to read at once.</returns>
    private bool Read(int i)
    {
        var partition = partitions[i];
        if (machine.IsDone(i) || world.Topic.IsOutOfRange(partition) || next[i] < world.Topic.Earliest(partition)) return false;
        var latest = world.Topic.Latest(partition);
        for (var taken = 0; taken < recordsPerTurn && next[i] < latest; taken++)
        {
            while (next[i] < latest && !world.Topic.IsRecord(partition, next[i])) next[i]++;
            if (next[i] == latest) break;
            if (rows.IsFull) return false;
            if (machine.SequenceOf(i, next[i]) is { } sequence) rows.Write(sequence, new RecordAt(partition, next[i]));
            machine.Advance(i, ++next[i]);
            if (machine.IsDone(i)) return false;
        }
        machine.Advance(i, next[i]);
        return next[i] < latest;
    }

    private void Allocate(ReadSequence sequence, long timestamp) => worker.Act(this, (epoch, store) => store.Allocate(epoch, Id, timestamp, sequence.Name), id =>
    {
        if (id is null) { Fail($"Could not allocate segment for row with timestamp[{timestamp}]"); return; }
        rows.Open(id);
        Tell();
        ReadSoon();
    });

    private void CheckRows()
    {
        var fullest = rows.Fullest(machine.Latest.Id);
        if (isAskingForCheckpoint || !machine.BeginCheckpoint(fullest, fullest, world.Time.Now)) return;
        isAskingForCheckpoint = true;
        Paused();
        worker.AskForCheckpoint(this, machine.Latest.Start, isGranted =>
        {
            isAskingForCheckpoint = false;
            if (!isGranted) Fail("the checkpoint request was refused by the supervisor");
        });
    }
}
