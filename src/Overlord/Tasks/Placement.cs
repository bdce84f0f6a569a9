using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Tasks.Selection;

namespace Ingestion.Overlord.Tasks;

/// <summary>Which worker a task goes to: of those that can take it (a free slot, no other task of its availability group, nothing that speaks against the worker) the one that the select strategy says.</summary>
internal static class Placement
{
    /// <summary>Absent workers that are named at most.</summary>
    private const int AbsentMost = 20;

    /// <param name="workers">Those that get tasks at all.</param>
    /// <returns>Null: no worker can take it now.</returns>
    public static TrackedWorker? Choose(TrackedTask task, IReadOnlyCollection<TrackedWorker> workers, SelectStrategy strategy, DateTimeOffset now)
    {
        TrackedWorker? best = null;
        var nearest = int.MaxValue;
        foreach (var worker in workers)
        {
            if (Distance(task, worker, strategy) is not { } distance || distance > nearest) continue;
            if (distance == nearest && !strategy.Prefers((worker.Used, worker.Free, worker.NodeId), (best!.Used, best.Free, best.NodeId))) continue;
            if (CanTake(task, worker, now)) (best, nearest) = (worker, distance);
        }
        return best;
    }

    /// <summary>Why no worker takes the task, in words: each that is known, and what speaks against it.</summary>
    /// <param name="absent">Workers that are known, and not followed.</param>
    public static string Objections(TrackedTask task, IEnumerable<TrackedWorker> workers, IReadOnlyList<AbsentWorker> absent, SelectStrategy strategy, DateTimeOffset now)
    {
        var objections = workers.OrderBy(w => w.NodeId, StringComparer.Ordinal).Select(w => $"worker [{w.NodeId}] at {w.Address}: {Objection(task, w, strategy, now)}").Concat(absent.Take(AbsentMost).Select(a => a.InWords)).ToList();
        if (absent.Count > AbsentMost) objections.Add($"and {absent.Count - AbsentMost} more that are gone");
        return objections.Count == 0 ? "no worker has announced itself" : string.Join("; ", objections);
    }

    private static int? Distance(TrackedTask task, TrackedWorker worker, SelectStrategy strategy) => strategy.Distance(worker.Host, worker.Category, IndexTaskPayload.KafkaType, task.Payload.DataSource);

    private static bool CanTake(TrackedTask task, TrackedWorker worker, DateTimeOffset now) =>
        worker.Free >= task.Payload.Resource.RequiredCapacity && !worker.Runs(task.Payload.Resource.AvailabilityGroup) && task.RefusalOf(worker.NodeId, now) is null;

    private static string Objection(TrackedTask task, TrackedWorker worker, SelectStrategy strategy, DateTimeOffset now) =>
        worker.NotPlaceable is { } reason ? reason
        : worker.Runs(task.Payload.Resource.AvailabilityGroup) ? $"runs a task of the same availability group [{task.Payload.Resource.AvailabilityGroup}]"
        : worker.Free < task.Payload.Resource.RequiredCapacity ? $"no free slot ({worker.Used} of {worker.Capacity} used)"
        : Distance(task, worker, strategy) is null ? strategy.Exclusion(worker.Host, IndexTaskPayload.KafkaType, task.Payload.DataSource)
        : task.RefusalOf(worker.NodeId, now) ?? "takes it";
}

/// <summary>A worker that is known, and not followed.</summary>
/// <param name="Address">Its base URL; null: unknown.</param>
/// <param name="Reason">Why it gets no tasks: "announcement expired, last PUT 34 s ago from 10.0.0.7".</param>
internal sealed record AbsentWorker(string NodeId, string? Address, string Reason)
{
    public string InWords => $"worker [{NodeId}]{(Address is null ? "" : $" at {Address}")}: {Reason}";
}
