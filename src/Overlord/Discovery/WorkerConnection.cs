using System.Text.Json;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Overlord.Discovery;

/// <summary>Follows one worker's state by long polls. Whether a worker is lost is for heartbeats to say: a poll that is not answered is told, and tried again. A worker that answers, and not as it
/// should, is given up here, since heartbeats do not see that.</summary>
internal sealed partial class WorkerConnection : IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1), Retry = TimeSpan.FromMilliseconds(250), CallTimeout = TimeSpan.FromSeconds(5), LongestNonsense = TimeSpan.FromSeconds(12);
    private const int NonsenseMost = 10;

    private readonly IWorkerObserver observer;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly CancellationTokenSource stop = new();
    private readonly Task following;

    public WorkerConnection(string nodeId, WorkerClient client, IWorkerObserver observer, TimeProvider time, ILogger logger)
    {
        (NodeId, Client, this.observer, this.time, this.logger) = (nodeId, client, observer, time, logger);
        following = Task.Run(FollowAsync);
    }

    public string NodeId { get; }
    public WorkerClient Client { get; }

    private async Task FollowAsync()
    {
        var (lastAnswer, nonsense) = (time.GetTimestamp(), 0);
        WorkerState? last = null;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                last = await Client.StateAsync(last, Poll, CallTimeout, stop.Token);
                (lastAnswer, nonsense) = (time.GetTimestamp(), 0);
                if (last.NodeId != NodeId)
                {
                    observer.WorkerLost(this, $"worker [{last.NodeId}] answers there now", isAnother: true);
                    return;
                }
                observer.WorkerObserved(this, last);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested) { return; }
            catch (Exception e) when (e is HttpRequestException or WorkerRefusedException or JsonException or IOException)
            {
                var silence = time.GetElapsedTime(lastAnswer);
                LogNoAnswer(NodeId, Client.Address, silence.TotalSeconds, e.Message);
                nonsense = e is WorkerRefusedException or JsonException ? nonsense + 1 : 0;
                if (nonsense >= NonsenseMost && silence > LongestNonsense)
                {
                    observer.WorkerLost(this, $"it answers, but has not told its state for {silence.TotalSeconds:0} s: {e.Message}", isAnother: false);
                    return;
                }
                if (nonsense == 0) observer.WorkerUnanswered(this);
                await Task.Delay(Retry, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e) // the connection is the smallest owner: a worker that cannot be followed is lost, not forgotten
            {
                observer.WorkerLost(this, $"{e.GetType().Name}: {e.Message}", isAnother: false);
                return;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }

    [LoggerMessage(200, LogLevel.Warning, "Worker [{NodeId}] at {Address} has not answered for {Seconds:0.0} s: {Error}")]
    private partial void LogNoAnswer(string nodeId, Uri address, double seconds, string error);
}

/// <summary>Hears what a <see cref="WorkerConnection"/> sees.</summary>
internal interface IWorkerObserver
{
    /// <param name="answer">Builds on all answers before it.</param>
    void WorkerObserved(WorkerConnection worker, WorkerState answer);

    /// <summary>A poll had no answer; the next one follows.</summary>
    void WorkerUnanswered(WorkerConnection worker);

    /// <summary>The connection has ended.</summary>
    /// <param name="isAnother">Another worker has its address now; this one may announce itself again elsewhere. False: it answers, and not as a worker does.</param>
    void WorkerLost(WorkerConnection worker, string reason, bool isAnother);
}
