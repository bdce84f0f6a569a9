using System.Net.Sockets;
using System.Text.Json;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Overlord.Discovery;

/// <summary>Follows one worker's state by long polls. Two refused connections in a row, or a long silence, and the worker is lost; a refused
/// connection means that nobody listens, while silence may be our own stall, so it is given more time.</summary>
internal sealed partial class WorkerConnection : IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1), Retry = TimeSpan.FromMilliseconds(250), CallTimeout = TimeSpan.FromSeconds(5), Silence = TimeSpan.FromSeconds(12);
    private const int RefusalsUntilLost = 2;

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
        var lastAnswer = time.GetTimestamp();
        var refusals = 0;
        WorkerState? last = null;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                last = await Client.StateAsync(last, Poll, CallTimeout, stop.Token);
                (lastAnswer, refusals) = (time.GetTimestamp(), 0);
                if (last.NodeId != NodeId)
                {
                    observer.WorkerLost(this, $"worker [{last.NodeId}] answers there now");
                    return;
                }
                observer.WorkerObserved(this, last);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested) { return; }
            catch (Exception e) when (e is HttpRequestException or WorkerRefusedException or JsonException or IOException)
            {
                refusals = e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused } ? refusals + 1 : 0;
                var silence = time.GetElapsedTime(lastAnswer);
                LogNoAnswer(NodeId, Client.Address, silence.TotalSeconds, e.Message);
                if (refusals >= RefusalsUntilLost || silence > Silence)
                {
                    observer.WorkerLost(this, refusals >= RefusalsUntilLost ? "connection refused" : $"silent for {silence.TotalSeconds:0} s: {e.Message}");
                    return;
                }
                await Task.Delay(Retry, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e) // the connection is the smallest owner: a worker that cannot be followed is lost, not forgotten
            {
                observer.WorkerLost(this, $"{e.GetType().Name}: {e.Message}");
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

    /// <summary>The connection has ended; the worker may announce itself again.</summary>
    void WorkerLost(WorkerConnection worker, string reason);
}
