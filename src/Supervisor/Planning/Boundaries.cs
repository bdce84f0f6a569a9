using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Supervisor.Groups;

namespace Ingestion.Supervisor.Planning;

/// <summary>The offsets that a group agreed on: where its sequences begin, and where it ends. Once decided they stand; replicas that do not
/// have them yet are told, and those that contradict them are stopped.</summary>
internal static class Boundaries
{
    public static bool CanBeNext(TaskGroup group, int sequence, PartitionOffsets start) =>
        !group.IsPublishing && sequence > group.Checkpoints.Last.Key && CanEnd(group, start);

    public static bool CanEnd(TaskGroup group, PartitionOffsets end) => end.SamePartitionsAs(group.Start) && group.Checkpoints.Last.Value.AtMost(end);

    public static TaskGroup DecideCheckpoint(Draft draft, TaskGroup group, int sequence, PartitionOffsets start)
    {
        var round = group.Round is { Finish: false, IsDecided: false } open ? open.Offered == start ? open with { IsDecided = true } : null : group.Round;
        group = group with { Checkpoints = group.Checkpoints.With(sequence, start), CheckpointWanted = false, Round = round, RoundAttempts = 0 };
        draft.Put(group);
        return group;
    }

    /// <summary>The group publishes from now on. Replicas that read nothing yet are of no use to it.</summary>
    public static TaskGroup DecideEnd(Draft draft, TaskGroup group, PartitionOffsets end)
    {
        var round = group.Round is { Finish: true } open && open.Offered == end ? open with { IsDecided = true } : null;
        group = group with
        {
            End = end,
            EndReason = group.EndReason ?? "a task has end offsets",
            CheckpointWanted = false,
            Round = round,
            RoundAttempts = 0,
            CompletionDeadline = draft.Now + draft.Spec.IoConfig.CompletionTimeout,
        };
        draft.Put(group);
        foreach (var idle in group.Replicas.Values.Where(HasNothing))
            group = draft.Stop(group, idle, "its group ended before it began", TaskOutcome.Success);
        return group;
    }

    private static bool HasNothing(Replica replica) =>
        replica.Report is not { } report || (report.Outcome == TaskOutcome.Running && report.Phase is TaskPhase.NotStarted or TaskPhase.Starting && !Ends.AreSet(report.EndOffsets));
}
