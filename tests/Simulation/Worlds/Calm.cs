using Ingestion.Contracts.Stream;
using Ingestion.Simulation.Metadata;
using Ingestion.Supervisor;
using Ingestion.Supervisor.Status;

namespace Ingestion.Simulation.Worlds;

/// <summary>Liveness: once the faults stop, everything is published and everybody well within a bound.</summary>
internal sealed class Calm(World world)
{
    private const int LookEvery = 1_000;

    /// <summary>Time for processes to come back, ms.</summary>
    public long ReviveWithin => 60_000;

    /// <summary>A group that is stuck in publishing, all that it held up, and three good tasks in a row for the health.</summary>
    private long Bound => world.Store.LastRealSpec!.IoConfig is var io ? (long)(6 * io.TaskDuration + 3 * io.CompletionTimeout).TotalMilliseconds + 12 * 60_000 : 0;

    /// <exception cref="BrokenWorldException">It does not come to that within the bound.</exception>
    public void Reach(long since, Action<long> runUntil)
    {
        var until = world.Time.Now + Bound;
        runUntil(world.Time.Now + 120_000);
        Settle(until, $"since faults stopped at {since / 1000} s", runUntil);
    }

    /// <summary>At the end once more.</summary>
    public void Keep(Action<long> runUntil) => Settle(world.Time.Now + Bound, "at the end", runUntil);

    private void Settle(long until, string since, Action<long> runUntil)
    {
        world.IsProducing = false;
        while (Objection() is { } objection)
        {
            if (world.Time.Now >= until) throw new BrokenWorldException($"no calm {since}: {objection}");
            runUntil(world.Time.Now + LookEvery);
        }
        world.IsProducing = true;
    }

    private string? Objection()
    {
        if (world.Leader?.Term?.State is not { Spec: { } spec } state) return "nobody leads";
        for (var i = 0; i < world.Topic.Count; i++)
        {
            var committed = world.Store.Committed.TryGet(i, out var at) ? at : (long?)null;
            if (committed != world.Topic.Latest(i) && !(committed is null && Reads(state, i) == world.Topic.Latest(i)))
                return $"partition {i} is committed up to {committed}, its last offset is {world.Topic.Latest(i)}. {Describe(state)}";
        }
        if (SupervisorStatus.DetailedState(state) != "RUNNING") return $"the supervisor is {SupervisorStatus.DetailedState(state)}. {Describe(state)}";
        if (state.Publishing.Count > 0 || state.Adoptees.Count > 0) return $"tasks publish or wait for adoption. {Describe(state)}";
        if (!world.Store.ActiveIds.SequenceEqual(state.Groups.SelectMany(g => g.Replicas.Keys).Order(StringComparer.Ordinal))) return "active rows are not the supervisor's tasks";
        var slots = world.Options.Workers * world.Options.Capacity;
        if (spec.IoConfig.Replicas <= world.Options.Workers && spec.IoConfig.TaskCount * spec.IoConfig.Replicas <= slots
            && state.Reading.Values.Any(g => g.Replicas.Values.Count(r => r.IsReading) != spec.IoConfig.Replicas)) return $"replicas are missing. {Describe(state)}";
        var stray = world.Workers.SelectMany(w => w.Running).FirstOrDefault(t => !world.Store.IsActive(t.Id));
        return stray is null ? null : $"{stray.Id} runs and should not";
    }

    /// <summary>Where a partition is read from of which nothing is committed; it has had no records since.</summary>
    private static long? Reads(SupervisorState state, StreamPartition partition) =>
        state.Reading.Values.Where(g => g.Start.Contains(partition)).Select(g => (long?)g.Start[partition]).FirstOrDefault();

    private string Describe(SupervisorState state) =>
        $"Committed {world.Store.Committed} (supervisor: {state.Committed}); reading {string.Join(", ", state.Reading.Values.Select(g => $"{g.Id}: {g.Start} {string.Join("/", g.Replicas.Values.Select(r => r.Report?.Phase.ToString() ?? r.NotPlaced ?? "?"))} {g.EndReason}"))}; "
        + $"publishing {string.Join(", ", state.Publishing.Select(g => $"{g.Id}: {g.Start} to {g.End} {g.Replicas.Count}"))}; {state.Adoptees.Count} adoptees; errors {string.Join("; ", state.Health.Errors.TakeLast(3).Select(e => e.Message))}";
}
