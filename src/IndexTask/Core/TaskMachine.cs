using System.Collections.Immutable;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Core;

/// <summary>
/// What an index task decides: which records count and to which sequence they belong, when it may be paused, where it ends, when a
/// sequence is read and so may be published. It reads no clock, does no I/O and starts no thread; its host calls it from one thread,
/// tells it the time in milliseconds (any monotonic zero) and does what it says.
/// <code>NOT_STARTED -> STARTING -> READING &lt;-> PAUSED, READING -> PUBLISHING</code>
/// A pause is a lease. End offsets are taken only while it lasts, because only then are the offsets that the supervisor compared still true.
/// </summary>
public sealed class TaskMachine
{
    private readonly TaskPlan plan;
    private readonly ImmutableArray<StreamPartition> partitions;
    private readonly List<ReadSequence> sequences = []; // not yet published, ascending; the last one is open until the task's end is decided
    private readonly long[] current;
    private readonly ReadSequence[] sequenceOf;         // by partition: the sequence that the current offset lies in
    private readonly long[] sequenceEnd;                // by partition: where that one ends
    private int handedOver;                             // how many of the first sequences are read and handed over for publishing
    private long pausedUntil = long.MaxValue;
    private long sequenceBegan;
    private long askAgainAt;

    public TaskMachine(TaskPlan plan)
    {
        this.plan = plan;
        partitions = [.. plan.End.Partitions];
        End = plan.End;
        var starts = plan.Start.ToList();
        for (var i = 0; i < starts.Count; i++)
            sequences.Add(i + 1 < starts.Count
                ? new(starts[i].Key, NameOf(starts[i].Key), starts[i].Value, starts[i + 1].Value, HasEnd: true)
                : new(starts[i].Key, NameOf(starts[i].Key), starts[i].Value, plan.End, HasEnd: plan.End.All(e => e.Value != PartitionOffsets.Unbounded)));
        current = [.. partitions.Select(p => starts[0].Value[p])];
        sequenceOf = [.. partitions.Select(_ => sequences[0])];
        sequenceEnd = new long[partitions.Length];
        for (var i = 0; i < partitions.Length; i++) Settle(i);
    }

    public TaskPhase Phase { get; private set; } = TaskPhase.NotStarted;

    /// <summary>By the index that <see cref="SequenceOf"/> and <see cref="Advance"/> take.</summary>
    public ImmutableArray<StreamPartition> Partitions => partitions;

    public PartitionOffsets End { get; private set; }

    public PartitionOffsets Current => new(partitions.Select((p, i) => KeyValuePair.Create(p, current[i])));

    /// <summary>Start offsets of the sequences not yet published.</summary>
    public Checkpoints Checkpoints => new(sequences.Select(s => KeyValuePair.Create(s.Id, s.Start)));

    /// <summary>The sequence that is read, or was read last.</summary>
    public ReadSequence Latest => sequences.Count > 0 ? sequences[^1] : sequenceOf[0];

    /// <summary>Its end offsets are set.</summary>
    public bool IsEnding => sequences is not [.., { HasEnd: false }];

    /// <summary>A checkpoint has been asked for and has not come yet.</summary>
    public bool AwaitsCheckpoint { get; private set; }

    /// <summary>Everything up to the end offsets has been read and published.</summary>
    public bool IsComplete => Phase == TaskPhase.Publishing && sequences.Count == 0;

    /// <summary>When <see cref="Tick"/> has something to do, at the latest.</summary>
    public long Deadline => Phase == TaskPhase.Paused ? pausedUntil : long.MaxValue;

    public void BeginStarting() => Phase = TaskPhase.Starting;

    public void BeginReading(long now)
    {
        Phase = TaskPhase.Reading;
        sequenceBegan = now;
    }

    /// <summary>The sequence that a record belongs to; null: it has been read already or lies behind the end.</summary>
    public ReadSequence? SequenceOf(int partition, long offset)
    {
        if (offset < current[partition]) return null;
        if (offset < sequenceEnd[partition]) return sequenceOf[partition];
        for (var i = handedOver; i < sequences.Count; i++)
            if (offset < sequences[i].End[partitions[partition]]) return sequences[i];
        return null;
    }

    /// <summary>The next offset to read. Also told where the stream has a gap (transaction markers, compacted records), so that an end
    /// offset on the gap is seen to be reached. Never goes beyond the end, never back.</summary>
    public void Advance(int partition, long next)
    {
        if (next <= current[partition]) return;
        current[partition] = next;
        if (next >= sequenceEnd[partition]) Settle(partition);
    }

    public bool IsDone(int partition) => current[partition] >= End[partitions[partition]];

    /// <summary>Sequences that are read to their end and not handed over yet, in the order in which they must be published. Once all of the task
    /// is read, it is <see cref="TaskPhase.Publishing"/>.</summary>
    /// <param name="before">Id of the first sequence of which rows are not written yet; null: all are.</param>
    public IReadOnlyList<ReadSequence> TakeRead(int? before = null)
    {
        if (Phase is not (TaskPhase.Reading or TaskPhase.Paused)) return [];
        var read = new List<ReadSequence>();
        while (handedOver < sequences.Count && sequences[handedOver] is { HasEnd: true } sequence && !(sequence.Id >= before) && IsRead(sequence))
        {
            read.Add(sequence);
            handedOver++;
        }
        if (handedOver == sequences.Count && Enumerable.Range(0, partitions.Length).All(IsDone))
        {
            Phase = TaskPhase.Publishing;
            AwaitsCheckpoint = false;
        }
        return read;
    }

