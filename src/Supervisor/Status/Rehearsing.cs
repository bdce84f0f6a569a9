using System.Collections.Immutable;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Supervisor.Groups;
using Ingestion.Supervisor.Values;

namespace Ingestion.Supervisor.Status;

/// <summary>Plays what a posted spec would lead to, on a copy of the state and with tasks that do at once what they are told. It is the machine itself that
/// decides, so what is said here is what happens; only that tasks read on meanwhile, and that a call may fail, is left out.</summary>
public static class Rehearsing
{
    /// <summary>A bound on what is over after a pause and an offer.</summary>
    private const int AnswersMost = 1000;

    /// <summary>A spec for a supervisor that exists.</summary>
    /// <param name="observed">The stream as the new spec's properties show it; null: as it was seen last.</param>
    public static Rehearsal Of(SupervisorState state, Notice.SpecReplaced posted, ImmutableSortedDictionary<StreamPartition, OffsetRange>? observed, DateTimeOffset now)
    {
        var first = SupervisorMachine.Step(state, posted, now);
        return first.Reply is Reply.Refused refused ? new Rehearsal { Refused = refused.Message } : Play(state, first, observed, now);
    }

    /// <summary>A spec for a supervisor that does not.</summary>
    /// <param name="committed">What one of the same id has left; it would go on there.</param>
    public static Rehearsal OfNew(SupervisorSpec spec, KafkaDataSourceMetadata? committed, ImmutableSortedDictionary<StreamPartition, OffsetRange>? observed, DateTimeOffset now)
    {
        var nothing = SupervisorState.Initial(spec.Id);
        return Play(nothing, SupervisorMachine.Step(nothing, new Notice.Acquired(spec, committed, [], Terminated: false), now), observed, now) with { Modified = true };
    }

    private static Rehearsal Play(SupervisorState before, Transition first, ImmutableSortedDictionary<StreamPartition, OffsetRange>? observed, DateTimeOffset now)
    {
        var (state, records, toDo) = (first.State, first.Records.ToList(), new Queue<Notice>(Answers(first, now)));
        if (observed is not null) toDo.Enqueue(new Notice.StreamObserved(observed));
        for (var answered = 0; answered < AnswersMost && toDo.TryDequeue(out var notice); answered++)
        {
            var transition = SupervisorMachine.Step(state, notice, now);
            state = transition.State;
            records.AddRange(transition.Records);
            foreach (var answer in Answers(transition, now)) toDo.Enqueue(answer);
        }
        return Compare(before, state, records, now);
    }

    private static IEnumerable<Notice> Answers(Transition transition, DateTimeOffset now)
    {
        foreach (var effect in transition.Effects)
        {
            if (effect is Effect.PauseTask pause && transition.State.Groups.FirstOrDefault(g => g.Replicas.Contains(pause.TaskId)) is { } group)
                yield return new Notice.TaskPaused(pause.TaskId, pause.Round, group.Start.Max(group.Replicas[pause.TaskId].CurrentOffsets));
            else if (effect is Effect.SetEndOffsets set) yield return new Notice.EndOffsetsSet(set.TaskId, set.Round);
        }
    }

    private static Rehearsal Compare(SupervisorState before, SupervisorState after, List<Record> records, DateTimeOffset now)
    {
        var reading = before.Reading.Values.Select(g => g.Key).ToImmutableSortedSet();
        var publishing = before.Publishing.Select(g => g.Key).ToImmutableSortedSet();
        var known = before.Groups.SelectMany(g => g.Replicas.Keys).Concat(before.Adoptees.Keys).ToImmutableSortedSet(StringComparer.Ordinal);
        return new Rehearsal
        {
            Modified = records.OfType<Record.AppendSpec>().Any(),
            Kept = Groups(after.Reading.Values.Where(g => reading.Contains(g.Key)), known),
            Ending = Groups(after.Publishing.Where(g => reading.Contains(g.Key)), known),
            Publishing = Groups(after.Publishing.Where(g => publishing.Contains(g.Key)), known),
            Starting = Groups(after.Reading.Values.Where(g => !reading.Contains(g.Key)), known),
            Stopped = new ValueList<StoppedTask>(records.OfType<Record.FinishTask>().Where(r => known.Contains(r.Status.Id) && (r.Status.ErrorMsg ?? r.Status.StopReason) is not null).Select(r => new StoppedTask(r.Status.Id, (r.Status.ErrorMsg ?? r.Status.StopReason)!))),
            Waiting = new ValueList<ExplainedPartition>(Explaining.Of(after, PlacementView.Unknown, now).Partitions.Where(p => p.Group is null)),
        };
    }

    private static ValueList<RehearsedGroup> Groups(IEnumerable<TaskGroup> groups, ImmutableSortedSet<string> known) =>
        new(groups.Select(g => new RehearsedGroup(g.Id, g.Start, g.End, new ValueList<string>(g.Replicas.Keys.Where(known.Contains)), g.Replicas.Keys.Count(id => !known.Contains(id)))));
}
