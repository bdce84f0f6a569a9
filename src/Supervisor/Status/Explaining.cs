using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Supervisor.Groups;
using Ingestion.Supervisor.Planning;
using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Status;

/// <summary>Says what a supervisor waits for, from its state and from what is known of workers.</summary>
public static class Explaining
{
    /// <exception cref="InvalidOperationException">The supervisor was not acquired yet.</exception>
    public static Explanation Of(SupervisorState state, PlacementView placement, DateTimeOffset now)
    {
        if (state.Spec is null) throw new InvalidOperationException("the supervisor was not acquired");
        var groups = state.Publishing.Select(g => Publishing(state, g, placement, now)).Concat(state.Reading.Values.Select(g => Reading(state, g, placement, now)));
        var partitions = new ValueList<ExplainedPartition>(state.Stream.Partitions.Select(p => Partition(state, p.Key, p.Value.Range)));
        return new Explanation
        {
            Id = state.SupervisorId,
            DetailedState = SupervisorStatus.DetailedState(state),
            Summary = Summary(state, partitions),
            Warnings = new ValueList<string>(Foresight.Warnings(state, placement, now)),
            AutoScaler = ScalerStatus.Of(state)?.Now,
            Groups = new ValueList<ExplainedGroup>(groups),
            Partitions = partitions,
            Unadopted = new ValueList<ExplainedTask>(state.Adoptees.Values.Select(a => Unadopted(state, a, placement))),
        };
    }

    private static string Summary(SupervisorState state, ValueList<ExplainedPartition> partitions)
    {
        if (state.IsTerminated) return $"It was terminated: {state.Groups.Count() + state.Adoptees.Count} groups and tasks still publish";
        if (!state.Stream.IsSeen) return state.Health.Errors.LastOrDefault(e => e.IsStream) is { } error ? $"It waits for Kafka to tell the partitions of {state.Spec!.IoConfig.Stream}: {error.Message}" : $"It waits for Kafka to tell the partitions of {state.Spec!.IoConfig.Stream}";
        if (state.Spec!.Suspended) return $"It is suspended: {state.Groups.Count()} groups still publish";
        if (state.IsIdle) return $"It is idle: {NothingArrives(state)}. Tasks are started when something arrives";
        var gone = state.Stream.Partitions.Count - state.Stream.Present.Count();
        var held = partitions.Count(p => p.WaitingFor is not null) - gone;
        if (gone > 0) return $"{partitions.Count - gone - held} of {partitions.Count - gone} partitions are read; the topics of {gone} more were deleted";
        return held == 0 ? $"All {partitions.Count} partitions are read" : $"{held} of {partitions.Count} partitions wait";
    }

    /// <summary>Why an idle supervisor is idle.</summary>
    internal static string NothingArrives(SupervisorState state) =>
        (state.ActiveAt is { } activeAt ? $"nothing has arrived since {activeAt:yyyy-MM-dd HH:mm:ss}" : "nothing has arrived since what is committed") + $", and all is read (idleConfig: {state.Spec!.IoConfig.IdleAfter!.Value.TotalSeconds:0.###} s)";

    private static ExplainedGroup Reading(SupervisorState state, TaskGroup group, PlacementView placement, DateTimeOffset now)
    {
        var replicas = group.Replicas.Values.Select(r => new ExplainedTask(r.Id, placement.WorkerOf(r.Id), Phase(r), r.CurrentOffsets, ReplicaWaits(state, group, r, placement)));
        return new ExplainedGroup(group.Id, group.EndReason is null ? "READING" : "ENDING", group.Start, null, ReadingWaits(state, group, now), new ValueList<ExplainedTask>(replicas));
    }

    private static string? ReadingWaits(SupervisorState state, TaskGroup group, DateTimeOffset now)
    {
        var spec = state.Spec!.IoConfig;
        var what = group.EndReason is { } reason ? $"its replicas to agree where it ends ({reason})" : group.CheckpointWanted ? "its replicas to agree on a checkpoint" : null;
        if (what is not null && Continuity.MustWait(state, group)) return $"{what}, which waits for the first commit of partitions {string.Join(", ", group.Continues.Partitions)} by the group before it";
        if (what is not null && state.Adoptees.Values.Any(a => group.IsOf(a.Payload))) return $"{what}, which waits for its replicas of an earlier leader to be reported";
        if (what is not null) return group.Round is { } round ? $"{what}: round {round.Number}, {InRound(round)}" : $"{what}: attempt {group.RoundAttempts + 1}{(group.NextRoundAt > now ? $" in {Seconds(group.NextRoundAt - now)}" : "")}";
        if (group.Replicas.Count < spec.Replicas && state.IsIdle) return $"{spec.Replicas - group.Replicas.Count} of {spec.Replicas} replicas, which start when new records arrive: the supervisor is idle";
        if (group.Replicas.Count < spec.Replicas && state.Backoffs.TryGet(group.Id, out var backoff) && backoff.NotBefore > now)
            return $"{spec.Replicas - group.Replicas.Count} of {spec.Replicas} replicas, which start in {Seconds(backoff.NotBefore - now)} after {backoff.Failures} failures in a row";
        if (Availability.Problem(state, group) is { } problem) return problem;
        if (Rollover.DueAt(state, group) <= now) return $"its turn to end: taskDuration is over, but {state.Publishing.Count} groups publish and stopTaskCount is {spec.StopTaskCount}";
        return null;
    }

