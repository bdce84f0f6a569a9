using System.Collections.Concurrent;
using Ingestion.Overlord.Supervision;
using Quartz;

namespace Ingestion.Overlord.Schedules;

/// <summary>Wake-ups as Quartz triggers: one durable job, one trigger a supervisor.</summary>
internal sealed partial class QuartzWakeUps(ISchedulerFactory schedulers, IHostApplicationLifetime process, ILogger<QuartzWakeUps> logger) : IWakeUps
{
    public static readonly JobKey Job = new("wake-up", "supervisors");
    private readonly ConcurrentDictionary<string, DateTimeOffset> scheduled = new(StringComparer.Ordinal);

    public void Schedule(string supervisorId, DateTimeOffset at)
    {
        if (scheduled.TryGetValue(supervisorId, out var before) && before == at && at > DateTimeOffset.UtcNow) return;
        scheduled[supervisorId] = at;
        _ = RunAsync(scheduler => ReplaceAsync(scheduler, supervisorId, at));
    }

    public void Cancel(string supervisorId)
    {
        scheduled.TryRemove(supervisorId, out _);
        _ = RunAsync(scheduler => scheduler.UnscheduleJob(Key(supervisorId)));
    }

    private static TriggerKey Key(string supervisorId) => new(supervisorId, "supervisors");

    private static async ValueTask<bool> ReplaceAsync(IScheduler scheduler, string supervisorId, DateTimeOffset at)
    {
        var trigger = TriggerBuilder.Create().WithIdentity(Key(supervisorId)).ForJob(Job).StartAt(at).Build();
        if (await scheduler.RescheduleJob(trigger.Key, trigger) is null) await scheduler.ScheduleJob(trigger);
        return true;
    }

    private async Task RunAsync(Func<IScheduler, ValueTask<bool>> change)
    {
        try { await change(await schedulers.GetScheduler()); }
        catch (Exception e) when (e is SchedulerException or ObjectDisposedException && process.ApplicationStopping.IsCancellationRequested) { LogShutDown(); }
        catch (Exception e) when (e is SchedulerException or ObjectDisposedException) { LogFailed(e); } // the periodic run still ticks
    }

    [LoggerMessage(120, LogLevel.Warning, "A wake-up could not be scheduled; the periodic run comes all the same")]
    private partial void LogFailed(Exception error);

    [LoggerMessage(121, LogLevel.Debug, "A wake-up is not scheduled: this process ends")]
    private partial void LogShutDown();
}
