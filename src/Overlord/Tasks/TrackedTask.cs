using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Overlord.Tasks;

/// <summary>A task that the database calls active, as a <see cref="TaskBoard"/> sees it.</summary>
internal sealed class TrackedTask(IndexTaskPayload payload, DateTimeOffset since)
{
    /// <summary>Answers to polls without the task after which it is gone: one poll may have been under way when the assignment was answered.</summary>
    private const int MissesUntilLost = 2;
    public static readonly IComparer<TrackedTask> ByAge = Comparer<TrackedTask>.Create((a, b) => a.Since != b.Since ? a.Since.CompareTo(b.Since) : string.CompareOrdinal(a.Payload.Id, b.Payload.Id));
    private static readonly TimeSpan ReasonHolds = TimeSpan.FromMilliseconds(500), RefusalHolds = TimeSpan.FromSeconds(1);
    private string? bootId;
    private int misses;
    private DateTimeOffset reasonAt;
    private readonly List<(string NodeId, string Message, DateTimeOffset At)> refusals = [];

    public IndexTaskPayload Payload => payload;
    public DateTimeOffset Since => since;

    /// <summary>The worker that has it or is being given it; null: none yet.</summary>
    public string? NodeId { get; private set; }

    /// <summary>The assignment has been sent and not yet been answered.</summary>
    public bool Assigning { get; private set; }

    /// <summary>It was active before this overlord led, so it is not given out anew before it is declared lost.</summary>
    public bool MayRunSomewhere { get; init; }
    public TaskReport? LastReport { get; private set; }
    public TaskLocation Location { get; private set; } = TaskLocation.Unknown;
    public string? WaitingFor { get; private set; }

    /// <summary>Since when no worker takes it; null: one has it, or nobody has looked yet.</summary>
    public DateTimeOffset? WaitingSince { get; private set; }

    /// <summary>The log has a warning of this wait.</summary>
    public bool IsLongWaitKnown { get; set; }

    /// <summary>The database no longer calls it active; kept until its worker has let go of it.</summary>
    public bool IsFinished { get; set; }

    /// <summary>Takes up a slot, as far as is known.</summary>
    public bool IsRunning => LastReport?.Outcome is null or TaskOutcome.Running;

    /// <summary>Its end offsets are set: it reads up to them and publishes.</summary>
    public bool IsEnding => LastReport is { } report && (report.Phase == TaskPhase.Publishing || report.EndOffsets.Count > 0 && report.EndOffsets.All(e => e.Value != PartitionOffsets.Unbounded));

    /// <summary>Why the worker did not take it a moment ago, so that it is not asked again yet; null: it may be.</summary>
    public string? RefusalOf(string nodeId, DateTimeOffset now)
    {
        foreach (var refusal in refusals)
            if (refusal.NodeId == nodeId && now - refusal.At < RefusalHolds) return refusal.Message;
        return null;
    }

    public RunnerView View => new(payload, NodeId, Location, LastReport, WaitingFor);

    public void Assign(string nodeId, string boot) => (NodeId, bootId, Assigning, misses, WaitingFor, WaitingSince, IsLongWaitKnown) = (nodeId, boot, true, 0, null, null, false);

    public void Wait(string reason, DateTimeOffset now) => (WaitingFor, WaitingSince, reasonAt) = (reason, WaitingSince ?? now, now);

    /// <summary>Time to say anew why it waits: to put that into words for many tasks at every report of a worker would take longer than all else.</summary>
    public bool IsReasonOld(DateTimeOffset now) => WaitingFor is null || now - reasonAt >= ReasonHolds;

    public void Assigned() => Assigning = false;

    public void Refused(string nodeId, string message, DateTimeOffset at)
    {
        (NodeId, bootId, Assigning) = (null, null, false);
        refusals.RemoveAll(r => r.NodeId == nodeId || at - r.At >= RefusalHolds);
        refusals.Add((nodeId, message, at));
        Wait($"worker [{nodeId}] did not take it: {message}", at);
    }

    public void Report(string nodeId, string boot, TaskReport report, TaskLocation location)
    {
        (NodeId, bootId, LastReport, Location, Assigning, misses) = (nodeId, boot, report, location, false, 0);
    }

    /// <summary>Its worker's answer does not know it. True: it is gone.</summary>
    public bool IsMissedIn(WorkerState answer)
    {
        if (Assigning) return false;
        misses++;
        return LastReport is not null || bootId != answer.BootId || misses >= MissesUntilLost;
    }
}

/// <param name="WaitingFor">Why no worker has it yet; null when one has.</param>
internal sealed record RunnerView(IndexTaskPayload Payload, string? NodeId, TaskLocation Location, TaskReport? Report, string? WaitingFor);

/// <param name="LastCompletedAt">When a task last ended there; before that, when it was first followed.</param>
/// <param name="NotPlaceable">Why it gets no tasks whatever its slots; null: it may.</param>
internal sealed record WorkerView(string NodeId, Uri Address, string Category, int Capacity, bool IsDisabled, IReadOnlyList<IndexTaskPayload> Tasks, DateTimeOffset LastCompletedAt, LifeState State, string? NotPlaceable);

/// <summary>Where an announced worker answers.</summary>
/// <param name="Incompatibility">Why it is to get no tasks, naming both sides' versions; null: it may have some.</param>
internal sealed record WorkerAddress(string NodeId, Uri Http, string? Incompatibility = null)
{
    /// <summary>What select strategies with a category spec go by.</summary>
    public string Category { get; init; } = AnnouncedService.DefaultCategory;
}
