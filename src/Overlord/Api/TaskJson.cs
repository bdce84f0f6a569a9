using System.Text.Json.Serialization;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Tasks;

namespace Ingestion.Overlord.Api;

/// <summary>Tasks and workers in Druid's JSON.</summary>
internal static class TaskJson
{
    private const string NeverQueued = "1970-01-01T00:00:00.000Z";

    public static TaskStatusPlus StatusPlus(StoredTask row, RunnerView? runner)
    {
        var status = Status(row, runner);
        var code = EnumText.Of(status.Outcome);
        var runnerCode = status.Outcome != TaskOutcome.Running ? "NONE" : runner?.NodeId is null ? "PENDING" : "RUNNING";
        return new TaskStatusPlus(row.Id, row.GroupId ?? row.Id, row.Type ?? IndexTaskPayload.KafkaType, IsoTime.Write(row.CreatedAt), row.Active ? IsoTime.Write(row.CreatedAt) : NeverQueued, code, code, runnerCode,
            status.Duration, status.Location, row.DataSource, status.ErrorMsg, status.StopReason);
    }

    /// <summary>The stored status, with the location that only the runner knows while the task runs.</summary>
    public static IndexTaskStatus Status(StoredTask row, RunnerView? runner) =>
        row.Active && runner is { Location: var location } && location != TaskLocation.Unknown ? row.Status with { Location = location } : row.Status;

    public static IReadOnlyList<object> Workers(IReadOnlyList<WorkerView> workers) => [.. workers.Select(w => new
    {
        worker = new { scheme = w.Address.Scheme, host = w.Address.Authority, ip = w.Address.Host, capacity = w.Capacity, version = "0", category = "_default_worker_category" },
        currCapacityUsed = Used(w),
        currParallelIndexCapacityUsed = 0,
        currCapacityUsedByTaskType = w.Tasks.Count == 0 ? new Dictionary<string, int>() : new Dictionary<string, int> { [IndexTaskPayload.KafkaType] = Used(w) },
        availabilityGroups = w.Tasks.Select(t => t.Resource.AvailabilityGroup).Distinct(),
        runningTasks = w.Tasks.Select(t => t.Id),
    })];

    public static object Capacity(IReadOnlyList<WorkerView> workers) =>
        new { currentClusterCapacity = workers.Sum(w => w.Capacity), maximumCapacityWithAutoScale = -1, usedClusterCapacity = workers.Sum(Used) };

    private static int Used(WorkerView worker) => worker.Tasks.Sum(t => t.Resource.RequiredCapacity);

    /// <summary>Druid's <c>TaskStatusPlus</c>.</summary>
    /// <param name="StopReason">Ours, left out where it is null: who stopped a task that has not failed, and why.</param>
    public sealed record TaskStatusPlus(
        string Id, string GroupId, string Type, string CreatedTime, string QueueInsertionTime, string StatusCode, string Status, string RunnerStatusCode, long Duration,
        TaskLocation Location, string DataSource, string? ErrorMsg,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? StopReason);
}
