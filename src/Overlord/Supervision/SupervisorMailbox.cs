using System.Diagnostics;
using System.Threading.Channels;
using Ingestion.Access.Http;
using Ingestion.Overlord.Metadata;
using Ingestion.Supervisor;

namespace Ingestion.Overlord.Supervision;

/// <summary>A supervisor's bounded queue of notices and its one reader. It awaits the database and nothing else: no task, Kafka or
/// HTTP call is awaited in here. A failing step is logged, backs off and starts again from the database; it never ends the process.</summary>
internal sealed partial class SupervisorMailbox : IAsyncDisposable
{
    private const int Capacity = 10_000;
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMilliseconds(200), LastBackOff = TimeSpan.FromSeconds(10);

    private readonly Channel<Letter> letters = Channel.CreateBounded<Letter>(new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private readonly SupervisorLoop loop;
    private readonly IWakeUps wakeUps;
    private readonly SupervisorMetrics metrics;
    private readonly ILogger logger;
    private readonly CancellationTokenSource stop = new();
    private readonly Task reading;
    private readonly Action<SupervisorMailbox> onDone;
    private int tickQueued;
    private int disposed;

    /// <param name="onDone">Called once, when the supervisor is terminated and nothing of it is left.</param>
    public SupervisorMailbox(string id, ISupervisorShell shell, IWakeUps wakeUps, SupervisorMetrics metrics, ILogger logger, Action<SupervisorMailbox> onDone)
    {
        (Id, loop, this.wakeUps, this.metrics, this.logger, this.onDone) = (id, new SupervisorLoop(id, shell), wakeUps, metrics, logger, onDone);
        reading = Task.Run(ReadAsync);
    }

    public string Id { get; }
    public SupervisorState? State => loop.State;

    /// <summary>Notices that wait.</summary>
    public int Queued => letters.Reader.Count;

    /// <summary>Why the last step was void; null once one has succeeded.</summary>
    public string? Trouble { get; private set; }

    private bool IsDone => loop.IsAbandoned || loop.State is { IsDone: true };

    /// <summary>Queues a notice. False when the mailbox is full or closed: what is level-triggered comes again.</summary>
    public bool Post(Notice notice)
    {
        if (!loop.IsNews(notice)) return true;
        if (notice is Notice.Tick && Interlocked.Exchange(ref tickQueued, 1) == 1) return true; // equal ticks are one
        return letters.Writer.TryWrite(new Letter(notice, null, null));
    }

    /// <summary>Queues a request and waits until its step is committed.</summary>
    /// <param name="by">Who makes it, for the audit.</param>
    /// <returns>Null: the supervisor has ended meanwhile.</returns>
    /// <exception cref="OperationCanceledException">This overlord no longer leads, or the caller has gone.</exception>
    public async Task<Reply?> AskAsync(Notice notice, CancellationToken cancellation, AuditContext? by = null)
    {
        var reply = new TaskCompletionSource<Reply?>(TaskCreationOptions.RunContinuationsAsynchronously);
        try { await letters.Writer.WriteAsync(new Letter(notice, reply, by), cancellation); }
        catch (ChannelClosedException) { return IsDone ? null : throw new OperationCanceledException("this overlord no longer leads"); }
        return await reply.Task.WaitAsync(cancellation);
    }

    private async Task ReadAsync()
    {
        var backOff = TimeSpan.Zero;
        try
        {
            while (await NextAsync(backOff) is { } letter)
            {
                if (letter.Notice is Notice.Tick) Volatile.Write(ref tickQueued, 0);
                if (await HandleAsync(letter)) backOff = TimeSpan.Zero;
                else backOff = backOff == TimeSpan.Zero ? FirstBackOff : TimeSpan.FromTicks(Math.Min(backOff.Ticks * 2, LastBackOff.Ticks));
                if (!IsDone) continue;
                onDone(this);
                return;
            }
        }
        catch (Exception e) when (stop.IsCancellationRequested && e is OperationCanceledException or ChannelClosedException) { LogStopped(Id); }
        finally
        {
            letters.Writer.TryComplete();
            while (letters.Reader.TryRead(out var left))
            {
                if (IsDone) left.Reply?.TrySetResult(null);
                else left.Reply?.TrySetCanceled();
            }
        }
    }

    /// <summary>The next letter. After a void step it waits: notices that come meanwhile are dropped, since the reload brings what they say, but a request is not
    /// kept waiting. When the wait is over, a tick makes the reload happen.</summary>
    private async Task<Letter?> NextAsync(TimeSpan backOff)
    {
        if (backOff == TimeSpan.Zero) return await letters.Reader.ReadAsync(stop.Token);
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        wait.CancelAfter(backOff);
        try
        {
            while (true)
            {
                var letter = await letters.Reader.ReadAsync(wait.Token);
                if (letter.Reply is not null) return letter;
                if (letter.Notice is Notice.Tick) Volatile.Write(ref tickQueued, 0);
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested) { return new Letter(new Notice.Tick(), null, null); }
    }

    private async Task<bool> HandleAsync(Letter letter)
    {
        RequestIds.WorkFor(letter.By?.RequestId); // the step's effects too
        try
        {
            var (before, began) = (loop.State, Stopwatch.GetTimestamp());
            var reply = await loop.HandleAsync(letter.Notice, stop.Token, letter.By);
            metrics.Handled(letter.Notice, before, loop.State, Stopwatch.GetElapsedTime(began));
            Trouble = null;
            if (loop.State is { } state) wakeUps.Schedule(Id, state.WakeAt);
            letter.Reply?.TrySetResult(reply);
            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            letter.Reply?.TrySetCanceled();
            throw;
        }
        catch (Exception e) // the mailbox is the smallest owner of a step: whatever failed, only this supervisor starts again
        {
            Trouble = e.Message;
            LogVoidStep(Id, letter.Notice.GetType().Name, letter.By?.RequestId ?? "none", e);
            letter.Reply?.TrySetException(e);
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0) await stop.CancelAsync();
        letters.Writer.TryComplete();
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private sealed record Letter(Notice Notice, TaskCompletionSource<Reply?>? Reply, AuditContext? By);

    [LoggerMessage(100, LogLevel.Debug, "Supervisor [{Id}]: mailbox closed")]
    private partial void LogStopped(string id);

    [LoggerMessage(101, LogLevel.Error, "Supervisor [{Id}]: the step for notice [{Notice}] (request {RequestId}) is void; starting again from the database")]
    private partial void LogVoidStep(string id, string notice, string requestId, Exception error);
}
