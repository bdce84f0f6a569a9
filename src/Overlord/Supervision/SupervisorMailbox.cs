using System.Threading.Channels;
using Ingestion.Supervisor;

namespace Ingestion.Overlord.Supervision;

/// <summary>A supervisor's bounded queue of notices and its one reader. It awaits the record commit and nothing else: no task, Kafka or
/// HTTP call is awaited in here. A failing step is logged, backs off and starts again from the database; it never ends the process.</summary>
internal sealed partial class SupervisorMailbox : IAsyncDisposable
{
    private const int Capacity = 10_000;
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMilliseconds(200), LastBackOff = TimeSpan.FromSeconds(10);

    private readonly Channel<Letter> letters = Channel.CreateBounded<Letter>(new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private readonly SupervisorLoop loop;
    private readonly IWakeUps wakeUps;
    private readonly ILogger logger;
    private readonly CancellationTokenSource stop = new();
    private readonly Task reading;
    private readonly Action<string> onDone;
    private int tickQueued;

    public SupervisorMailbox(string id, ISupervisorShell shell, IWakeUps wakeUps, ILogger logger, Action<string> onDone)
    {
        (Id, loop, this.wakeUps, this.logger, this.onDone) = (id, new SupervisorLoop(id, shell), wakeUps, logger, onDone);
        reading = Task.Run(ReadAsync);
    }

    public string Id { get; }
    public SupervisorState? State => loop.State;

    /// <summary>Why the last step was void; null once one has succeeded.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Queues a notice. False when the mailbox is full or closed: what is level-triggered comes again.</summary>
    public bool Post(Notice notice)
    {
        if (notice is Notice.Tick && Interlocked.Exchange(ref tickQueued, 1) == 1) return true; // equal ticks are one
        return letters.Writer.TryWrite(new Letter(notice, null));
    }

    /// <summary>Queues a request and waits until its step is committed.</summary>
    public async Task<Reply?> AskAsync(Notice notice, CancellationToken cancellation)
    {
        var reply = new TaskCompletionSource<Reply?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await letters.Writer.WriteAsync(new Letter(notice, reply), cancellation);
        return await reply.Task.WaitAsync(cancellation);
    }

    private async Task ReadAsync()
    {
        var backOff = FirstBackOff;
        try
        {
            await foreach (var letter in letters.Reader.ReadAllAsync(stop.Token))
            {
                if (letter.Notice is Notice.Tick) Volatile.Write(ref tickQueued, 0);
                if (await HandleAsync(letter)) backOff = FirstBackOff;
                else
                {
                    await Task.Delay(backOff, stop.Token);
                    backOff = TimeSpan.FromTicks(Math.Min(backOff.Ticks * 2, LastBackOff.Ticks));
                    Post(new Notice.Tick()); // so that the reload does not wait for the next period
                }
                if (loop.State is { IsDone: true }) { onDone(Id); return; }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested) { LogStopped(Id); }
        finally
        {
            letters.Writer.TryComplete();
            while (letters.Reader.TryRead(out var left)) left.Reply?.TrySetCanceled();
        }
    }

    private async Task<bool> HandleAsync(Letter letter)
    {
        try
        {
            var reply = await loop.HandleAsync(letter.Notice, stop.Token);
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
            LogVoidStep(Id, letter.Notice.GetType().Name, e);
            letter.Reply?.TrySetException(e);
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        letters.Writer.TryComplete();
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        wakeUps.Cancel(Id);
        stop.Dispose();
    }

    private sealed record Letter(Notice Notice, TaskCompletionSource<Reply?>? Reply);

    [LoggerMessage(100, LogLevel.Debug, "Supervisor [{Id}]: mailbox closed")]
    private partial void LogStopped(string id);

    [LoggerMessage(101, LogLevel.Error, "Supervisor [{Id}]: the step for notice [{Notice}] is void; starting again from the database")]
    private partial void LogVoidStep(string id, string notice, Exception error);
}
