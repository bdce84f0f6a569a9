using Ingestion.Contracts.Stream;
using Ingestion.Supervisor.Groups;
using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Planning;

/// <summary>Drives the rounds in which replicas agree on a boundary: begin, offer the maximum once all stand still, give up what is not
/// answered in time and begin again. See <see cref="Round"/>.</summary>
internal static class Rounds
{
    private const int AttemptsInDoubt = 5;

    public static void Run(Draft draft)
    {
        foreach (var key in Keys(draft.State))
        {
            JoinNewcomers(draft, key);
            if (draft.Find(key) is { Round: { } round } group)
            {
                if (round.Offered is null) WhilePausing(draft, group, round);
                else if (round.IsDecided) WhileTelling(draft, group, round);
                else WhileOffering(draft, group, round);
            }
            if (draft.Find(key) is { Round: null } free && draft.Now >= free.NextRoundAt) Begin(draft, free);
        }
    }

    /// <summary>One that is first heard of while others agree, or are told a boundary that it lacks too, is asked as they are: it would read past the boundary before it is told.</summary>
    private static void JoinNewcomers(Draft draft, int key)
    {
        if (draft.Find(key) is not { Round: { } round } group) return;
        var joined = round;
        foreach (var replica in group.Replicas.Values)
        {
            if (!(replica.IsReading || replica.IsStarting) || round.Answers.TryGet(replica.Id, out _)) continue;
            var isOfIt = round.IsDecided ? group.IsBehind(replica) && Lacks(group, replica) == round.Offered : !group.IsBehind(replica);
            if (!isOfIt) continue;
            joined = joined.With(replica.Id, RoundStage.Pausing);
            draft.Effects.Add(new Effect.PauseTask(replica.Id, round.Number));
        }
        if (!ReferenceEquals(joined, round)) draft.Put(group with { Round = joined });
    }

    private static int[] Keys(SupervisorState state)
    {
        var (keys, at) = (new int[state.Publishing.Count + state.Reading.Count], 0);
        foreach (var group in state.Publishing) keys[at++] = group.Key;
        foreach (var group in state.Reading.Values) keys[at++] = group.Key;
        return keys;
    }

    private static bool IsAnyoneBehind(TaskGroup group)
    {
        foreach (var replica in group.Replicas.Values)
            if ((replica.IsReading || replica.IsStarting) && group.IsBehind(replica)) return true;
        return false;
    }

    private static void Begin(Draft draft, TaskGroup group)
    {
        if (!group.WantsRound && !IsAnyoneBehind(group)) return;
        foreach (var replica in group.Replicas.Values.Where(r => r.IsReading && group.IsBehind(r) && Lacks(group, r) is null))
            group = draft.StopAsFailed(group, replica, $"it lacks the checkpoint after its sequence {replica.LastSequence}");
        if (TellThoseBehind(draft, group, r => r.IsReading)) return;
        if (!MayAgree(draft, group))
        {
            TellThoseBehind(draft, group, r => r.IsStarting);
            return;
        }
        // One that starts is asked too, lest it read past the boundary before it hears of it. Where it lacks others it is to stand still meanwhile (for as long as its pause lasts) and is told after them.
        Ask(draft, group, group.Replicas.Values.Where(r => r.IsReading || r.IsStarting && !group.IsBehind(r)), group.EndReason is not null, null);
        foreach (var replica in group.Replicas.Values.Where(r => r.IsStarting && group.IsBehind(r))) draft.Effects.Add(new Effect.PauseTask(replica.Id, draft.State.LastRound));
    }

    /// <summary>Its replicas are to agree on a boundary, and nothing keeps them from it.</summary>
    private static bool MayAgree(Draft draft, TaskGroup group) => group.WantsRound && !Continuity.MustWait(draft.State, group) && !IsIncomplete(draft, group) && group.Replicas.Values.Any(r => r.IsReading);

    /// <summary>Tells the oldest boundary that some lack. One that starts would read past it before it is seen to read, if it were not asked before.</summary>
    /// <returns>False: there is none.</returns>
    private static bool TellThoseBehind(Draft draft, TaskGroup group, Func<Replica, bool> isMeant)
    {
        var behind = group.Replicas.Values.Where(r => isMeant(r) && group.IsBehind(r) && Lacks(group, r) is not null).OrderBy(r => r.LastSequence).ToList();
        if (behind.Count == 0) return false;
        Ask(draft, group, behind.Where(r => r.LastSequence == behind[0].LastSequence), group.IsPublishing && behind[0].LastSequence == group.Checkpoints.Last.Key, Lacks(group, behind[0]));
        return true;
    }

