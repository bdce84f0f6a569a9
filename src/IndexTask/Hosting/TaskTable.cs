using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Hosting.Logs;

namespace Ingestion.IndexTask.Hosting;

/// <summary>What an assignment came to.</summary>
internal enum Assignment { Accepted, NoSlot, GroupIsHere, IsDisabled, IsDraining }

/// <summary>The tasks of a worker: those that run, and for an hour those that ran (at most 1,000), so that an overlord that was away still
/// learns how they ended. Anyone may wait for changes by the counter.</summary>
internal sealed class TaskTable(WorkerServices services)
{
    private const int MaxEnded = 1_000;
    private static readonly TimeSpan KeepEnded = TimeSpan.FromHours(1);

    private readonly Lock gate = new();
    private readonly Dictionary<string, IndexTaskRunner> running = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (TaskReport Report, DateTimeOffset At, TaskTimeline? Timeline)> ended = new(StringComparer.Ordinal);
    private readonly string bootId = Guid.NewGuid().ToString();
    private TaskCompletionSource nextChange = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ReportJournal journal = new();
    private long counter;
    private long? followedAt; // when a follower last asked; its clock is services.Time
    private long known = -1; // the newest revision that a follower has
    private TaskCompletionSource nextKnown = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Highest leader epoch seen.</summary>
    public long Epoch { get; private set; }

    /// <summary>The cluster that this worker serves: the first that commanded it.</summary>
    public string? Cluster { get; private set; }

    /// <summary>New tasks are refused; those that are here go on. Lasts as long as the process.</summary>
    public bool IsDisabled
    {
        get;
        set
        {
            lock (gate)
            {
                if (field == value) return;
                field = value;
                Change();
            }
        }
    }

    /// <summary>The worker's state has changed: those who wait hear of it at once.</summary>
    public void LifeChanged()
    {
        lock (gate) Change();
    }

    /// <param name="boot">Which worker process's <paramref name="since"/> it is; of another one it means nothing.</param>
    /// <param name="since">Revision whose reports the asker has.</param>
    public WorkerState State(string? boot = null, long? since = null)
    {
        lock (gate)
        {
            NoteReports();
            if (boot == bootId && since is { } asked) HeardOf(asked);
            var (builtOn, changed, gone) = journal.After(boot == bootId ? since : null);
            return new WorkerState
            {
                NodeId = services.Options.NodeId,
                BootId = bootId,
                Counter = counter,
                Capacity = services.Options.Capacity,
                IsDisabled = IsDisabled,
                State = services.Life.State,
                Epoch = Epoch,
                Cluster = Cluster,
                Revision = journal.Revision,
                Since = builtOn,
                Tasks = changed,
                Gone = gone,
            };
        }
    }

    private void NoteReports() => journal.Note([.. running.Values.Select(t => t.Report), .. ended.Values.Select(e => e.Report)]);

