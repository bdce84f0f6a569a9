using System.Text.Json.Serialization;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Tasks;
using Ingestion.Overlord.Tasks.Kill;

namespace Ingestion.Overlord.Api;

/// <summary>Tasks and workers in Druid's JSON.</summary>
internal static class TaskJson
{
    private const string NeverQueued = "1970-01-01T00:00:00.000Z";

    /// <param name="kills">Of the tasks that run in this process.</param>
    public static TaskStatusPlus StatusPlus(StoredTask row, RunnerView? runner, KillTasks kills)
    {
        var status = Status(row, runner);
        var code = EnumText.Of(status.Outcome);
        var runnerCode = status.Outcome != TaskOutcome.Running ? "NONE" : row.Type == KillTask.Type ? (kills.Find(row.Id) is null ? "WAITING" : "RUNNING") : runner?.NodeId is null ? "PENDING" : "RUNNING";
        return new TaskStatusPlus(row.Id, row.GroupId ?? row.Id, row.Type ?? IndexTaskPayload.KafkaType, IsoTime.Write(row.CreatedAt), row.Active ? IsoTime.Write(row.CreatedAt) : NeverQueued, code, code, runnerCode,
            status.Duration, status.Location, row.DataSource, status.ErrorMsg, status.StopReason);
    }

    /// <summary>The stored status, with the location that only the runner knows while the task runs.</summary>
    public static IndexTaskStatus Status(StoredTask row, RunnerView? runner) =>
        row.Active && runner is { Location: var location } && location != TaskLocation.Unknown ? row.Status with { Location = location } : row.Status;

    /// <summary>Druid's <c>ImmutableWorkerInfo</c>, whose version is empty where the worker is disabled, and which leaves out what is empty of <c>currCapacityUsedByTaskType</c>.</summary>
    public static IReadOnlyList<WorkerLine> Workers(IReadOnlyList<WorkerView> workers) => [.. workers.Select(w => new WorkerLine(
        new WorkerIdentity(w.Address.Scheme, w.Address.Authority, w.Address.Host, w.Capacity, w.IsDisabled ? "" : "0", w.Category), Used(w), 0,
        w.Tasks.Count == 0 ? null : new Dictionary<string, int> { [IndexTaskPayload.KafkaType] = Used(w) }, [.. w.Tasks.Select(t => t.Resource.AvailabilityGroup).Distinct()], [.. w.Tasks.Select(t => t.Id)],
        IsoTime.Write(w.LastCompletedAt)))];

    public static object Capacity(IReadOnlyList<WorkerView> workers) =>
        new { currentClusterCapacity = workers.Sum(w => w.Capacity), maximumCapacityWithAutoScale = -1, usedClusterCapacity = workers.Sum(Used) };

    private static int Used(WorkerView worker) => worker.Tasks.Sum(t => t.Resource.RequiredCapacity);

    public sealed record WorkerIdentity(string Scheme, string Host, string Ip, int Capacity, string Version, string Category);

    /// <param name="LastCompletedTaskTime">Until a task has ended: since when the worker is followed.</param>
    public sealed record WorkerLine(
        WorkerIdentity Worker, int CurrCapacityUsed, int CurrParallelIndexCapacityUsed, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, int>? CurrCapacityUsedByTaskType,
        IReadOnlyList<string> AvailabilityGroups, IReadOnlyList<string> RunningTasks, string LastCompletedTaskTime);

    /// <summary>Druid's <c>TaskStatusPlus</c>.</summary>
    /// <param name="StopReason">Ours, left out where it is null: who stopped a task that has not failed, and why.</param>
    public sealed record TaskStatusPlus(
        string Id, string GroupId, string Type, string CreatedTime, string QueueInsertionTime, string StatusCode, string Status, string RunnerStatusCode, long Duration,
        TaskLocation Location, string DataSource, string? ErrorMsg,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? StopReason)
    {
        /// <summary>As Druid tells of a single task: when it was queued is in lists only, and one that has ended waits.</summary>
        public TaskStatusPlus OfOne() => this with { QueueInsertionTime = NeverQueued, RunnerStatusCode = RunnerStatusCode == "NONE" ? "WAITING" : RunnerStatusCode };
    }
}