    /// <summary>A replica that nobody has reported yet may have taken a boundary from the leader before us.</summary>
    private static bool IsIncomplete(Draft draft, TaskGroup group) => draft.State.Adoptees.Values.Any(a => group.IsOf(a.Payload));

    /// <summary>The next boundary that the replica has to be told.</summary>
    private static PartitionOffsets? Lacks(TaskGroup group, Replica replica) =>
        replica.LastSequence >= group.Checkpoints.Last.Key ? group.End : group.Checkpoints.TryGet(replica.LastSequence + 1, out var start) ? start : null;

    private static void Ask(Draft draft, TaskGroup group, IEnumerable<Replica> replicas, bool finish, PartitionOffsets? decided)
    {
        var number = draft.State.LastRound + 1;
        var answers = ValueMap<string, RoundAnswer>.Empty;
        foreach (var replica in replicas)
        {
            answers = answers.With(replica.Id, new RoundAnswer(RoundStage.Pausing, null));
            draft.Effects.Add(new Effect.PauseTask(replica.Id, number));
        }
        draft.State = draft.State with { LastRound = number };
        draft.Put(group with { Round = new Round { Number = number, Finish = finish, Deadline = Deadline(draft), Offered = decided, IsDecided = decided is not null, Answers = answers } });
    }

    private static void WhilePausing(Draft draft, TaskGroup group, Round round)
    {
        // One that starts has nothing to say about where the boundary is.
        if (round.Answers.Any(a => a.Value.Stage == RoundStage.Pausing && !group.Replicas[a.Key].IsStarting) && draft.Now < round.Deadline) return;
        if (draft.Now >= round.Deadline) (group, round) = GiveUpPausing(draft, group, round);
        (group, round, var mayRepeat) = StopThoseThatDoNotPause(draft, group, round);
        var paused = round.Answers.Values.Where(a => a.Stage == RoundStage.Paused).Select(a => a.At!).ToList();
        if (paused.Count == 0 || mayRepeat)
        {
            Repeat(draft, group);
            return;
        }
        var offer = paused.Aggregate(group.Checkpoints.Last.Value, (max, at) => max.Max(at));
        if (!round.Finish && offer == group.Checkpoints.Last.Value)
        {
            GiveUp(draft, group, round);
            return;
        }
        foreach (var replica in group.Replicas.Values.Where(r => r.Doubt is { } doubt && (doubt.Offsets != offer || doubt.Finish != round.Finish)))
        {
            // It may have taken another offer. A report will show; one that does not come leaves only to fence it.
            if (draft.Now < replica.Doubt!.Until + Patience.ReportAfterDoubt || group.RoundAttempts < AttemptsInDoubt)
            {
                Repeat(draft, group);
                return;
            }
            group = draft.StopAsFailed(group, replica, "it did not say whether it took the end offsets that it was told");
        }
        round = group.Round!;
        if (round.Answers.Count == 0)
        {
            Repeat(draft, group);
            return;
        }
        if (RenewsPauses(draft, group, round)) return;
        group = group with { Round = round with { Offered = offer, Deadline = Deadline(draft) } };
        foreach (var taskId in round.Answers.Keys.Where(id => round.Has(id, RoundStage.Paused)).ToList()) group = Tell(draft, group, taskId);
        draft.Put(group);
    }

    /// <summary>Pauses are leases: one that ran out, or is about to, while another replica paused has to be renewed before an offer stands a chance.</summary>
    private static bool RenewsPauses(Draft draft, TaskGroup group, Round round)
    {
        var old = round.Answers.Where(a => a.Value.Stage == RoundStage.Paused && draft.Now - a.Value.Since > Patience.Pause).Select(a => a.Key).ToList();
        if (old.Count == 0 || round.Renewals >= Patience.PauseRenewals) return false;
        foreach (var taskId in old)
        {
            round = round.With(taskId, RoundStage.Pausing);
            draft.Effects.Add(new Effect.PauseTask(taskId, round.Number));
        }
        draft.Put(group with { Round = round with { Renewals = round.Renewals + 1, Deadline = Deadline(draft) } });
        return true;
    }

    /// <summary>Nobody has read anything since the last checkpoint, the one that asked for another is gone: a sequence without records is none,
    /// and replicas would take the offer for the last one told again.</summary>
    private static void GiveUp(Draft draft, TaskGroup group, Round round)
    {
        foreach (var taskId in round.Answers.Keys) draft.Effects.Add(new Effect.ResumeTask(taskId));
        draft.Put(group with { Round = null, RoundAttempts = 0, CheckpointWanted = false });
    }