    private void HeardOf(long revision)
    {
        followedAt = services.Time.GetTimestamp();
        if (revision <= known) return;
        known = revision;
        nextKnown.SetResult();
        nextKnown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>How long ago an overlord that follows this worker has asked for its state; null: none ever has.</summary>
    public TimeSpan? FollowedAgo
    {
        get { lock (gate) return followedAt is { } at ? services.Time.GetElapsedTime(at) : null; }
    }

    /// <summary>Comes back when an overlord has all that there is to report now, or after the limit.</summary>
    public async Task Told(TimeSpan limit, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(limit);
        long? wanted = null;
        while (!timeout.IsCancellationRequested)
        {
            Task next;
            lock (gate)
            {
                NoteReports();
                wanted ??= journal.Revision;
                if (known >= wanted) return;
                next = nextKnown.Task;
            }
            await next.WaitAsync(timeout.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Learns the sender's cluster and epoch.</summary>
    /// <returns>Why its commands are refused; null: they are not.</returns>
    public string? Admit(long? epoch, string? cluster)
    {
        lock (gate)
        {
            if (cluster is not null && Cluster is not null && cluster != Cluster) return $"this worker serves cluster [{Cluster}], not [{cluster}]";
            if (epoch < Epoch) return $"epoch {epoch} is over: epoch {Epoch} has been seen";
            Cluster ??= cluster;
            if (epoch is not { } newer || newer == Epoch) return null;
            Epoch = newer;
            Change();
            services.Overlord.LeaderHasChanged();
            return null;
        }
    }

    /// <summary>Takes a task; one that is here already, or was, is left as it is. One that cannot be run is listed as failed with all that is wrong.</summary>
    public Assignment Assign(IndexTaskPayload payload)
    {
        IndexTaskRunner runner;
        lock (gate)
        {
            if (running.ContainsKey(payload.Id) || ended.ContainsKey(payload.Id)) return Assignment.Accepted;
            if (services.Life.IsShuttingDown) return Assignment.IsDraining;
            if (IsDisabled) return Assignment.IsDisabled;
            var group = payload.Resource.AvailabilityGroup;
            if (running.Values.Any(t => t.Payload.Resource.AvailabilityGroup == group)) return Assignment.GroupIsHere;
            if (running.Values.Sum(t => t.Payload.Resource.RequiredCapacity) + payload.Resource.RequiredCapacity > services.Options.Capacity) return Assignment.NoSlot;
            var problems = new List<SpecProblem>();
            if (TaskSpec.Read(payload, problems) is not { } spec)
            {
                var text = string.Join("; ", problems);
                var status = IndexTaskStatus.Failed(payload.Id, 0, TaskLocation.Unknown, text);
                var report = new TaskReport { Id = payload.Id, Outcome = TaskOutcome.Failed, Phase = TaskPhase.NotStarted, Duration = 0, ErrorMsg = status.ErrorMsg };
                var log = services.Logs.Open(payload.Id);
                HostLog.TaskRefused(new TaskLoggers(services.Loggers, log).CreateLogger<TaskTable>(), payload.Id, text);
                services.Logs.Close(log, json => TaskReportJson.WriteFinal(json, payload, report, null, []));
                Keep(report);
                Change();
                return Assignment.Accepted;
            }
            runner = new IndexTaskRunner(spec, services, () => Changed(payload.Id));
            running.Add(payload.Id, runner);
            Change();
        }
        runner.Start();
        return Assignment.Accepted;
    }

    public IndexTaskRunner? Find(string id)
    {
        lock (gate) return running.GetValueOrDefault(id);
    }

    /// <summary>Of a task that runs or ran; null of one that never did.</summary>
    public TaskTimeline? Timeline(string id)
    {
        lock (gate) return running.TryGetValue(id, out var runner) ? runner.Timeline : ended.GetValueOrDefault(id).Timeline;
    }

    public IReadOnlyList<IndexTaskRunner> Running
    {
        get { lock (gate) return [.. running.Values]; }
    }

    /// <summary>Comes back when the counter has passed the one given, or after the timeout.</summary>
    public async Task Wait(long after, TimeSpan timeout, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        while (!limit.IsCancellationRequested)
        {
            Task change;
            lock (gate)
            {
                if (counter != after) break; // also when the given one is another boot's and so ahead
                change = nextChange.Task;
            }
            await change.WaitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Waits until no task runs, or for the time given.</summary>
    public async Task AllEnded(TimeSpan limit, CancellationToken cancellation = default)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(limit);
        while (Running.Count > 0 && !timeout.IsCancellationRequested) await Wait(State().Counter, limit, timeout.Token);
    }

    private void Changed(string id)
    {
        lock (gate)
        {
            if (running.TryGetValue(id, out var runner) && runner.Report is { Outcome: not TaskOutcome.Running } report)
            {
                running.Remove(id);
                Keep(report, runner.Timeline);
            }
            Change();
        }
    }

    private void Keep(TaskReport report, TaskTimeline? timeline = null)
    {
        var now = services.Time.GetUtcNow();
        foreach (var (id, old) in ended.OrderBy(e => e.Value.At).ToList())
            if (now - old.At > KeepEnded || ended.Count >= MaxEnded) ended.Remove(id);
        ended[report.Id] = (report, now, timeline);
    }

    private void Change()
    {
        counter++;
        nextChange.SetResult();
        nextChange = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
