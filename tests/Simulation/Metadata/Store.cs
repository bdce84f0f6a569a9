using System.Collections.Immutable;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Tasks.Core;
using Ingestion.Simulation.Worlds;
using Ingestion.Supervisor;

namespace Ingestion.Simulation.Metadata;

/// <summary>The metadata database. Each method is one transaction: what it throws before it changes anything is rolled back. Transactions of an epoch that
/// is over change nothing. The rules of locks, chunks and offsets are production's own.</summary>
internal sealed partial class Store(World world)
{
    private readonly SortedList<string, TaskRow> active = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TaskRow> all = new(StringComparer.Ordinal);
    private readonly List<SpecRow> specs = [];
    private readonly List<HeldLock> locks = [];
    private readonly ChunkTable chunks = new();
    private KafkaDataSourceMetadata? committed;
    private long lastLock;

    public long Epoch { get; private set; }

    /// <summary>Resets that operators asked for and that are recorded.</summary>
    public int Resets { get; private set; }
    public Ledger Ledger { get; } = new(world.Topic);
    public PartitionOffsets Committed => committed?.Offsets ?? PartitionOffsets.Empty;
    public KafkaDataSourceMetadata? CommittedMetadata => committed;
    public int SpecVersions => specs.Count;
    public SpecRow? NewestSpec => specs.Count > 0 ? specs[^1] : null;
    public SupervisorSpec? LastRealSpec => specs.LastOrDefault(s => s.Spec is not null)?.Spec;
    public IEnumerable<string> ActiveIds => active.Keys;

    public SpecRow SpecVersion(int index) => specs[index];
    public bool HasTask(string id) => all.ContainsKey(id);
    public bool IsActive(string id) => active.ContainsKey(id);
    public ImmutableArray<IndexTaskPayload> ActiveTasks() => [.. active.Values.Select(r => r.Payload)];

    public long RaiseEpoch() => ++Epoch;

    /// <summary>What a step recorded.</summary>
    public void Commit(long epoch, ImmutableArray<Record> records)
    {
        Fence(epoch);
        foreach (var move in records.OfType<Record.MoveOffsets>())
            if (move.Expected is { } expected && !Committed.Includes(expected)) throw new OffsetsMovedException($"{Committed} is committed, not {expected}");
        foreach (var finish in records.OfType<Record.FinishTask>()) Commit(epoch, finish);
        var isReset = records.Any(r => r is Record.DeleteOffsets or Record.MoveOffsets);
        if (isReset) RemovePending(records);
        foreach (var record in records)
            if (record is not Record.FinishTask) Commit(epoch, record);
        if (!isReset) RemovePending(records);
        if (records.Any(r => r is Record.DeleteOffsets or Record.MoveOffsets { Expected: null }) && ++Resets > world.Operator.ResetsAsked) throw new BrokenWorldException("offsets are reset, and nobody asked for it");
        Audit(epoch);
    }

    /// <summary>A task group's allocations go with the last of its tasks.</summary>
    private void RemovePending(ImmutableArray<Record> records)
    {
        var ended = records.OfType<Record.FinishTask>().Select(f => all.GetValueOrDefault(f.Status.Id)?.Payload.Resource.AvailabilityGroup).OfType<string>().Distinct(StringComparer.Ordinal);
        foreach (var group in ended)
            if (!active.Values.Any(r => r.Payload.Resource.AvailabilityGroup == group)) chunks.RemovePending(group);
    }

    private void Commit(long epoch, Record record)
    {
        switch (record)
        {
            case Record.InsertTask insert:
                world.Trace.Note("db+task", insert.Payload.Id, epoch, $"from {insert.Payload.IoConfig.StartSequenceNumbers.Offsets}");
                world.GroupBegins(insert.Payload.IoConfig.BaseSequenceName);
                if (all.ContainsKey(insert.Payload.Id)) throw new BrokenWorldException($"task id {insert.Payload.Id} is used twice");
                active[insert.Payload.Id] = all[insert.Payload.Id] = new TaskRow(insert.Payload);
                break;
            case Record.FinishTask finish:
                world.Trace.Note("db-task", finish.Status.Id, epoch, $"{finish.Status.Outcome} {finish.Status.ErrorMsg}");
                if (active.Remove(finish.Status.Id, out var row))
                {
                    row.IsActive = false;
                    world.TaskFinished(finish.Status);
                }
                locks.RemoveAll(l => l.TaskId == finish.Status.Id);
                break;
            case Record.AppendSpec append:
                world.Trace.Note("db+spec", append.Spec.Id, epoch, $"taskCount {append.Spec.IoConfig.TaskCount}, replicas {append.Spec.IoConfig.Replicas}, taskDuration {append.Spec.IoConfig.TaskDuration}, suspended {append.Spec.Suspended}");
                specs.Add(new SpecRow(append.Spec));
                break;
            case Record.AppendTombstone tombstone:
                world.Trace.Note("db+tombstone", tombstone.SupervisorId, epoch, $"");
                specs.Add(new SpecRow(null));
                break;
            case Record.DeleteOffsets delete:
                world.Trace.Note("db-offsets", delete.SupervisorId, epoch, $"{Committed}");
                committed = null;
                Ledger.Forget();
                break;
            case Record.MoveOffsets move:
                world.Trace.Note("db>offsets", move.SupervisorId, epoch, $"{Committed} to {move.Offsets}");
                if (move.Expected is { } expected) MovesByItself(expected);
                committed = KafkaDataSourceMetadata.EndOf(move.Stream, Committed.Plus(move.Offsets));
                foreach (var (partition, to) in move.Offsets) Ledger.Move(partition.Number, to);
                break;
            default:
                throw new BrokenWorldException($"the simulation has no table for {record.GetType().Name}");
        }
    }

    /// <summary><c>resetOffsetAutomatically</c>: only what the stream seemed to have lost.</summary>
    private void MovesByItself(PartitionOffsets from)
    {
        world.Count("automatic reset");
        if (!world.Options.Spec.ResetOffsetAutomatically) throw new BrokenWorldException($"{from} was moved, and nobody asked for it");
        foreach (var (partition, at) in from)
            if (!world.Topic.MaySeemLost(partition.Number, at)) throw new BrokenWorldException($"records: {partition}@{at} was moved as if it were lost, but the stream has it");
    }

    /// <summary>Every transaction begins with it.</summary>
    private void Fence(long epoch)
    {
        if (epoch != Epoch && world.Without != Safeguard.EpochCheck) throw new StaleEpochException();
    }

    /// <summary>Not a rule of the database, but what must come of its rules: called with every change.</summary>
    private void Audit(long epoch)
    {
        if (epoch != Epoch) throw new BrokenWorldException($"epoch {epoch} changes the database, though epoch {Epoch} leads");
    }

    private IndexTaskPayload Hold(string taskId)
    {
        if (!all.TryGetValue(taskId, out var row)) throw new ActionRefusedException($"Task[{taskId}] is unknown");
        if (!row.IsActive) throw new ActionRefusedException($"Task[{taskId}] is not active");
        return row.Payload;
    }
}

/// <param name="Spec">Null: a tombstone.</param>
internal sealed record SpecRow(SupervisorSpec? Spec);
