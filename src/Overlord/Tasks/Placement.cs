using Ingestion.Contracts.Tasks;

namespace Ingestion.Overlord.Tasks;

/// <summary>Which worker a task goes to: the one with the most free slots (Druid's equalDistribution) that runs no other task of the
/// availability group; ties go to the lowest node id.</summary>
internal static class Placement
{
    public static (string? NodeId, string? Reason) Choose(TaskResource resource, IReadOnlyCollection<Candidate> workers)
    {
        if (workers.Count == 0) return (null, "no worker has announced itself");
        var best = workers.Where(w => Objection(resource, w) is null).OrderByDescending(w => w.Free).ThenBy(w => w.NodeId, StringComparer.Ordinal).FirstOrDefault();
        return best is not null
            ? (best.NodeId, null)
            : (null, string.Join("; ", workers.OrderBy(w => w.NodeId, StringComparer.Ordinal).Select(w => $"worker [{w.NodeId}] at {w.Address}: {Objection(resource, w)}")));
    }

    private static string? Objection(TaskResource resource, Candidate worker) =>
        worker.AvailabilityGroups.Contains(resource.AvailabilityGroup, StringComparer.Ordinal) ? $"runs a task of the same availability group [{resource.AvailabilityGroup}]"
        : worker.Free < resource.RequiredCapacity ? $"no free slot ({worker.Used} of {worker.Capacity} used)"
        : worker.Refusal;

    /// <param name="Refusal">Why the worker did not take this task a moment ago; null if it was not asked.</param>
    internal sealed record Candidate(string NodeId, string Address, int Capacity, int Used, IReadOnlyCollection<string> AvailabilityGroups, string? Refusal)
    {
        public int Free => Capacity - Used;
    }
}
