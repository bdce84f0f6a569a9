using System.Collections.Immutable;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Supervisor.Groups;
using Ingestion.Supervisor.Naming;
using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Planning;

/// <summary>Makes what is missing: groups for partitions that nobody reads, replicas for groups that have too few, and again the start of
/// those that nobody has reported.</summary>
internal static class Creation
{
    public static void Run(Draft draft)
    {
        if (draft.State.MayStartTasks && !draft.State.IsIdle)
        {
            if (draft.State.Stream.IsSeen)
                for (var id = 0; id < draft.Spec.IoConfig.TaskCount; id++)
                    if (!draft.State.Reading.Contains(id)) CreateGroup(draft, id);
            foreach (var group in draft.State.Reading.Values)
                if (group.CanHaveReplicas) CreateReplicas(draft, group);
        }
        foreach (var group in draft.State.Reading.Values) StartAgain(draft, group);
    }

    public static IEnumerable<StreamPartition> PartitionsOf(SupervisorState state, int groupId) => state.Stream.Present.Select(p => p.Key).Where(p => p.GroupOf(state.Spec!.IoConfig.TaskCount) == groupId);

    /// <summary>There are partitions of the group that it does not read and could: of a pattern those whose offset the stream holds.</summary>
    public static bool HasMore(SupervisorState state, TaskGroup group) => PartitionsOf(state, group.Id).Any(p => !group.Start.Contains(p) && (!state.Spec!.IoConfig.Stream.IsPattern
        || StartOffsets.Of(state, p) is StartDecision.At || (StartOffsets.Of(state, p) is StartDecision.Lost && state.Spec.TuningConfig.ResetOffsetAutomatically)));

    private static void CreateGroup(Draft draft, int id)
    {
        if (draft.State.Reading.Contains(id)) return;
        var partitions = PartitionsOf(draft.State, id).ToImmutableSortedSet();
        if (partitions.IsEmpty) return;
        if (draft.State.Reading.Values.Any(g => partitions.Any(g.Start.Contains)) || draft.State.Adoptees.Values.Any(a => partitions.Any(a.Start.Contains))) return;
        if (StartOf(draft, partitions) is not { } start) return;

        var io = draft.Spec.IoConfig;
        var now = DateTimeOffset.FromUnixTimeMilliseconds(draft.Now.ToUnixTimeMilliseconds());
        var minimum = io.LateMessageRejectionStart ?? now - io.LateMessageRejectionPeriod;
        var maximum = now + io.TaskDuration + io.EarlyMessageRejectionPeriod;
        var uncommitted = start.Without(draft.State.Committed.Partitions);
        var continued = uncommitted.Only(draft.State.Publishing.Where(g => !g.IsPublished).SelectMany(g => g.Start.Partitions));
        draft.State = draft.State with { FirstOffsets = draft.State.FirstOffsets.Plus(uncommitted.Without(continued.Partitions)) };
        draft.Put(new TaskGroup
        {
            Key = draft.NewGroupKey(),
            Id = id,
            BaseSequenceName = TaskNaming.BaseSequenceName(draft.Spec, start, minimum, maximum),
            Start = start,
            MinimumMessageTime = minimum,
            MaximumMessageTime = maximum,
            Checkpoints = Checkpoints.StartingAt(start),
            FirstUnpublished = 0,
            Continues = continued,
            SinceAsk = draft.State.Stream.LastAsk,
            Replicas = ValueMap<string, Replica>.Empty,
        });
    }

    private static PartitionOffsets? StartOf(Draft draft, ImmutableSortedSet<StreamPartition> partitions)
    {
        var start = PartitionOffsets.Empty;
        var isKnown = true;
        foreach (var partition in partitions)
        {
            switch (StartOffsets.Of(draft.State, partition))
            {
                case StartDecision.At at: start = start.With(partition, at.Offset); break;
                case StartDecision.Lost lost when draft.Spec.TuningConfig.ResetOffsetAutomatically:
                    MoveTo(draft, partition, lost);
                    start = start.With(partition, lost.Instead);
                    break;
                case StartDecision.Lost when draft.Spec.IoConfig.Stream.IsPattern: break; // one topic does not hold up the others: it joins when it can be read
                case StartDecision.Lost lost:
                    if (draft.IsRun) draft.Error("OffsetOutOfRange", $"{lost.Message} {Availability.WhatToDo}", isStream: true);
                    isKnown = false;
                    break;
                default:
                    if (draft.State.Stream is { Failures: 0 } view && view.LastAsk <= draft.State.CommittedSinceAsk) draft.State = draft.State with { Stream = view with { NextAskAt = draft.Now } };
                    isKnown = false;
                    break;
            }
        }
        return isKnown && start.Count > 0 ? start : null;
    }

    /// <summary>The spec's <c>resetOffsetAutomatically</c>: in the transaction in which the new group is recorded, and only from what is known to be committed.</summary>
    private static void MoveTo(Draft draft, StreamPartition partition, StartDecision.Lost lost)
    {
        var moved = PartitionOffsets.Of((partition, lost.Instead));
        draft.Records.Add(new Record.MoveOffsets(draft.State.SupervisorId, draft.Spec.IoConfig.Stream.Name, moved, Expected: PartitionOffsets.Of((partition, lost.Committed))));
        draft.State = draft.State with { Committed = draft.State.Committed.Plus(moved) };
        draft.Error("OffsetOutOfRange", $"{lost.Message} It was reset to [{lost.Instead}] automatically.", isStream: true);
    }

    private static void CreateReplicas(Draft draft, TaskGroup group)
    {
        if (group.Replicas.Count >= draft.Spec.IoConfig.Replicas || (draft.State.Backoffs.TryGet(group.Id, out var backoff) && draft.Now < backoff.NotBefore)) return;
        var expected = draft.State.Adoptees.Values.Count(a => group.IsOf(a.Payload));
        for (var count = group.Replicas.Count + expected; count < draft.Spec.IoConfig.Replicas; count++)
        {
            var taken = group.Replicas.Values.Select(r => r.Number).ToImmutableSortedSet();
            var number = Enumerable.Range(0, int.MaxValue).First(n => !taken.Contains(n));

            // The time makes the attempt differ from those of leaders before us, of which no row that is still active tells.
            var attempt = Math.Max(draft.State.LastAttempt + 1, draft.Now.ToUnixTimeMilliseconds());
            draft.State = draft.State with { LastAttempt = attempt };
            var payload = TaskPayloads.Of(draft.Spec, group, number, attempt);
            draft.Records.Add(new Record.InsertTask(payload, draft.Now));
            draft.Effects.Add(new Effect.StartTask(payload));
            var replica = new Replica { Number = number, Payload = payload, CreatedAt = draft.Now, StartAskedAt = draft.Now, LastSequence = group.Checkpoints.Last.Key };
            group = group.With(replica);
            draft.Put(group);
        }
    }

    private static void StartAgain(Draft draft, TaskGroup group)
    {
        foreach (var replica in group.Replicas.Values.Where(r => r.Report is null && draft.Now >= r.StartAskedAt + Patience.StartAgain))
        {
            draft.Effects.Add(new Effect.StartTask(replica.Payload));
            group = group.With(replica with { StartAskedAt = draft.Now });
            draft.Put(group);
        }
    }
}
