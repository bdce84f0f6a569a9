using Ingestion.Contracts.Tasks;

namespace Ingestion.Overlord.Tasks;

/// <summary>A worker that is followed: what it has reported and what takes up its slots. Kept up to date change by change, since a worker of many tasks tells many changes.
/// Of a <see cref="TaskBoard"/>.</summary>
internal sealed class TrackedWorker(string nodeId, string address, TaskLocation location, string category)
{
    private static readonly TimeSpan ToldAnewAfter = TimeSpan.FromSeconds(1);
    private readonly Dictionary<string, TaskReport> reports = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TrackedTask> tasks = new(StringComparer.Ordinal);
    private readonly HashSet<TrackedTask> unreported = [];
    private readonly HashSet<string> strangers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> availabilityGroups = new(StringComparer.Ordinal);
    private DateTimeOffset toldAt;
    private int taken;

    public string NodeId => nodeId;
    public string Address => address;
    public TaskLocation Location => location;
    public string Category => category;

    /// <summary>HOST:PORT, as the list of workers and affinities name it.</summary>
    public string Host { get; } = $"{location.Host}:{(location.TlsPort > 0 ? location.TlsPort : location.Port)}";

    /// <summary>Null until it has answered.</summary>
    public string? BootId { get; private set; }

    /// <summary>Slots.</summary>
    public int Capacity { get; private set; }

    /// <summary>Takes no new tasks.</summary>
    public bool IsDisabled { get; private set; }

    /// <summary>As it says itself: anything but active takes no new tasks.</summary>
    public LifeState State { get; private set; }

    /// <summary>Since when it is known to drain; null: it does not.</summary>
    public DateTimeOffset? DrainsSince { get; private set; }

    /// <summary>Why it cannot be given tasks: it is of another version. Null: it can.</summary>
    public string? Incompatibility { get; set; }

    /// <summary>Why its announcement does not count any more, although it answers: it may be leaving, or see only half of the network. Null: it does.</summary>
    public string? Unannounced { get; set; }

    /// <summary>Why it is better not given tasks although it answers: its heartbeats fail. Null: nothing speaks against it.</summary>
    public string? Doubt { get; set; }

    /// <summary>Why it gets no new tasks, whatever its slots; null: it may have some.</summary>
    public string? NotPlaceable =>
        BootId is null ? "has not answered yet"
        : State == LifeState.ShuttingDown ? "is draining"
        : Incompatibility ?? (State == LifeState.Inactive ? "version: it cannot work with the leader" : IsDisabled ? "is disabled" : Unannounced ?? Doubt);

    /// <summary>Slots, those of running tasks that are not known to the overlord included.</summary>
    public int Used => taken + strangers.Count;
    public int Free => Capacity - Used;

    /// <summary>Those that were given to it, ordered by id.</summary>
    public IEnumerable<TrackedTask> Tasks => tasks.Values.OrderBy(t => t.Payload.Id, StringComparer.Ordinal);

    /// <summary>Given to it, and not in its last answer.</summary>
    public IReadOnlyCollection<TrackedTask> Unreported => unreported;

    /// <summary>When a task last ended here; before that, when it first answered.</summary>
    public DateTimeOffset LastCompletedAt { get; private set; }

    public bool Runs(string availabilityGroup) => availabilityGroups.ContainsKey(availabilityGroup);

    /// <summary>Takes in an answer.</summary>
    /// <returns>The reports to look at: those that have changed, and every second or so all, so that what was lost on the way comes again.</returns>
    public IReadOnlyCollection<TaskReport> Answered(WorkerState answer, DateTimeOffset now)
    {
        if (BootId is null) LastCompletedAt = now;
        (BootId, Capacity, IsDisabled, State) = (answer.BootId, answer.Capacity, answer.IsDisabled, answer.State);
        DrainsSince = State == LifeState.ShuttingDown ? DrainsSince ?? now : null;
        if (answer.Since is null)
        {
            var named = answer.Tasks.Select(t => t.Id).ToHashSet(StringComparer.Ordinal);
            foreach (var id in reports.Keys.Where(id => !named.Contains(id)).ToList()) Forget(id);
        }
        else foreach (var id in answer.Gone) Forget(id);
        foreach (var report in answer.Tasks)
        {
            if (report.Outcome != TaskOutcome.Running && reports.TryGetValue(report.Id, out var before) && before.Outcome == TaskOutcome.Running) LastCompletedAt = now;
            reports[report.Id] = report;
        }
        if (now >= toldAt && now - toldAt < ToldAnewAfter) return answer.Tasks; // a clock that was set back must not keep anything from being told
        toldAt = now;
        return [.. reports.Values];
    }

    private void Forget(string taskId)
    {
        reports.Remove(taskId);
        strangers.Remove(taskId);
        if (tasks.TryGetValue(taskId, out var task)) unreported.Add(task);
    }

    /// <summary>The task is here, as far as is known.</summary>
    public void Enter(TrackedTask task)
    {
        if (!tasks.TryAdd(task.Payload.Id, task)) return;
        strangers.Remove(task.Payload.Id);
        if (!reports.ContainsKey(task.Payload.Id)) unreported.Add(task);
        if (task.IsRunning) Take(task.Payload.Resource, 1);
    }

    /// <summary>The task is no longer of interest here. What still runs of it goes on taking up a slot.</summary>
    public void Leave(TrackedTask task)
    {
        if (tasks.GetValueOrDefault(task.Payload.Id) != task) return;
        tasks.Remove(task.Payload.Id);
        unreported.Remove(task);
        if (task.IsRunning) Take(task.Payload.Resource, -1);
        if (reports.TryGetValue(task.Payload.Id, out var report) && report.Outcome == TaskOutcome.Running) strangers.Add(report.Id);
    }

    /// <summary>A task that is not to run here does.</summary>
    public void MeetsStranger(string taskId) => strangers.Add(taskId);

    /// <returns>False: there was none.</returns>
    public bool LosesStranger(string taskId) => strangers.Remove(taskId);

    private void Take(TaskResource resource, int sign)
    {
        taken += sign * resource.RequiredCapacity;
        var tasksOfGroup = availabilityGroups.GetValueOrDefault(resource.AvailabilityGroup) + sign;
        if (tasksOfGroup == 0) availabilityGroups.Remove(resource.AvailabilityGroup);
        else availabilityGroups[resource.AvailabilityGroup] = tasksOfGroup;
    }
}
