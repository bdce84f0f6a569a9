using Ingestion.Contracts.Stream;
using Ingestion.Supervisor.Groups;
using Ingestion.Supervisor.Planning;

namespace Ingestion.Supervisor;

/// <summary>What is true after every step. The list in this folder's README is compared with this one by a test.</summary>
public static class Invariants
{
    /// <summary>Numbered from 1, in words.</summary>
    public static readonly IReadOnlyList<string> InWords =
    [
        "A partition is read by at most one reading group.",
        "The boundaries of a group never go back: start, checkpoints and end name the same partitions, each at or after the one before.",
        "At most taskCount groups read without being about to end.",
        "Committed offsets never go back while a leader leads, except at a recorded reset.",
        "Replicas of a group share its base sequence name and its start offsets.",
        "A group with end offsets publishes, one without reads.",
        "A task has one place: one group, or among the tasks to be adopted.",
        "A reading group begins where the last publishing group of its partitions ends.",
        "While suspended or terminated no group reads without being about to end.",
        "A round asks replicas of its own group only.",
        "No task is forgotten: one that leaves its place is recorded as finished, and none is recorded so that keeps one.",
    ];

    /// <summary>Checks the outcome of a step.</summary>
    /// <exception cref="InvariantViolation">One does not hold.</exception>
    public static void Check(SupervisorState before, SupervisorState after, Notice notice, IReadOnlyList<Record> records)
    {
        if (notice is not Notice.Acquired)
        {
            foreach (var group in before.Publishing) RequireAllKnown(group, after, records);
            foreach (var group in before.Reading.Values) RequireAllKnown(group, after, records);
            foreach (var id in before.Adoptees.Keys)
                if (!HasPlace(after, id) && !Finishes(records, id)) throw Violation(11, $"{id} has no place any more");
            if (!before.Committed.AtMost(after.Committed) && !HasReset(records) && !before.Committed.Without(Moved(records)).AtMost(after.Committed)) throw Violation(4, $"{before.Committed} became {after.Committed}");
        }
        foreach (var record in records)
            if (record is Record.FinishTask finish && HasPlace(after, finish.Status.Id)) throw Violation(11, $"{finish.Status.Id} is finished and keeps its place");
        Check(after);
    }

    /// <exception cref="InvariantViolation">One does not hold.</exception>
    public static void Check(SupervisorState state)
    {
        RequireDistinct(1, Read(state), "is read twice");
        RequireDistinct(7, Tasks(state), "has two places");
        var going = 0;
        foreach (var (id, group) in state.Reading)
        {
            Check(state, group);
            if (group.IsPublishing || group.Id != id) throw Violation(6, $"group {id} is among the reading ones");
            if (group.EndReason is null) going++;
        }
        foreach (var group in state.Publishing)
        {
            Check(state, group);
            if (!group.IsPublishing) throw Violation(6, $"group {group.Id} has no end offsets and is among the publishing ones");
        }
        if (state.Spec is null || going == 0) return;
        if (going > state.Spec.IoConfig.TaskCount) throw Violation(3, $"{going} groups read");
        if (!state.MayStartTasks) throw Violation(9, $"{going} groups go on reading");
    }

    private static void Check(SupervisorState state, TaskGroup group)
    {
        var last = group.Start;
        foreach (var (_, start) in group.Checkpoints) last = Following(group, last, start);
        if (group.End is { } end) Following(group, last, end);
        foreach (var replica in group.Replicas.Values)
            if (!group.IsOf(replica.Payload)) throw Violation(5, $"{replica.Id} in group {group.Id} is another group's");
        if (group.Round is { } round)
            foreach (var id in round.Answers.Keys)
                if (!group.Replicas.Contains(id)) throw Violation(10, $"round {round.Number} asks {id}");
        if (!group.IsPublishing && state.Adoptees.Count == 0 && !Continuity.Holds(state, group)) throw Violation(8, $"group {group.Id} continues from {group.UnpublishedStart}, {state.Committed} is committed");
    }

    private static PartitionOffsets Following(TaskGroup group, PartitionOffsets boundary, PartitionOffsets next) =>
        next.SamePartitionsAs(boundary) && boundary.AtMost(next) ? next : throw Violation(2, $"{group.Start} to {group.Checkpoints} to {group.End}");

    private static void RequireAllKnown(TaskGroup group, SupervisorState after, IReadOnlyList<Record> records)
    {
        foreach (var id in group.Replicas.Keys)
            if (!HasPlace(after, id) && !Finishes(records, id)) throw Violation(11, $"{id} has no place any more");
    }

    private static void RequireDistinct<T>(int number, List<T> all, string otherwise)
    {
        all.Sort(typeof(T) == typeof(string) ? (IComparer<T>)StringComparer.Ordinal : Comparer<T>.Default);
        for (var i = 1; i < all.Count; i++)
            if (EqualityComparer<T>.Default.Equals(all[i - 1], all[i])) throw Violation(number, $"{all[i]} {otherwise}");
    }

    private static List<StreamPartition> Read(SupervisorState state)
    {
        var read = new List<StreamPartition>(state.Stream.Partitions.Count);
        foreach (var group in state.Reading.Values) read.AddRange(group.Start.Partitions);
        return read;
    }

    private static List<string> Tasks(SupervisorState state)
    {
        var tasks = new List<string>(8);
        foreach (var group in state.Publishing) tasks.AddRange(group.Replicas.Keys);
        foreach (var group in state.Reading.Values) tasks.AddRange(group.Replicas.Keys);
        tasks.AddRange(state.Adoptees.Keys);
        return tasks;
    }

    private static bool HasPlace(SupervisorState state, string taskId) => state.GroupOf(taskId) is not null || state.Adoptees.Contains(taskId);
    private static bool Finishes(IReadOnlyList<Record> records, string taskId) => records.Any(r => r is Record.FinishTask finish && finish.Status.Id == taskId);
    private static bool HasReset(IReadOnlyList<Record> records) => records.OfType<Record.DeleteOffsets>().Any();
    private static IEnumerable<StreamPartition> Moved(IReadOnlyList<Record> records) => records.OfType<Record.MoveOffsets>().SelectMany(r => r.Offsets.Partitions);
    private static InvariantViolation Violation(int number, string otherwise) => new(number, $"{InWords[number - 1]} {otherwise}");
}