    /// <summary>A sequence handed over is committed (or had nothing to commit).</summary>
    public void Published(int sequenceId)
    {
        var index = sequences.FindIndex(s => s.Id == sequenceId);
        if (index < 0) return;
        sequences.RemoveAt(index);
        handedOver--;
    }

    /// <summary>Stops the reading for a lease, or renews it.</summary>
    /// <returns>The current offsets; null where the task can be paused neither now nor later.</returns>
    public PartitionOffsets? Pause(long now, long? leaseMillis = null)
    {
        if (Phase is not (TaskPhase.Reading or TaskPhase.Paused)) return null;
        Phase = TaskPhase.Paused;
        pausedUntil = now + (leaseMillis ?? plan.PauseLeaseMillis);
        return Current;
    }

    public bool Resume(long now)
    {
        if (Phase != TaskPhase.Paused) return Phase == TaskPhase.Reading;
        Phase = TaskPhase.Reading;
        pausedUntil = long.MaxValue;
        if (AwaitsCheckpoint) { AwaitsCheckpoint = false; askAgainAt = now + plan.CheckpointWaitMillis; }
        return true;
    }

    /// <summary>Ends a pause whose lease has run out.</summary>
    public void Tick(long now)
    {
        if (Phase == TaskPhase.Paused && now >= pausedUntil) Resume(now);
    }

    /// <summary>Whether the sequence is full. If so the task pauses itself and its host asks the supervisor for a checkpoint.</summary>
    /// <param name="rowsOfSegment">Of the fullest segment of the latest sequence.</param>
    /// <param name="rows">Of all its segments.</param>
    /// <param name="now">Milliseconds.</param>
    public bool BeginCheckpoint(long rowsOfSegment, long rows, long now)
    {
        if (Phase != TaskPhase.Reading || AwaitsCheckpoint || sequences is not [.., { HasEnd: false } latest] || now < askAgainAt) return false;
        if (rowsOfSegment < plan.MaxRowsPerSegment && rows < plan.MaxTotalRows && now - sequenceBegan < plan.IntermediateHandoffMillis) return false;
        if (Current == latest.Start) return false;
        AwaitsCheckpoint = true;
        Pause(now, plan.CheckpointWaitMillis);
        return true;
    }

    /// <summary>Druid's rules: duplicates are welcome, else the task must be paused and no end may lie before what has been read.
    /// <paramref name="finish"/> false closes the latest sequence and opens the next one; true ends the task.</summary>
    /// <param name="staysPaused">For another lease: more offsets are to come, and must not be read past.</param>
    public EndOffsetsAnswer SetEndOffsets(PartitionOffsets offsets, bool finish, long now, bool staysPaused = false)
    {
        if (offsets.Count == 0) return Refuse("No sequence numbers provided for setEndOffsets");
        if (!offsets.Partitions.All(partitions.Contains))
            return Refuse($"Request contains partitions not being handled by this task, my partitions: [{string.Join(", ", partitions)}]");
        if (Phase is TaskPhase.NotStarted or TaskPhase.Starting) return Refuse("Task must be paused before changing the end offsets");
        var latest = Latest;
        if (finish ? latest.End == offsets : latest.Start == offsets)
        {
            Go();
            return new EndOffsetsAnswer.Accepted(offsets, Changed: false);
        }
        if (latest.HasEnd) return Refuse($"Sequence [{latest.Name}] already has endOffsets set, cannot set to [{offsets}]");
        if (Phase != TaskPhase.Paused) return Refuse("Task must be paused before changing the end offsets");
        if (offsets.Count != partitions.Length) return Refuse($"Request must name all partitions of this task: [{string.Join(", ", partitions)}]");
        for (var i = 0; i < partitions.Length; i++)
            if (offsets[partitions[i]] < current[i])
                return Refuse($"End sequence must be >= current sequence for partition [{partitions[i]}] (current: {current[i]})");

        sequences[^1] = latest with { End = offsets, HasEnd = true };
        if (finish) End = offsets;
        else sequences.Add(new(latest.Id + 1, NameOf(latest.Id + 1), offsets, End, HasEnd: false));
        for (var i = 0; i < partitions.Length; i++) Settle(i);
        AwaitsCheckpoint = false;
        askAgainAt = now;
        sequenceBegan = now;
        Go();
        return new EndOffsetsAnswer.Accepted(offsets, Changed: true);

        void Go()
        {
            if (staysPaused) Pause(now);
            else Resume(now);
        }
    }

    private EndOffsetsAnswer.Refused Refuse(string reason) => new(reason, Current);

    private string NameOf(int id) => $"{plan.BaseSequenceName}_{id.ToString(System.Globalization.CultureInfo.InvariantCulture)}";

    private bool IsRead(ReadSequence sequence)
    {
        for (var i = 0; i < partitions.Length; i++)
            if (current[i] < sequence.End[partitions[i]]) return false;
        return true;
    }

    // Finds the sequence that the partition reads now. Behind the last one's end it stays with the last one.
    private void Settle(int partition)
    {
        var name = partitions[partition];
        foreach (var sequence in sequences)
        {
            sequenceOf[partition] = sequence;
            sequenceEnd[partition] = sequence.End[name];
            if (current[partition] < sequenceEnd[partition]) return;
        }
        current[partition] = Math.Min(current[partition], End[name]);
    }
}
