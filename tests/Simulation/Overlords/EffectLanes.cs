using System.Collections.Immutable;
using Ingestion.Contracts.Stream;
using Ingestion.IndexTask.Core;
using Ingestion.Simulation.Workers;
using Ingestion.Simulation.Worlds;
using Ingestion.Supervisor;

namespace Ingestion.Simulation.Overlords;

/// <summary>Carries out effects, those for one task in their order, and posts their outcomes: what <c>EffectExecutor</c> does.</summary>
internal sealed class EffectLanes(World world, Term term)
{
    private const int CallTimeout = 10_000;

    private readonly Dictionary<string, Queue<Action<Action>>> lanes = new(StringComparer.Ordinal);
    private (long At, ImmutableSortedDictionary<StreamPartition, OffsetRange> Seen) shared = (long.MinValue / 2, ImmutableSortedDictionary<StreamPartition, OffsetRange>.Empty); // what another supervisor was told
    private readonly Dictionary<int, PartitionOffsets> firstAnswers = []; // by round; for want of the maximum only

    public void Execute(Effect effect)
    {
        if (world.Random.Next(8) == 0) shared = (world.Time.Now, world.Topic.Describe());
        world.Trace.Note("effect", effect.GetType().Name, term.Epoch, $"{InWords.Of(effect)}");
        switch (effect)
        {
            case Effect.StartTask start: term.Dispatcher.Start(start.Payload); break;
            case Effect.StopTask stop: term.Dispatcher.Stop(stop.TaskId); break;
            case Effect.ObserveStream observe: Observe(observe); break;
            case Effect.PauseTask pause: InLane(pause.TaskId, done => Pause(pause, done)); break;
            case Effect.ResumeTask resume: InLane(resume.TaskId, done => Call(resume.TaskId, (task, answer) => { task.Resume(); answer(true); }, (bool _) => { }, () => { }, done)); break;
            case Effect.HoldTask: break; // its specs have no maxReplicaOffsetSkew
            case Effect.SetEndOffsets set: InLane(set.TaskId, done => SetEndOffsets(set, done)); break;
            default: throw new InvalidOperationException($"the simulation has no way to carry out {effect.GetType().Name}");
        }
    }

    private void Observe(Effect.ObserveStream effect) => world.Network.Send(() =>
    {
        var fails = world.Strikes(Faults.StreamFails, oneIn: 6);
        var seen = world.Time.Now - shared.At <= effect.MaxAge.TotalMilliseconds && effect.MaxAge > TimeSpan.Zero ? shared.Seen : world.Topic.Describe();
        world.Network.Send(() => term.Post(fails ? new Notice.StreamFailed("TimeoutException", "no broker") : new Notice.StreamObserved(seen) { Ask = effect.Ask }));
    });

    private void Pause(Effect.PauseTask pause, Action done) => Call<PartitionOffsets?>(pause.TaskId, (task, answer) => task.Pause(answer), at =>
    {
        if (at is null) { term.Post(new Notice.PauseFailed(pause.TaskId, pause.Round, "it does not read")); return; }
        if (world.Without == Safeguard.MaximumOverReplicas && !firstAnswers.TryAdd(pause.Round, at)) at = firstAnswers[pause.Round];
        term.Post(new Notice.TaskPaused(pause.TaskId, pause.Round, at));
        if (world.Strikes(Faults.DiesBetweenPauseAndEnd, oneIn: 25)) world.Time.After(1, () => world.LeaderDies(term.Overlord));
        if (world.Strikes(Faults.TaskDiesInRound, oneIn: 25)) world.Time.After(world.Random.Next(1, 30), () => term.Dispatcher.WorkerOf(pause.TaskId)?.Find(pause.TaskId)?.Fail("misfortune in a round"));
    }, () => term.Post(new Notice.PauseFailed(pause.TaskId, pause.Round, "no answer")), done);

    private void SetEndOffsets(Effect.SetEndOffsets set, Action done) => Call<EndOffsetsAnswer>(set.TaskId, (task, answer) => answer(task.SetEndOffsets(set.Offsets, set.Finish, set.StaysPaused)),
        answer => term.Post(answer is EndOffsetsAnswer.Refused refused ? new Notice.EndOffsetsRefused(set.TaskId, set.Round, refused.Current, refused.Reason) : new Notice.EndOffsetsSet(set.TaskId, set.Round)),
        () => term.Post(new Notice.EndOffsetsRefused(set.TaskId, set.Round, null, "no answer")), done);

    /// <summary>A call to a task: carried out, refused, or without an answer, when nobody knows.</summary>
    private void Call<T>(string taskId, Action<SimulatedTask, Action<T>> call, Action<T> then, Action otherwise, Action done)
    {
        var isOver = false;
        void Once(Action what)
        {
            if (isOver || term.IsOver) return;
            isOver = true;
            what();
            done();
        }
        if (term.Dispatcher.WorkerOf(taskId) is not { } worker) { Once(otherwise); return; }
        world.Network.Send(() =>
        {
            if (worker.IsSilent) return;
            if (!worker.IsAlive || !worker.Admit(term.Epoch) || worker.Find(taskId) is not { } task) { world.Time.After(2, () => Once(otherwise)); return; }
            call(task, answer => world.Network.Send(() => Once(() => then(answer))));
        });
        world.Time.After(CallTimeout, () => Once(otherwise));
    }

    private void InLane(string taskId, Action<Action> effect)
    {
        if (lanes.TryGetValue(taskId, out var lane)) { lane.Enqueue(effect); return; }
        lanes[taskId] = lane = new Queue<Action<Action>>();
        effect(Next);

        void Next()
        {
            if (lane.TryDequeue(out var following)) following(Next);
            else lanes.Remove(taskId);
        }
    }
}