    private static string InRound(Round round) => string.Join(", ", round.Answers.Select(a => $"[{a.Key}] {a.Value.Stage switch
    {
        RoundStage.Pausing => "has not paused yet",
        RoundStage.Paused => $"stands at {a.Value.At}",
        RoundStage.NotPaused => "did not pause",
        RoundStage.Setting => $"has not answered the offer {round.Offered} yet",
        RoundStage.Accepted => "has accepted",
        _ => "has refused",
    }}"));

    private static string? ReplicaWaits(SupervisorState state, TaskGroup group, Replica replica, PlacementView placement)
    {
        if (replica.Report is null && placement.WorkerOf(replica.Id) is { } worker) return $"worker [{worker}] to report it";
        if (replica.Report is null)
        {
            var reason = placement.WhyNot(replica.Id) ?? replica.NotPlaced ?? "a worker to take it";
            var needed = state.Spec!.IoConfig.Replicas;
            return placement.Workers > 0 && placement.Workers < needed && group.Replicas.Count > placement.Workers ? $"its availability group needs {needed} workers; workers: {placement.Workers} ({reason})" : reason;
        }
        if (!replica.HasStarted) return "its start on the worker";
        return group.Round is { } round && round.Answers.TryGet(replica.Id, out var answer) && answer.Stage == RoundStage.Paused ? "the other replicas: it is paused" : null;
    }

    private static ExplainedGroup Publishing(SupervisorState state, TaskGroup group, PlacementView placement, DateTimeOffset now)
    {
        var replicas = group.Replicas.Values.Select(r => new ExplainedTask(r.Id, placement.WorkerOf(r.Id), Phase(r), r.CurrentOffsets,
            group.IsBehind(r) ? "to be told its end offsets" : r.Report?.Phase == TaskPhase.Publishing ? "its segments to be published" : $"the records up to {group.End}"));
        var before = state.Publishing.TakeWhile(g => g.Key != group.Key).FirstOrDefault(g => g.Overlaps(group.Start));
        var waits = group.IsPublished ? "its tasks to say that they have published"
            : group.SucceededAt is not null ? $"the commit of {group.End} to be seen, which a task has reported"
            : before is not null ? $"group [{before.Id}] before it to publish up to {before.End}"
            : $"a replica to publish up to {group.End}, for {Seconds(group.CompletionDeadline - now)} more";
        return new ExplainedGroup(group.Id, "PUBLISHING", group.UnpublishedStart, group.End, waits, new ValueList<ExplainedTask>(replicas));
    }

    private static ExplainedTask Unadopted(SupervisorState state, Adoptee adoptee, PlacementView placement) =>
        new(adoptee.Payload.Id, placement.WorkerOf(adoptee.Payload.Id), adoptee.Report?.Phase.ToString().ToUpperInvariant(), adoptee.Report?.CurrentOffsets ?? PartitionOffsets.Empty, adoptee.Report is null
            ? $"a worker to report it, until {adoptee.Since + Patience.Unreported:HH:mm:ss}"
            : $"tasks of the same partitions to be reported: {string.Join(", ", state.Adoptees.Values.Where(a => a.Report is null && a.Start.Partitions.Any(adoptee.Start.Contains)).Select(a => a.Payload.Id))}");

    private static ExplainedPartition Partition(SupervisorState state, StreamPartition partition, OffsetRange range)
    {
        var group = state.Reading.Values.FirstOrDefault(g => g.Start.Contains(partition));
        var position = group is null ? Begins(state, partition) : group.Furthest[partition];
        return new ExplainedPartition(partition, group?.Id, state.Committed.TryGet(partition, out var committed) ? committed : null, position, range.Earliest, range.Latest,
            group is null || state.Stream.Partitions[partition].IsGone ? Unread(state, partition) : !group.HasStarted ? "a replica of its group to start" : Availability.Problem(state, group));
    }

    private static string Unread(SupervisorState state, StreamPartition partition)
    {
        if (state.Stream.Partitions[partition].IsGone) return "a topic of this name: its own was deleted. It is read on from what is committed when there is one";
        if (!state.MayStartTasks) return state.IsTerminated ? "nothing: the supervisor was terminated" : "the supervisor to be resumed";
        if (state.IsIdle) return "new records: the supervisor is idle";
        if (state.Adoptees.Values.FirstOrDefault(a => a.Start.Contains(partition)) is { } adoptee) return $"task [{adoptee.Payload.Id}] of an earlier leader to be placed";
        var together = Creation.PartitionsOf(state, partition.GroupOf(state.Spec!.IoConfig.TaskCount)).ToList();
        if (state.Reading.Values.FirstOrDefault(g => together.Any(g.Start.Contains)) is { } ending) return $"group [{ending.Id}], which ends, to let go of {string.Join(", ", together.Where(ending.Start.Contains))}";
        foreach (var other in together.OrderBy(p => p == partition ? 0 : 1))
        {
            switch (StartOffsets.Of(state, other))
            {
                case StartDecision.Lost when other != partition && state.Spec!.IoConfig.Stream.IsPattern: break; // it stays out and holds up nobody
                case StartDecision.Lost lost: return $"{lost.Message} {Availability.WhatToDo}";
                case StartDecision.Unknown: return $"Kafka to tell again what partition [{other}] holds, or a group before to publish";
            }
        }
        return "its group to be made";
    }

    private static long? Begins(SupervisorState state, StreamPartition partition) => StartOffsets.Of(state, partition) is StartDecision.At at ? at.Offset : null;
    private static string? Phase(Replica replica) => replica.Report?.Phase.ToString().ToUpperInvariant();
    private static string Seconds(TimeSpan time) => $"{Math.Max(0, Math.Ceiling(time.TotalSeconds)):0} s";
}
