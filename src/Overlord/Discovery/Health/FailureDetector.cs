namespace Ingestion.Overlord.Discovery.Health;

/// <summary>Decides which workers are lost, from what heartbeats show. A refused connection proves that nobody listens; silence proves nothing, it may be ours: it counts for nobody while
/// the observer itself stood still, and lets only a few workers be lost at a time. No clock, no I/O, no threads: <see cref="Heartbeats"/> has those.</summary>
/// <remarks>All times are of one clock that never goes back, whatever its zero.</remarks>
internal sealed class FailureDetector
{
    /// <summary>How often <see cref="Tick"/> is to be called, and how late a tick proves that the observer stood still.</summary>
    public static readonly TimeSpan TickPeriod = TimeSpan.FromMilliseconds(250), StandstillAfter = TimeSpan.FromMilliseconds(750);

    /// <summary>A worker that was lost gets no tasks while more of its heartbeats fail: Presto's <c>failure-detector.threshold</c>.</summary>
    public const double Threshold = 0.1;

    private const int RefusalsUntilLost = 2, MissesUntilLost = 2, LostAtOnce = 3;
    private static readonly TimeSpan SilenceUntilLost = TimeSpan.FromSeconds(2), AtOnce = TimeSpan.FromSeconds(10), ForgottenAfter = TimeSpan.FromMinutes(10);

    private readonly SortedDictionary<string, WatchedWorker> workers = new(StringComparer.Ordinal);
    private TimeSpan tickedAt, wentOnAt = TimeSpan.MinValue;
    private TimeSpan? hearsEnoughSince; // null: fewer are heard than are not

    public FailureDetector(TimeSpan now) => tickedAt = now;

    /// <summary>Silent workers that are not declared lost, since too many are at once; empty: membership is not frozen. Each is one until it is heard, refuses connections, or leaves.</summary>
    public IReadOnlyList<string> Frozen { get; private set; } = [];

    /// <summary>Ordered by node id.</summary>
    public IEnumerable<WatchedWorker> Workers => workers.Values;

    public WatchedWorker? Find(string nodeId) => workers.GetValueOrDefault(nodeId);

    /// <summary>Begins to watch the worker; where it is watched already at that address nothing changes.</summary>
    public WatchedWorker Watch(string nodeId, Uri address, TimeSpan now)
    {
        if (workers.TryGetValue(nodeId, out var known) && known.Address == address) return known;
        return workers[nodeId] = new WatchedWorker(nodeId, address, now);
    }

    public void Forget(string nodeId) => workers.Remove(nodeId);

    /// <summary>To be called every <see cref="TickPeriod"/>, by the clock that heartbeats go by. One that comes late shows that the observer stood still (collection of garbage, SIGSTOP, no processor): what
    /// was not heard meanwhile was said, perhaps, so everybody's silence begins anew.</summary>
    /// <returns>How long it stood still; null: it did not.</returns>
    public TimeSpan? Tick(TimeSpan now)
    {
        var passed = now - tickedAt;
        tickedAt = now;
        if (passed <= StandstillAfter) return null;
        (wentOnAt, hearsEnoughSince) = (now, null);
        foreach (var worker in workers.Values) (worker.Misses, worker.HeardAt) = (0, now);
        return passed;
    }

    /// <summary>The worker has answered a heartbeat.</summary>
    public void Answered(WatchedWorker worker, TimeSpan now)
    {
        worker.Succeeded(now);
        worker.LastResponseAt = now;
        (worker.HeardAt, worker.Misses, worker.Refusals, worker.IsUnheard) = (now, 0, 0, false);
    }

    /// <summary>The worker has shown by something else than a heartbeat that it lives.</summary>
    public void Heard(WatchedWorker worker, TimeSpan now)
    {
        if (!worker.IsLost) (worker.HeardAt, worker.Misses, worker.IsUnheard) = (now, 0, false);
    }

