namespace Ingestion.Overlord.Discovery.Health;

/// <summary>Sends heartbeats and has the <see cref="FailureDetector"/> judge: one thread for each worker, which waits for it alone, and one for the clock. None of them is the thread pool's, so a process that
/// is busy goes on hearing its workers.</summary>
internal sealed partial class Heartbeats : IDisposable
{
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500), AfterRefusal = TimeSpan.FromMilliseconds(250), Timeout = TimeSpan.FromSeconds(1);
    private const int StackBytes = 512 << 10;

    private readonly Lock gate = new(); // over the detector and the lines
    private readonly Lock telling = new(); // so that verdicts are told in their order; taken before any other
    private readonly FailureDetector detector;
    private readonly Dictionary<string, Line> lines = new(StringComparer.Ordinal);
    private readonly Func<Uri, HeartbeatLine> open;
    private readonly IHeartbeatObserver observer;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly long begun;
    private readonly ManualResetEventSlim stopped = new();

    public Heartbeats(Func<Uri, HeartbeatLine> open, IHeartbeatObserver observer, TimeProvider time, ILogger logger)
    {
        (this.open, this.observer, this.time, this.logger, begun) = (open, observer, time, logger, time.GetTimestamp());
        detector = new FailureDetector(Now);
        new Thread(Tick, StackBytes) { IsBackground = true, Name = "heartbeat clock" }.Start();
    }

    private TimeSpan Now => time.GetElapsedTime(begun);

    /// <summary>Why membership is frozen; null: it is not.</summary>
    public string? Alert
    {
        get { lock (gate) return detector.Frozen is { Count: > 0 } silent ? InWords(silent) : null; }
    }

    /// <summary>Ordered by node id.</summary>
    public IReadOnlyList<NodeHealth> View()
    {
        lock (gate)
        {
            var (now, nowUtc) = (Now, time.GetUtcNow());
            return [.. detector.Workers.Select(w => w.View(now, nowUtc))];
        }
    }

    /// <summary>Why the worker is not to get tasks: it was lost, and too many of its heartbeats have failed lately. Null: it may.</summary>
    public string? Doubt(string nodeId)
    {
        lock (gate)
        {
            var now = Now;
            return detector.Find(nodeId) is { HasBeenLost: true, IsLost: false } worker && worker.FailureRatio(now) > FailureDetector.Threshold ? worker.View(now, time.GetUtcNow()).FailingInWords : null;
        }
    }

    /// <summary>It is watched there, and has not answered since it was lost.</summary>
    public bool IsLost(string nodeId, Uri address)
    {
        lock (gate) return detector.Find(nodeId) is { IsLost: true } worker && worker.Address == address;
    }

    /// <summary>Sends the worker heartbeats from now on. Idempotent.</summary>
    public void Watch(string nodeId, Uri address)
    {
        Line line;
        lock (gate)
        {
            if (stopped.IsSet) return;
            var worker = detector.Watch(nodeId, address, Now);
            if (lines.TryGetValue(nodeId, out var known))
            {
                if (known.Worker == worker) return;
                known.End();
            }
            line = lines[nodeId] = new Line(worker, open(address));
        }
        new Thread(() => Beat(line), StackBytes) { IsBackground = true, Name = $"heartbeats {nodeId}" }.Start();
    }

    /// <summary>It has left, or another answers in its place.</summary>
    public void Forget(string nodeId)
    {
        lock (gate)
        {
            detector.Forget(nodeId);
            if (lines.Remove(nodeId, out var line)) line.End();
        }
    }

    /// <summary>The worker has answered something else.</summary>
    /// <param name="bootId">Of its process.</param>
    public void Heard(string nodeId, string bootId)
    {
        lock (gate)
        {
            if (detector.Find(nodeId) is not { } worker) return;
            worker.Booted(bootId);
            detector.Heard(worker, Now);
        }
    }

    /// <summary>Another call to the worker has failed: the next heartbeat does not wait for its time.</summary>
    public void LookNow(string nodeId)
    {
        lock (gate) lines.GetValueOrDefault(nodeId)?.Nudge();
    }

    /// <summary>The worker is lost, whoever has found that; taken back when it answers another heartbeat.</summary>
    public void GiveUp(string nodeId, string reason)
    {
        lock (gate)
            if (detector.Find(nodeId) is { } worker) detector.GiveUp(worker, reason, Now);
    }

    private void Tick()
    {
        while (!stopped.Wait(FailureDetector.TickPeriod))
        {
            TimeSpan? standstill;
            lock (gate) standstill = detector.Tick(Now);
            if (standstill is { } stood) LogStandstill(stood.TotalSeconds);
            Judge();
        }
    }

    private void Beat(Line line)
    {
        while (!line.IsOver)
        {
            var sentAt = Now;
            var worker = line.Worker;
            lock (gate) worker.LastRequestAt = sentAt;
            HeartbeatException? problem = null;
            try { line.To.Beat(Timeout); }
            catch (HeartbeatException e) { problem = e; }
            catch (Exception e) // the line is the smallest owner: what was not foreseen must not end the process
            {
                LogUnforeseen(worker.NodeId, e);
                problem = new HeartbeatException(HeartbeatFailure.Other, e.Message, e);
            }
            bool mayMatter;
            lock (gate)
            {
                if (problem is null) detector.Answered(worker, Now);
                else detector.Failed(worker, sentAt, problem.Failure, problem.Message, Now);
                mayMatter = problem is not null || worker.IsLost;
            }
            if (mayMatter) Judge();
            line.Rest(sentAt + (problem?.Failure == HeartbeatFailure.ConnectionRefused ? AfterRefusal : Period) - Now);
        }
        lock (gate) line.Dispose();
    }

    private void Judge()
    {
        lock (telling)
        {
            Verdict verdict;
            string? alert;
            lock (gate)
            {
                if (stopped.IsSet) return;
                verdict = detector.Judge(Now);
                alert = Alert;
                foreach (var (nodeId, line) in lines.Where(l => detector.Find(l.Key) != l.Value.Worker).ToList())
                {
                    line.End();
                    lines.Remove(nodeId);
                }
            }
            if (verdict.FreezeBegins) LogFrozen(alert!);
            if (verdict.FreezeEnds) LogThawed();
            foreach (var (worker, reason) in verdict.Lost) Tell(worker.NodeId, () => observer.HeartbeatsLost(worker.NodeId, reason));
            foreach (var worker in verdict.Back) Tell(worker.NodeId, () => observer.HeartbeatsBack(worker.NodeId));
        }
    }

    /// <summary>Whatever the observer does wrong, heartbeats go on.</summary>
    private void Tell(string nodeId, Action tell)
    {
        try { tell(); }
        catch (Exception e) { LogUntold(nodeId, e); }
    }

    private static string InWords(IReadOnlyList<string> silent) =>
        $"membership is frozen: workers [{string.Join(", ", silent)}] are silent, more than may be lost within 10 s without a refused connection, so this overlord may be the one that is cut off; they stay members, and their tasks theirs";

    /// <summary>Threads end within a heartbeat's time; nothing is told any more.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            stopped.Set(); // not disposed: the clock may be waiting for it
            foreach (var line in lines.Values) line.End();
            lines.Clear();
        }
    }

    /// <summary>A worker's thread, seen from outside. Under the gate, but for <see cref="Rest"/>.</summary>
    private sealed class Line(WatchedWorker worker, HeartbeatLine to) : IDisposable
    {
        private readonly AutoResetEvent nudge = new(false);
        private volatile bool isOver;
        private bool isDisposed;

        public WatchedWorker Worker => worker;
        public HeartbeatLine To => to;
        public bool IsOver => isOver;

        public void Rest(TimeSpan at)
        {
            if (!isOver && at > TimeSpan.Zero) nudge.WaitOne(at);
        }

        public void Nudge()
        {
            if (!isDisposed) nudge.Set();
        }

        public void End()
        {
            isOver = true;
            Nudge();
        }

        public void Dispose()
        {
            isDisposed = true;
            to.Dispose();
            nudge.Dispose();
        }
    }

    [LoggerMessage(240, LogLevel.Warning, "This overlord stood still for {Seconds:0.0} s (collection of garbage, SIGSTOP, no processor): that it heard nothing meanwhile counts against no worker")]
    private partial void LogStandstill(double seconds);

    [LoggerMessage(241, LogLevel.Error, "Alert: {Alert}")]
    private partial void LogFrozen(string alert);

    [LoggerMessage(242, LogLevel.Information, "Membership is not frozen any more: no silent worker is kept")]
    private partial void LogThawed();

    [LoggerMessage(244, LogLevel.Error, "What heartbeats show of worker [{NodeId}] could not be acted on")]
    private partial void LogUntold(string nodeId, Exception problem);

    [LoggerMessage(243, LogLevel.Error, "A heartbeat to worker [{NodeId}] failed in a way that was not foreseen")]
    private partial void LogUnforeseen(string nodeId, Exception problem);
}

/// <summary>Hears what <see cref="Heartbeats"/> conclude, one thing at a time, on their threads.</summary>
internal interface IHeartbeatObserver
{
    void HeartbeatsLost(string nodeId, string reason);

    /// <summary>A worker that was lost answers again.</summary>
    void HeartbeatsBack(string nodeId);
}
