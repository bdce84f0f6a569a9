using System.Collections.Immutable;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Supervisor.Groups;
using Ingestion.Supervisor.Naming;
using Ingestion.Supervisor.Observing;
using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Planning;

/// <summary>Finds the groups of the tasks that a leader before us has left. They go on reading meanwhile. A task whose place depends on one that
/// nobody has reported yet waits for it; one that fits nowhere is stopped without publishing.</summary>
internal static class Adoption
{
    public static void Place(Draft draft)
    {
        if (draft.State.Adoptees.Count == 0) return;
        foreach (var adoptee in draft.State.Adoptees.Values.Where(a => a.Report is null && draft.Now >= a.Since + Patience.Unreported))
        {
            draft.Effects.Add(new Effect.StopTask(adoptee.Payload.Id, "no worker reported it"));
            GiveUp(draft, adoptee, $"no worker reported it within {Patience.Unreported.TotalSeconds:0} seconds");
        }
        // Each task placed may make a place for another: a successor's is behind its predecessor.
        while (draft.State.Adoptees.Values.OrderBy(a => a.IsEnding ? 0 : 1).FirstOrDefault(a => TryPlace(draft, a)) is { } placed) draft.State = draft.State with { Adoptees = draft.State.Adoptees.Without(placed.Payload.Id) };
        foreach (var adoptee in draft.State.Adoptees.Values.Where(a => a.Report is not null && !DependsOnUnreported(draft, a))) Reject(draft, adoptee, "its start offsets are neither committed nor the end of a group that publishes");
    }

    public static void GiveUp(Draft draft, Adoptee adoptee, string reason, TaskOutcome outcome = TaskOutcome.Failed)
    {
        draft.FinishTask(adoptee.Payload.Id, adoptee.Report, adoptee.Location, outcome, outcome == TaskOutcome.Success ? draft.StoppedBySupervisor(reason) : reason);
        draft.State = draft.State with { Adoptees = draft.State.Adoptees.Without(adoptee.Payload.Id) };
    }

    public static bool DependsOnUnreported(Draft draft, Adoptee adoptee) =>
        draft.State.Adoptees.Values.Any(other => other.Report is null && other.Start.Overlaps(adoptee.Start));

    /// <summary>Stops a task that is not adopted, and records its end.</summary>
    public static void Reject(Draft draft, Adoptee adoptee, string reason, TaskOutcome outcome = TaskOutcome.Failed)
    {
        draft.Effects.Add(new Effect.StopTask(adoptee.Payload.Id, reason));
        GiveUp(draft, adoptee, reason, outcome);
    }

    /// <returns>True when the task is an adoptee no more.</returns>
    private static bool TryPlace(Draft draft, Adoptee adoptee)
    {
        if (adoptee.Report is not { } report) return false;
        if (report.Outcome == TaskOutcome.Failed || (report.Outcome == TaskOutcome.Success && !adoptee.IsEnding))
        {
            draft.FinishTask(report.Id, report, adoptee.Location, report.Outcome, report.ErrorMsg);
            return true;
        }
        return adoptee.IsEnding ? PlaceEnding(draft, adoptee, report) : PlaceReading(draft, adoptee, report);
    }

    /// <summary>Whatever the spec is by now, what has its end offsets may publish.</summary>
    private static bool PlaceEnding(Draft draft, Adoptee adoptee, TaskReport report)
    {
        // One that read nothing may have a successor of the same name and start: that one must not end with it.
        var group = draft.State.Groups.FirstOrDefault(g => g.IsOf(adoptee.Payload) && (g.IsPublishing ? g.End == report.EndOffsets : report.EndOffsets != g.Start));
        if (group is null)
        {
            group = GroupOf(draft, adoptee, report);
            group = Boundaries.CanEnd(group, report.EndOffsets) ? group with { End = report.EndOffsets, EndReason = "it was ending already", CompletionDeadline = draft.Now + draft.Spec.IoConfig.CompletionTimeout } : group;
            if (!group.IsPublishing) return Rejected(draft, adoptee, $"its end offsets {report.EndOffsets} do not fit its start offsets");
        }
        Join(draft, group, adoptee);
        return true;
    }

