using Ingestion.Contracts.Tasks;

namespace Ingestion.Overlord.Tasks;

/// <summary>Which worker a task goes to: the one with the most free slots (Druid's equalDistribution) that runs no other task of the
/// availability group; ties go to the lowest node id.</summary>
internal static class Placement
{
    /// <summary>The workers with what is on each: what it reports as running, known to us or not, and what is on its way to it.</summary>
    /// <param name="workers">Those that have answered.</param>
    public static IReadOnlyCollection<Candidate> Candidates(IEnumerable<(string NodeId, string Address, WorkerState State)> workers, IReadOnlyDictionary<string, TrackedTask> tasks)
    {
        var candidates = workers.ToDictionary(w => w.NodeId, w => new Candidate(w.NodeId, w.Address, w.State.Capacity)
        {
            Used = w.State.Tasks.Count(r => r.Outcome == TaskOutcome.Running && !tasks.ContainsKey(r.Id)),
        }, StringComparer.Ordinal);
        foreach (var task in tasks.Values)
            if (task is { NodeId: { } node, IsRunning: true } && candidates.TryGetValue(node, out var candidate)) candidate.Take(task.Payload.Resource);
        return candidates.Values;
    }

    /// <param name="refusal">The worker that did not take this task a moment ago, and why; default: none was asked.</param>
    /// <returns>Null: no worker can take it now.</returns>
    public static Candidate? Choose(TaskResource resource, IReadOnlyCollection<Candidate> workers, Refusal refusal)
    {
        Candidate? best = null;
        foreach (var worker in workers)
        {
            if (best is not null && (worker.Free < best.Free || worker.Free == best.Free && string.CompareOrdinal(worker.NodeId, best.NodeId) > 0)) continue;
            if (CanTake(resource, worker, refusal)) best = worker;
        }
        return best;
    }

    /// <summary>Why no worker takes the task, in words.</summary>
    public static string Objections(TaskResource resource, IReadOnlyCollection<Candidate> workers, Refusal refusal) => workers.Count == 0
        ? "no worker has announced itself"
        : string.Join("; ", workers.OrderBy(w => w.NodeId, StringComparer.Ordinal).Select(w => $"worker [{w.NodeId}] at {w.Address}: {Objection(resource, w, refusal)}"));

    private static bool CanTake(TaskResource resource, Candidate worker, Refusal refusal) =>
        worker.Free >= resource.RequiredCapacity && !worker.Runs(resource.AvailabilityGroup) && refusal.NodeId != worker.NodeId;

    private static string Objection(TaskResource resource, Candidate worker, Refusal refusal) =>
        worker.Runs(resource.AvailabilityGroup) ? $"runs a task of the same availability group [{resource.AvailabilityGroup}]"
        : worker.Free < resource.RequiredCapacity ? $"no free slot ({worker.Used} of {worker.Capacity} used)"
        : refusal.Message;

    /// <summary>A worker and what is on it.</summary>
    internal sealed class Candidate(string nodeId, string address, int capacity)
    {
        private readonly HashSet<string> availabilityGroups = new(StringComparer.Ordinal);

        public string NodeId => nodeId;
        public string Address => address;
        public int Capacity => capacity;

        /// <summary>Slots.</summary>
        public int Used { get; set; }
        public int Free => capacity - Used;

        public bool Runs(string availabilityGroup) => availabilityGroups.Contains(availabilityGroup);

        public void Take(TaskResource resource)
        {
            Used += resource.RequiredCapacity;
            availabilityGroups.Add(resource.AvailabilityGroup);
        }
    }

    internal readonly record struct Refusal(string NodeId, string Message, DateTimeOffset At);
}
