using System.Collections.Immutable;
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
    public static void Check(SupervisorState before, SupervisorState after, Notice notice, IReadOnlyCollection<Record> records)
    {
        var finished = records.OfType<Record.FinishTask>().Select(r => r.Status.Id).ToImmutableSortedSet(StringComparer.Ordinal);
        var forgotten = notice is Notice.Acquired ? null : Tasks(before).Except(Tasks(after), StringComparer.Ordinal).FirstOrDefault(id => !finished.Contains(id));
        Require(11, forgotten is null, $"{forgotten} has no place any more");
        Require(11, !Tasks(after).Any(finished.Contains), "a finished task keeps its place");
        if (notice is not Notice.Acquired) Require(4, HasReset(records) || before.Committed.Without(Moved(records)).AtMost(after.Committed), $"{before.Committed} became {after.Committed}");
        Check(after);
    }

    /// <exception cref="InvariantViolation">One does not hold.</exception>
    public static void Check(SupervisorState state)
    {
        var read = state.Reading.Values.SelectMany(g => g.Start.Partitions).ToList();
        Require(1, read.Distinct().Count() == read.Count, "a partition is read twice");
        if (state.Spec is { } spec) Require(3, state.Reading.Values.Count(g => g.EndReason is null) <= spec.IoConfig.TaskCount, $"{state.Reading.Count} groups read");
        var tasks = Tasks(state).ToList();
        Require(7, tasks.Distinct(StringComparer.Ordinal).Count() == tasks.Count, "a task has two places");
        if (state.Spec is not null && !state.MayStartTasks) Require(9, state.Reading.Values.All(g => g.EndReason is not null), "a group goes on reading");
        foreach (var group in state.Groups) Check(state, group);
        foreach (var (id, group) in state.Reading) Require(6, !group.IsPublishing && group.Id == id, $"group {id} is among the reading ones");
        Require(6, state.Publishing.All(g => g.IsPublishing), "a group without end offsets is among the publishing ones");
    }

    private static void Check(SupervisorState state, TaskGroup group)
    {
        var boundaries = group.Checkpoints.Select(c => c.Value).Prepend(group.Start).Concat(group.IsPublishing ? [group.End!] : []).ToList();
        Require(2, boundaries.Zip(boundaries.Skip(1)).All(b => b.First.SamePartitionsAs(b.Second) && b.First.AtMost(b.Second)), $"{group.Start} to {group.Checkpoints} to {group.End}");
        Require(5, group.Replicas.Values.All(r => group.IsOf(r.Payload)), $"a replica of group {group.Id} is another group's");
        Require(10, group.Round is null || group.Round.Answers.Keys.All(group.Replicas.Contains), $"round {group.Round?.Number} asks others");
        if (!group.IsPublishing && state.Adoptees.Count == 0)
            Require(8, Continuity.Holds(state, group), $"group {group.Id} continues from {group.UnpublishedStart}, {state.Committed} is committed");
    }

    private static bool HasReset(IReadOnlyCollection<Record> records) => records.OfType<Record.DeleteOffsets>().Any();
    private static IEnumerable<StreamPartition> Moved(IReadOnlyCollection<Record> records) => records.OfType<Record.MoveOffsets>().SelectMany(r => r.Offsets.Partitions);

    private static IEnumerable<string> Tasks(SupervisorState state) => state.Groups.SelectMany(g => g.Replicas.Keys).Concat(state.Adoptees.Keys);

    private static void Require(int number, bool holds, string otherwise)
    {
        if (!holds) throw new InvariantViolation(number, $"{InWords[number - 1]} {otherwise}");
    }
}