    private static void WhileOffering(Draft draft, TaskGroup group, Round round)
    {
        if (round.Any(RoundStage.Setting) && draft.Now < round.Deadline) return;
        Repeat(draft, StopThoseThatTakeNothing(draft, group));
    }

    /// <summary>The boundary stands. Whoever has passed it is stopped; who does not answer is told again in another round.</summary>
    private static void WhileTelling(Draft draft, TaskGroup group, Round round)
    {
        foreach (var (taskId, answer) in round.Answers)
        {
            var hasPassed = answer is { At: { } at, Stage: RoundStage.Paused or RoundStage.Refused } && !at.AtMost(round.Offered!);
            if (hasPassed) group = draft.StopAsFailed(group, group.Replicas[taskId], $"it has read up to {answer.At}, past {round.Offered}, where its group agreed to {(round.Finish ? "end" : "begin the next sequence")}");
            else if (answer.Stage == RoundStage.Paused) group = Tell(draft, group, taskId);
        }
        draft.Put(group);
        round = group.Round!;
        if (AwaitsOnlyStarters(group, round) && MayAgree(draft, group))
        {
            draft.Put(group with { Round = null }); // those that read do not wait for one that starts
            return;
        }
        if ((round.Any(RoundStage.Pausing) || round.Any(RoundStage.Setting)) && draft.Now < round.Deadline) return;
        (group, round) = GiveUpPausing(draft, group, round);
        (group, round, _) = StopThoseThatDoNotPause(draft, group, round);
        group = StopThoseThatTakeNothing(draft, group);
        if (round.Answers.Values.All(a => a.Stage == RoundStage.Accepted)) draft.Put(group with { Round = null });
        else Repeat(draft, group);
    }

    private static bool AwaitsOnlyStarters(TaskGroup group, Round round) => round.Any(RoundStage.Pausing) &&
        round.Answers.All(a => a.Value.Stage != RoundStage.Setting && (a.Value.Stage != RoundStage.Pausing || group.Replicas[a.Key].IsStarting));

    private static TaskGroup Tell(Draft draft, TaskGroup group, string taskId)
    {
        var round = group.Round!;
        var replica = group.Replicas[taskId];
        var lacksMore = round.IsDecided && !round.Finish && (group.IsPublishing || replica.LastSequence + 1 < group.Checkpoints.Last.Key);
        draft.Effects.Add(new Effect.SetEndOffsets(taskId, round.Number, round.Offered!, round.Finish, lacksMore));
        return group.With(replica with { Doubt = new Doubt(round.Offered!, round.Finish, Deadline(draft)) }) with { Round = round.With(taskId, RoundStage.Setting) };
    }

    private static (TaskGroup, Round) GiveUpPausing(Draft draft, TaskGroup group, Round round)
    {
        foreach (var taskId in round.Answers.Keys.Where(id => round.Has(id, RoundStage.Pausing)).ToList())
        {
            var replica = group.Replicas[taskId];
            round = round.With(taskId, RoundStage.NotPaused);
            group = group.With(replica.WithPauseFailure()) with { Round = round };
        }
        draft.Put(group);
        return (group, round);
    }

    private static (TaskGroup, Round, bool MayRepeat) StopThoseThatDoNotPause(Draft draft, TaskGroup group, Round round)
    {
        var mayRepeat = false;
        foreach (var taskId in round.Answers.Keys.Where(id => round.Has(id, RoundStage.NotPaused)).ToList())
        {
            var replica = group.Replicas[taskId];
            if (replica.PauseFailures >= Patience.PauseFailures) group = draft.StopAsFailed(group, replica, "it does not pause");
            else if (!replica.IsStarting) mayRepeat = true;
        }
        return (group, group.Round!, mayRepeat);
    }

    private static TaskGroup StopThoseThatTakeNothing(Draft draft, TaskGroup group)
    {
        foreach (var replica in group.Replicas.Values.Where(r => r.EndOffsetFailures >= Patience.EndOffsetFailures)) group = draft.StopAsFailed(group, replica, "it does not take end offsets");
        return group;
    }

    private static void Repeat(Draft draft, TaskGroup group) =>
        draft.Put(group with { Round = null, RoundAttempts = group.RoundAttempts + 1, NextRoundAt = draft.Now + Patience.NextRound(group.RoundAttempts) });

    private static DateTimeOffset Deadline(Draft draft) => draft.Now + draft.Spec.TuningConfig.HttpTimeout;
}
