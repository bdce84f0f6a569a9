using System.Collections.Immutable;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Supervision;
using Ingestion.Simulation.Metadata;
using Ingestion.Simulation.Worlds;
using Ingestion.Supervisor;

namespace Ingestion.Simulation.Overlords;

/// <summary>The simulation's <see cref="ISupervisorShell"/>: every way to the database takes time, and on any of it the process may die.</summary>
internal sealed class Shell(World world, Term term, EffectLanes effects) : ISupervisorShell
{
    public DateTimeOffset Now => term.Overlord.WallClock;

    public async Task<Notice.Acquired?> LoadAsync(string supervisorId, CancellationToken cancellation)
    {
        // Three queries, as in production, and not one snapshot.
        var newest = await At(() => world.Store.NewestSpec);
        if (newest is null) return null;
        var spec = newest.Spec ?? world.Store.LastRealSpec!;
        var active = await At(world.Store.ActiveTasks);
        var committed = await At(() => world.Store.CommittedMetadata);
        term.Dispatcher.Align(active);
        return new Notice.Acquired(spec, committed, active, Terminated: newest.Spec is null);
    }

    public async Task CommitAsync(string supervisorId, ImmutableArray<Record> records, CancellationToken cancellation)
    {
        if (world.Without == Safeguard.RecordsBeforeEffects)
        {
            world.Time.After(Latency(), () => world.Store.Commit(term.Epoch, records));
            return;
        }
        await At(() =>
        {
            if (world.Strikes(Faults.CommitUnanswered, oneIn: 300)) throw new NoAnswerException();
            world.Store.Commit(term.Epoch, records);
            if (world.Strikes(Faults.DiesAfterCommit, oneIn: 150)) world.LeaderDies(term.Overlord);
            if (world.Strikes(Faults.CommitUnanswered, oneIn: 300)) throw new NoAnswerException();
            return true;
        });
        var finished = records.OfType<Record.FinishTask>().ToList();
        foreach (var task in finished) term.Dispatcher.Finish(task.Status.Id);
        if (finished.Count > 0 && await At(() => world.Store.CommittedMetadata) is { } committed) term.Post(new Notice.OffsetsCommitted(committed));
    }

    public void Dispatch(string supervisorId, ImmutableArray<Effect> toDo)
    {
        if (term.IsOver) return;
        foreach (var effect in toDo) effects.Execute(effect);
    }

    /// <summary>Asks the database: it happens some time later, and its answer comes later still, if the process is there to hear it.</summary>
    private Task<T> At<T>(Func<T> transaction)
    {
        var answer = new TaskCompletionSource<T>();
        world.Time.After(Latency(), () =>
        {
            T result;
            try { result = transaction(); }
            catch (Exception e) when (e is StaleEpochException or NoAnswerException or OffsetsMovedException)
            {
                world.Time.After(Latency(), () => { if (!term.IsOver) answer.SetException(e); });
                return;
            }
            world.Time.After(Latency(), () => { if (!term.IsOver) answer.SetResult(result); });
        });
        return answer.Task;
    }

    private int Latency() => world.Strikes(Faults.Late, oneIn: 100) ? world.Random.Next(3_000) : world.Random.Next(1, 5);
}
