namespace Ingestion.Overlord.Tasks;

/// <summary>Which worker a task goes to: the one with the most free slots (Druid's equalDistribution) that runs no other task of the
/// availability group; ties go to the lowest node id.</summary>
internal static class Placement
{
    /// <param name="workers">Those that have answered.</param>
    /// <returns>Null: no worker can take it now.</returns>
    public static TrackedWorker? Choose(TrackedTask task, IReadOnlyCollection<TrackedWorker> workers, DateTimeOffset now)
    {
        TrackedWorker? best = null;
        foreach (var worker in workers)
        {
            if (best is not null && (worker.Free < best.Free || worker.Free == best.Free && string.CompareOrdinal(worker.NodeId, best.NodeId) > 0)) continue;
            if (CanTake(task, worker, now)) best = worker;
        }
        return best;
    }

    /// <summary>Why no worker takes the task, in words.</summary>
    public static string Objections(TrackedTask task, IReadOnlyCollection<TrackedWorker> workers, DateTimeOffset now) => workers.Count == 0
        ? "no worker has announced itself"
        : string.Join("; ", workers.OrderBy(w => w.NodeId, StringComparer.Ordinal).Select(w => $"worker [{w.NodeId}] at {w.Address}: {Objection(task, w, now)}"));

    private static bool CanTake(TrackedTask task, TrackedWorker worker, DateTimeOffset now) =>
        worker.NotPlaceable is null && !worker.IsDisabled && worker.Free >= task.Payload.Resource.RequiredCapacity && !worker.Runs(task.Payload.Resource.AvailabilityGroup) && task.RefusalOf(worker.NodeId, now) is null;

    private static string Objection(TrackedTask task, TrackedWorker worker, DateTimeOffset now) =>
        worker.NotPlaceable is { } reason ? reason
        : worker.IsDisabled ? "is disabled"
        : worker.Runs(task.Payload.Resource.AvailabilityGroup) ? $"runs a task of the same availability group [{task.Payload.Resource.AvailabilityGroup}]"
        : worker.Free < task.Payload.Resource.RequiredCapacity ? $"no free slot ({worker.Used} of {worker.Capacity} used)"
        : task.RefusalOf(worker.NodeId, now) ?? "takes it";
}
