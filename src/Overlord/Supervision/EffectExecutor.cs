using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using Confluent.Kafka;
using Ingestion.Access.Http;
using Ingestion.Contracts.Stream;
using Ingestion.Overlord.Discovery;
using Ingestion.Overlord.Stream;
using Ingestion.Overlord.Tasks;
using Ingestion.Supervisor;

namespace Ingestion.Overlord.Supervision;

/// <summary>Carries out effects and posts their outcomes as notices. Nobody waits for it: a supervisor that misses an outcome plans again.</summary>
internal sealed partial class EffectExecutor(TaskRunner tasks, StreamObserver stream, Action<string, Notice> post, ILogger<EffectExecutor> logger, CancellationToken stop)
{
    /// <summary>Time allowed to a call to a task; the core's own rounds give up sooner or later than this and try again.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    private readonly Lanes lanes = new();

    public void Dispatch(string supervisorId, ImmutableArray<Effect> effects)
    {
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case Effect.StartTask start: tasks.Start(start.Payload); break;
                case Effect.StopTask end: tasks.Stop(end.TaskId, end.Reason); break;
                case Effect.ObserveStream observe: _ = GuardAsync(supervisorId, () => ObserveAsync(supervisorId, observe)); break;
                case Effect.PauseTask pause: InLane(supervisorId, pause.TaskId, () => PauseAsync(supervisorId, pause)); break;
                case Effect.ResumeTask resume: InLane(supervisorId, resume.TaskId, () => ResumeAsync(resume)); break;
                case Effect.HoldTask hold: InLane(supervisorId, hold.TaskId, () => HoldAsync(hold)); break;
                case Effect.SetEndOffsets set: InLane(supervisorId, set.TaskId, () => SetEndOffsetsAsync(supervisorId, set)); break;
                default: throw new InvalidOperationException($"no way to carry out {effect.GetType().Name}");
            }
        }
    }

    /// <summary>Effects for one task in their order: a resume that came late would end the next round's pause.</summary>
    private void InLane(string supervisorId, string taskId, Func<Task> effect) => lanes.Run(taskId, () => GuardAsync(supervisorId, effect));

    /// <summary>An effect is the smallest owner of an error that nobody foresaw; its outcome stays out, and the core plans again.</summary>
    private async Task GuardAsync(string supervisorId, Func<Task> effect)
    {
        RequestIds.WorkFor(RequestIds.Current ?? RequestIds.New());
        try { await effect(); }
        catch (Exception e) { LogEffectFailed(supervisorId, e); }
    }

    private async Task ObserveAsync(string supervisorId, Effect.ObserveStream effect)
    {
        try
        {
            var (partitions, asOf) = await stream.ObserveAsync(effect.Stream, effect.ConsumerProperties, effect.MaxAge, stop);
            post(supervisorId, new Notice.StreamObserved(partitions) { Ask = effect.Ask, AsOf = asOf });
        }
        catch (Exception e) when (stop.IsCancellationRequested && e is OperationCanceledException or KafkaException or ObjectDisposedException) { LogAbandoned(supervisorId); }
        catch (Exception e) when (StreamObserver.IsFailure(e))
        {
            LogStreamFailed(supervisorId, effect.Stream.Name, e.Message);
            post(supervisorId, new Notice.StreamFailed(e.GetType().FullName!, e.Message));
        }
    }

    private async Task PauseAsync(string supervisorId, Effect.PauseTask effect)
    {
        var failure = await CallAsync(effect.TaskId, async worker =>
            post(supervisorId, new Notice.TaskPaused(effect.TaskId, effect.Round, await worker.PauseAsync(effect.TaskId, CallTimeout, stop))));
        if (failure is not null) post(supervisorId, new Notice.PauseFailed(effect.TaskId, effect.Round, failure.Message));
    }

    private async Task ResumeAsync(Effect.ResumeTask effect) => await CallAsync(effect.TaskId, worker => worker.ResumeAsync(effect.TaskId, CallTimeout, stop));

    private async Task HoldAsync(Effect.HoldTask effect) => await CallAsync(effect.TaskId, worker => worker.HoldAsync(effect.TaskId, effect.Lease, CallTimeout, stop));

    private async Task SetEndOffsetsAsync(string supervisorId, Effect.SetEndOffsets effect)
    {
        var failure = await CallAsync(effect.TaskId, async worker =>
        {
            await worker.SetEndOffsetsAsync(effect.TaskId, effect.Offsets, effect.Finish, effect.StaysPaused, CallTimeout, stop);
            post(supervisorId, new Notice.EndOffsetsSet(effect.TaskId, effect.Round));
        });
        if (failure is null) return;
        PartitionOffsets? current = null;
        if (failure is WorkerRefusedException { Status: HttpStatusCode.BadRequest })
            await CallAsync(effect.TaskId, async worker => current = await worker.CurrentOffsetsAsync(effect.TaskId, CallTimeout, stop));
        post(supervisorId, new Notice.EndOffsetsRefused(effect.TaskId, effect.Round, current, failure.Message));
    }

    /// <returns>Null, or why the call did not succeed.</returns>
    private async Task<Exception?> CallAsync(string taskId, Func<WorkerClient, Task> call)
    {
        if (tasks.WorkerOf(taskId) is not { } worker) return new HttpRequestException("the task is on no worker");
        try
        {
            await call(worker.Client);
            return null;
        }
        catch (Exception e) when (e is HttpRequestException or WorkerRefusedException or JsonException or IOException or OperationCanceledException)
        {
            LogCallFailed(taskId, worker.NodeId, RequestIds.Current, e.Message);
            return e;
        }
    }

    [LoggerMessage(140, LogLevel.Warning, "Supervisor [{Id}]: stream [{Stream}] could not be observed: {Error}")]
    private partial void LogStreamFailed(string id, string stream, string error);

    [LoggerMessage(141, LogLevel.Warning, "Task [{TaskId}] on worker [{NodeId}] (request {RequestId}): {Error}")]
    private partial void LogCallFailed(string taskId, string nodeId, string? requestId, string error);

    [LoggerMessage(143, LogLevel.Error, "Supervisor [{Id}]: an effect ended by an error")]
    private partial void LogEffectFailed(string id, Exception error);

    [LoggerMessage(142, LogLevel.Debug, "Supervisor [{Id}]: an effect was abandoned, this overlord no longer leads")]
    private partial void LogAbandoned(string id);
}
