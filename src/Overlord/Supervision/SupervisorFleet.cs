using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Discovery;
using Ingestion.Overlord.Discovery.Health;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Stream;
using Ingestion.Overlord.Tasks;
using Ingestion.Overlord.Tasks.Selection;
using Ingestion.Supervisor;
using Ingestion.Supervisor.Status;

namespace Ingestion.Overlord.Supervision;

/// <summary>All supervisors of a leading overlord: starts them from the database when leadership begins, routes notices and requests to
/// their mailboxes, and lets go of all of it when leadership ends. Tasks run on regardless.</summary>
internal sealed partial class SupervisorFleet(
    SupervisorStore store, WorkerConfigStore configs, StreamObserver stream, IWakeUps wakeUps, AnnouncementRegistry announcements, IHttpClientFactory http, HeartbeatLines lines, SupervisorMetrics metrics, TimeProvider time, ILoggerFactory loggers, ILogger<SupervisorFleet> logger)
{
    private readonly ConcurrentDictionary<string, Entry> entries = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Task> creations = new(StringComparer.Ordinal);
    private readonly Lock gate = new(); // over which term's mailboxes are in entries
    private volatile Term? term;

    /// <summary>What the Kafka client has against a spec's properties, before there is a client.</summary>
    public static IReadOnlyList<SpecProblem> ClientProblems(ImmutableSortedDictionary<string, string> consumerProperties) => ConsumerSettings.Problems(consumerProperties);

    /// <summary>Of this overlord's leadership; 0, which no transaction accepts, while it does not lead.</summary>
    public long Epoch => term?.Epoch ?? 0;
    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Null while this overlord does not lead.</summary>
    public TaskRunner? Tasks => term?.Runner;

    /// <summary>Reads what <see cref="StartAsync"/> reads, for nothing: who stands by has its queries compiled then, and its connections open, when it is elected.</summary>
    public async Task PractiseAsync(CancellationToken cancellation)
    {
        var active = await store.ActiveTasksAsync(cancellation);
        await store.NewestSpecsAsync(active.Select(t => t.Supervisor).ToImmutableSortedSet(StringComparer.Ordinal), cancellation);
        await StrategyAsync(cancellation);
        await store.AllCommittedAsync(cancellation);
    }

    /// <summary>Takes up all supervisors that the database holds, including terminated ones whose tasks still publish.</summary>
    /// <param name="preparations">What must be done before the first command of this epoch; the database is read meanwhile.</param>
    public async Task StartAsync(long epoch, string clusterId, Task preparations, CancellationToken cancellation)
    {
        var stop = new CancellationTokenSource();
        var runner = new TaskRunner(worker => new WorkerClient(http.CreateClient(nameof(WorkerClient)), worker.Http, epoch, clusterId), lines.Open, Post, time, loggers.CreateLogger<TaskRunner>());
        var effects = new EffectExecutor(runner, stream, Post, loggers.CreateLogger<EffectExecutor>(), stop.Token);
        var beginning = new Term(epoch, runner, new SupervisorShell(store, epoch, runner, effects, Post, time), stop);
        lock (gate) term = beginning;
        metrics.Supervisors = () => entries.Values.Select(e => (View(e), e.Mailbox.Queued));
        var active = await store.ActiveTasksAsync(cancellation);
        var specs = await store.NewestSpecsAsync(active.Select(t => t.Supervisor).ToImmutableSortedSet(StringComparer.Ordinal), cancellation);
        runner.Restore(active);
        runner.Strategy = await StrategyAsync(cancellation);
        await preparations; // before there are mailboxes, which the periodic run wakes
        var mailboxes = specs.Select(s => (s.Spec, s.Terminated, Mailbox: Open(beginning, s.Spec, s.Terminated))).ToList();
        // Read after the mailboxes are open: a commit that this misses is told to them. One at a time they would each ask the database for what is at hand here.
        var committed = await store.AllCommittedAsync(cancellation);
        var tasks = active.ToLookup(t => t.Supervisor, StringComparer.Ordinal);
        foreach (var (spec, terminated, mailbox) in mailboxes)
        {
            var isReadable = !committed.TryGetValue(spec.Id, out var offsets) || offsets is not null;
            mailbox.Post(isReadable ? new Notice.Acquired(spec, offsets, [.. tasks[spec.Id]], terminated) : new Notice.Tick());
        }
        announcements.Announced += Announced;
        announcements.Withdrawn += Withdrawn;
        foreach (var node in announcements.Live()) Announced(node.NodeId!, node);
        LogStarted(epoch, entries.Count, active.Count);
    }

    /// <summary>Lets go of everything of the current term, if there is one.</summary>
    public async Task StopAsync()
    {
        Term? ending;
        List<Entry> open;
        lock (gate)
        {
            (ending, term) = (term, null);
            open = [.. entries.Values];
            entries.Clear();
        }
        if (ending is null) return;
        announcements.Announced -= Announced;
        announcements.Withdrawn -= Withdrawn;
        await ending.Stop.CancelAsync();
        await Task.WhenAll(open.Select(e => e.Mailbox.DisposeAsync().AsTask()));
        await ending.Runner.DisposeAsync();
        if (metrics.Steps is { Count: > 0 } steps) LogSteps(steps.Count, steps.Quantile(0.99), steps.LongestMillis);
    }

    /// <summary>Supervisors that have not been terminated, ordered by id.</summary>
    public IEnumerable<SupervisorView> All() => entries.Values.Select(View).Where(v => !v.Terminated).OrderBy(v => v.Id, StringComparer.Ordinal);

    /// <summary>Where tasks are, for <see cref="Explaining"/>.</summary>
    public PlacementView Placement()
    {
        if (Tasks is not { } runner) return PlacementView.Unknown;
        var (workers, slots, freeSlots) = runner.Capacity();
        return new PlacementView(id => runner.Find(id)?.NodeId, id => runner.Find(id)?.WaitingFor, workers, slots, freeSlots) { Alert = runner.Alert };
    }

    /// <summary>Whether there is such a supervisor, or one that was terminated and still has tasks.</summary>
    public bool Knows(string id) => entries.ContainsKey(id);

    public SupervisorView? Find(string id) => entries.TryGetValue(id, out var entry) && View(entry) is { Terminated: false } view ? view : null;

    /// <summary>Creates a supervisor, or gives an existing one a new spec.</summary>
    /// <param name="skipIfUnmodified">See <see cref="Notice.SpecReplaced"/>.</param>
    /// <param name="by">Who asks for it, for the audit.</param>
    /// <exception cref="OperationCanceledException">This overlord no longer leads.</exception>
    public async Task<Reply?> PutAsync(SupervisorSpec spec, bool skipIfUnmodified, AuditContext by, CancellationToken cancellation)
    {
        while (true)
        {
            if (entries.TryGetValue(spec.Id, out var entry))
            {
                if (await entry.Mailbox.AskAsync(new Notice.SpecReplaced(spec, skipIfUnmodified), cancellation, by) is { } reply) return reply;
                Close(entry.Mailbox); // terminated a moment ago: the spec makes a new one
                continue;
            }
            var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (creations.TryAdd(spec.Id, mine.Task))
            {
                try
                {
                    if (!entries.ContainsKey(spec.Id)) return await CreateAsync(spec.MergedWith(stored: null), by);
                }
                finally
                {
                    creations.TryRemove(spec.Id, out _);
                    mine.SetResult();
                }
            }
            else if (creations.TryGetValue(spec.Id, out var another)) await another.WaitAsync(cancellation);
        }
    }

    /// <summary>What <see cref="PutAsync"/> would do, doing nothing of it. Kafka is asked with the properties of the spec given.</summary>
    /// <returns>With the reason why Kafka did not answer; null when it did.</returns>
    public async Task<(Rehearsal Rehearsal, string? StreamTrouble)> RehearseAsync(SupervisorSpec spec, bool skipIfUnmodified, CancellationToken cancellation)
    {
        ImmutableSortedDictionary<StreamPartition, OffsetRange>? observed = null;
        string? trouble = null;
        try { observed = (await stream.ObserveAsync(spec.IoConfig.Stream, spec.IoConfig.ConsumerProperties, TimeSpan.Zero, cancellation)).Partitions; }
        catch (Exception e) when (StreamObserver.IsFailure(e)) { trouble = e.Message; }
        if (!entries.TryGetValue(spec.Id, out var entry)) return (Rehearsing.OfNew(spec.MergedWith(stored: null), await store.CommittedAsync(spec.Id, cancellation), observed, Now), trouble);
        if (entry.Mailbox.State is not { Spec: not null } state) return (new Rehearsal { Refused = $"[{spec.Id}] is still being loaded" }, trouble);
        return (Rehearsing.Of(state, new Notice.SpecReplaced(spec, skipIfUnmodified), observed, Now), trouble);
    }

    /// <summary>One that was terminated still hears what is about its tasks.</summary>
    /// <param name="by">Who asks, for the audit; null: a task.</param>
    /// <returns>Null where there is no such supervisor, and to a notice that has no answer.</returns>
    public async Task<Reply?> AskAsync(string id, Notice notice, AuditContext? by, CancellationToken cancellation) =>
        entries.TryGetValue(id, out var entry) && (notice is Notice.CheckpointRequested or Notice.TaskLost || !View(entry).Terminated) ? await entry.Mailbox.AskAsync(notice, cancellation, by) : null;

    /// <summary>Not cut short by a caller who goes away: a spec that is stored must also be opened.</summary>
    private async Task<Reply> CreateAsync(SupervisorSpec spec, AuditContext by)
    {
        var current = term ?? throw new OperationCanceledException("this overlord no longer leads");
        try { await current.Shell.CommitAsync(spec.Id, [new Record.AppendSpec(spec)], by, current.Stop.Token); }
        catch (Exception)
        {
            // The answer to the commit may be what was lost.
            if (await store.LoadAsync(spec.Id, current.Stop.Token) is not { Terminated: false } stored || stored.Spec.Json != spec.Json) throw;
        }
        Open(current, spec, terminated: false).Post(new Notice.Tick());
        return new Reply.Accepted(spec);
    }

    /// <summary>A task's request for a checkpoint, given to its supervisor.</summary>
    public async Task<bool> CheckpointAsync(string taskId, TaskAction.CheckPointDataSourceMetadata action, CancellationToken cancellation)
    {
        var supervisor = action.SupervisorId ?? Tasks?.Find(taskId)?.Payload.Supervisor;
        if (supervisor is null || (action.TaskGroupId ?? Tasks?.Find(taskId)?.Payload.IoConfig.TaskGroupId) is not { } group) return false;
        return await AskAsync(supervisor, new Notice.CheckpointRequested(taskId, group, action.CheckpointMetadata.Offsets), by: null, cancellation) is Reply.Checkpoint { Granted: true };
    }

    public void Post(string id, Notice notice)
    {
        if (entries.TryGetValue(id, out var entry) && !entry.Mailbox.Post(notice)) LogFull(id, notice.GetType().Name);
    }

    /// <summary>The periodic run: a tick for every supervisor, and a look for tasks that nobody accounts for.</summary>
    public void Run()
    {
        term?.Runner.Sweep([.. announcements.Nodes().Where(n => n is { IsLive: false, Worker: not null }).Select(n => new AbsentWorker(n.NodeId, n.Worker!.BaseUrl?.ToString(), n.Objection ?? "has not announced itself"))]);
        foreach (var (id, entry) in entries)
            if (entry.Mailbox.State is not { } state || state.WakeAt <= time.GetUtcNow()) Post(id, new Notice.Tick());
    }

    private SupervisorMailbox Open(Term of, SupervisorSpec spec, bool terminated)
    {
        lock (gate)
        {
            if (term != of) throw new OperationCanceledException("this overlord no longer leads");
            var mailbox = new SupervisorMailbox(spec.Id, of.Shell, wakeUps, metrics, loggers.CreateLogger<SupervisorMailbox>(), Close);
            entries[spec.Id] = new Entry(mailbox, spec, terminated);
            return mailbox;
        }
    }

    private void Close(SupervisorMailbox mailbox)
    {
        lock (gate)
        {
            if (!entries.TryGetValue(mailbox.Id, out var entry) || entry.Mailbox != mailbox) return;
            entries.TryRemove(mailbox.Id, out _);
            wakeUps.Cancel(mailbox.Id);
        }
        LogClosed(mailbox.Id);
        _ = mailbox.DisposeAsync().AsTask();
    }

    private void Announced(string nodeId, Announcement announcement)
    {
        foreach (var service in announcement.Services.Where(s => s.Type == AnnouncedService.WorkerType))
        {
            if (service.BaseUrl is { } address) term?.Runner.WorkerAnnounced(new WorkerAddress(nodeId, address, AnnouncedNode.Incompatibility(service)) { Category = service.Properties.GetValueOrDefault("category") ?? AnnouncedService.DefaultCategory });
            else LogBadAnnouncement(nodeId);
        }
    }

    private void Withdrawn(string nodeId) => term?.Runner.WorkerWithdrawn(nodeId);

    /// <summary>What the stored worker behaviour config says. One that a Druid has left, and that would be refused here, is told and has no effect.</summary>
    private async Task<SelectStrategy> StrategyAsync(CancellationToken cancellation)
    {
        if (await configs.FindAsync(cancellation) is not { } json) return SelectStrategy.Default;
        var problems = new List<SpecProblem>();
        try
        {
            using var config = JsonDocument.Parse(json);
            if (WorkerBehavior.Read(config.RootElement, problems) is { } strategy) return strategy;
        }
        catch (JsonException e) { problems.Add(new SpecProblem("$", e.Message)); }
        LogBadWorkerConfig(string.Join("; ", problems));
        return SelectStrategy.Default;
    }

    private static SupervisorView View(Entry entry) => new(entry.Mailbox.State?.Spec ?? entry.Spec, entry.Mailbox.State, entry.Mailbox.State is { Spec: not null } state ? state.IsTerminated : entry.Terminated, entry.Mailbox.Trouble);

    private sealed record Entry(SupervisorMailbox Mailbox, SupervisorSpec Spec, bool Terminated);
    private sealed record Term(long Epoch, TaskRunner Runner, SupervisorShell Shell, CancellationTokenSource Stop);

    [LoggerMessage(160, LogLevel.Information, "Leading with epoch {Epoch}: {Supervisors} supervisors, {Tasks} active tasks")]
    private partial void LogStarted(long epoch, int supervisors, int tasks);

    [LoggerMessage(164, LogLevel.Information, "Supervisors took {Count} steps since this process started: 99% within {P99:0.0} ms, the longest in {Longest:0.0} ms")]
    private partial void LogSteps(long count, double p99, double longest);

    [LoggerMessage(161, LogLevel.Information, "Supervisor [{Id}] is terminated and its last task has ended")]
    private partial void LogClosed(string id);

    [LoggerMessage(162, LogLevel.Warning, "The mailbox of supervisor [{Id}] is full: notice [{Notice}] is dropped, it comes again")]
    private partial void LogFull(string id, string notice);

    [LoggerMessage(165, LogLevel.Warning, "The stored worker behaviour config has no effect, tasks go to the worker with the most free slots: {Problems}")]
    private partial void LogBadWorkerConfig(string problems);

    [LoggerMessage(163, LogLevel.Warning, "The announcement of [{NodeId}] has no usable [https] or [http] property")]
    private partial void LogBadAnnouncement(string nodeId);
}
