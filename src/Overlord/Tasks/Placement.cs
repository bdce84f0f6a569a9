using Ingestion.Contracts.Tasks;

namespace Ingestion.Overlord.Tasks;

/// <summary>Which worker a task goes to: the one with the most free slots (Druid's equalDistribution) that runs no other task of the
/// availability group; ties go to the lowest node id.</summary>
internal static class Placement
{
    /// <param name="workers">Those that have answered.</param>
    /// <param name="refusal">The worker that did not take this task a moment ago, and why; default: none was asked.</param>
    /// <returns>Null: no worker can take it now.</returns>
    public static TrackedWorker? Choose(TaskResource resource, IReadOnlyCollection<TrackedWorker> workers, Refusal refusal)
    {
        TrackedWorker? best = null;
        foreach (var worker in workers)
        {
            if (best is not null && (worker.Free < best.Free || worker.Free == best.Free && string.CompareOrdinal(worker.NodeId, best.NodeId) > 0)) continue;
            if (CanTake(resource, worker, refusal)) best = worker;
        }
        return best;
    }

    /// <summary>Why no worker takes the task, in words.</summary>
    public static string Objections(TaskResource resource, IReadOnlyCollection<TrackedWorker> workers, Refusal refusal) => workers.Count == 0
        ? "no worker has announced itself"
        : string.Join("; ", workers.OrderBy(w => w.NodeId, StringComparer.Ordinal).Select(w => $"worker [{w.NodeId}] at {w.Address}: {Objection(resource, w, refusal)}"));

    private static bool CanTake(TaskResource resource, TrackedWorker worker, Refusal refusal) =>
        worker.Free >= resource.RequiredCapacity && !worker.Runs(resource.AvailabilityGroup) && refusal.NodeId != worker.NodeId;

    private static string Objection(TaskResource resource, TrackedWorker worker, Refusal refusal) =>
        worker.Runs(resource.AvailabilityGroup) ? $"runs a task of the same availability group [{resource.AvailabilityGroup}]"
        : worker.Free < resource.RequiredCapacity ? $"no free slot ({worker.Used} of {worker.Capacity} used)"
        : refusal.Message;

    internal readonly record struct Refusal(string NodeId, string Message, DateTimeOffset At);
}