    /// <summary>A heartbeat has failed. One during which the observer stood still says nothing, unless the connection was refused.</summary>
    /// <param name="sentAt">When it was sent.</param>
    public void Failed(WatchedWorker worker, TimeSpan sentAt, HeartbeatFailure failure, string message, TimeSpan now)
    {
        if (failure == HeartbeatFailure.ConnectionRefused) (worker.Refusals, worker.Misses) = (worker.Refusals + 1, worker.Misses + 1);
        else if (sentAt <= wentOnAt || now - tickedAt > StandstillAfter) return;
        else (worker.Refusals, worker.Misses) = (0, worker.Misses + 1);
        if (worker.IsLost && worker.Refusals > 0) worker.IsUnheard = false; // its machine is heard
        worker.Failed(now, failure, message);
    }

    /// <summary>Another than the detector has found that the worker is lost: it answers, and not as a worker does.</summary>
    public void GiveUp(WatchedWorker worker, string reason, TimeSpan now)
    {
        if (!worker.IsLost) (worker.LostAt, worker.HasBeenLost, worker.LastError) = (now, true, reason);
    }

    /// <summary>Who is lost now, and who that was is back.</summary>
    public Verdict Judge(TimeSpan now)
    {
        var (lost, back, silent) = (new List<Loss>(), new List<WatchedWorker>(), new List<WatchedWorker>());
        foreach (var worker in workers.Values.ToList())
        {
            if (worker.LostAt is { } lostAt)
            {
                if (worker.LastResponseAt > lostAt) back.Add(worker);
                else if (now - lostAt > ForgottenAfter) workers.Remove(worker.NodeId);
            }
            else if (worker.Refusals >= RefusalsUntilLost) lost.Add(Lose(worker, now, $"refused {worker.Refusals} connections in a row"));
            else if (worker.Misses >= MissesUntilLost && now - worker.HeardAt >= SilenceUntilLost && now - tickedAt <= StandstillAfter) silent.Add(worker);
        }
        foreach (var worker in back) worker.LostAt = null;
        foreach (var worker in silent) worker.IsUnheard = true;
        foreach (var worker in silent.OrderBy(w => w.HeardAt).Take(MayBeLost(now)))
        {
            lost.Add(Lose(worker, now, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"silent for {(now - worker.HeardAt).TotalSeconds:0.0} s, {worker.Misses} heartbeats missed, last error: {worker.LastError}")));
            (worker.LostSilentlyAt, worker.IsUnheard) = (now, true);
        }
        var wasFrozen = Frozen.Count > 0;
        Frozen = [.. workers.Values.Where(w => w is { IsUnheard: true, IsLost: false }).Select(w => w.NodeId)];
        return new Verdict(lost, back, FreezeBegins: !wasFrozen && Frozen.Count > 0, FreezeEnds: wasFrozen && Frozen.Count == 0);
    }

    /// <summary>How many of the silent may be given up now: together with those of the last 10 s a third of the workers, and at least one. While membership is frozen none, unless at least as many workers have been
    /// heard as have not for as long as one may be silent: then it is not this observer that is cut off.</summary>
    private int MayBeLost(TimeSpan now)
    {
        var (heard, unheard) = (workers.Values.Count(w => w is { IsUnheard: false, IsLost: false }), workers.Values.Count(w => w.IsUnheard));
        hearsEnoughSince = heard < unheard ? null : hearsEnoughSince ?? now;
        if (Frozen.Count > 0 && !(now - hearsEnoughSince >= SilenceUntilLost)) return 0;
        var lately = workers.Values.Where(w => now - w.LostSilentlyAt < AtOnce).ToList();
        var members = workers.Values.Count(w => !w.IsLost) + lately.Count(w => w.IsLost);
        return Math.Max(0, Math.Max(1, members / LostAtOnce) - lately.Count);
    }

    private static Loss Lose(WatchedWorker worker, TimeSpan now, string reason)
    {
        (worker.LostAt, worker.HasBeenLost, worker.Refusals, worker.Misses, worker.IsUnheard) = (now, true, 0, 0, false);
        return new Loss(worker, reason);
    }
}

/// <param name="Back">They were lost, and have answered since.</param>
/// <param name="FreezeBegins">More are silent than may be lost at once, and were not before.</param>
internal sealed record Verdict(List<Loss> Lost, List<WatchedWorker> Back, bool FreezeBegins, bool FreezeEnds);

internal readonly record struct Loss(WatchedWorker Worker, string Reason);