    private static bool PlaceReading(Draft draft, Adoptee adoptee, TaskReport report)
    {
        var payload = adoptee.Payload;
        var behind = draft.State.Publishing.FirstOrDefault(g => g.IsOf(payload) && g.End != g.Start);
        if (behind is not null)
        {
            Join(draft, behind, adoptee);
            return true;
        }
        if (!TaskNaming.IsCurrent(payload, draft.Spec)) return Rejected(draft, adoptee, "it was made from another dataSchema or tuningConfig", TaskOutcome.Success);
        var id = payload.IoConfig.TaskGroupId;
        if (!IsGroupOfSpec(draft, id, adoptee.Start)) return Rejected(draft, adoptee, "its partitions are not those of a group of this spec", TaskOutcome.Success);
        if (draft.State.Reading.TryGet(id, out var reading))
        {
            if (!reading.IsOf(payload)) return false;
            Join(draft, reading, adoptee);
            return true;
        }
        var group = GroupOf(draft, adoptee, report);
        if (!Continuity.Holds(draft.State, Publication.Advance(group, draft.State.Committed)) && !Sabotage.Adopts(group.BaseSequenceName)) return false;
        Join(draft, group, adoptee);
        return true;
    }

    private static bool Rejected(Draft draft, Adoptee adoptee, string reason, TaskOutcome outcome = TaskOutcome.Failed)
    {
        Reject(draft, adoptee, reason, outcome);
        return true;
    }

    private static bool IsGroupOfSpec(Draft draft, int id, PartitionOffsets start)
    {
        var taskCount = draft.Spec.IoConfig.TaskCount;
        return start.Count > 0 && start.Partitions.All(p => p.GroupOf(taskCount) == id);
    }

    private static TaskGroup GroupOf(Draft draft, Adoptee adoptee, TaskReport report)
    {
        var io = adoptee.Payload.IoConfig;
        var checkpoints = report.Checkpoints.Aggregate(adoptee.Payload.StartCheckpoints(), (all, c) => all.With(c.Key, c.Value));
        return new TaskGroup
        {
            Key = 0,
            Id = io.TaskGroupId,
            BaseSequenceName = io.BaseSequenceName,
            Start = adoptee.Start,
            MinimumMessageTime = io.MinimumMessageTime,
            MaximumMessageTime = io.MaximumMessageTime,
            Checkpoints = checkpoints,
            FirstUnpublished = checkpoints.First.Key,
            Continues = TaskPayloads.ContinuesOf(adoptee.Payload),
            SinceAsk = draft.State.Stream.LastAsk,
            Replicas = ValueMap<string, Replica>.Empty,
        };
    }

    private static void Join(Draft draft, TaskGroup group, Adoptee adoptee)
    {
        var report = adoptee.Report!;
        if (group.Key == 0) group = group with { Key = draft.NewGroupKey() };
        var taken = group.Replicas.Values.Select(r => r.Number).ToImmutableSortedSet();
        var replica = new Replica
        {
            Number = Enumerable.Range(0, int.MaxValue).First(n => !taken.Contains(n)),
            Payload = adoptee.Payload,
            CreatedAt = adoptee.Since,
            Report = report,
            Location = adoptee.Location,
            LastSequence = adoptee.Payload.StartCheckpoints().Last.Key,
        };
        if (adoptee.CheckpointWanted == group.Checkpoints.Last.Value && !group.IsPublishing) group = group with { CheckpointWanted = true };

        // A leader that died in the middle of a round left it so.
        if (report is { Outcome: TaskOutcome.Running, Phase: TaskPhase.Paused } && !group.CheckpointWanted) draft.Effects.Add(new Effect.ResumeTask(report.Id));
        TaskObservation.Seen(draft, group, replica);
    }
}
