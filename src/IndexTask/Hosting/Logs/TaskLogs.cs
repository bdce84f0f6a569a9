using System.Collections.Concurrent;
using System.Text.Json;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Publish;

namespace Ingestion.IndexTask.Hosting.Logs;

/// <summary>
/// Logs and final reports of a worker's tasks. While a task runs its log is in the worker's own folder; when it ends, log and report are pushed to where those of finished ones are
/// and then removed here. What is here at the start is what a worker left behind that was killed, and is pushed likewise. Nothing here ever fails a task.
/// </summary>
internal sealed class TaskLogs(string folder, IFinishedLogs finished, TimeSpan keep, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan SweepEvery = TimeSpan.FromHours(1), LastWait = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<string, TaskLog> running = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Task> pushing = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource stopping = new();
    private ITimer? sweeping;
    private Task sweep = Task.CompletedTask;

    public LogLimits Limits { get; init; } = LogLimits.Default;
    public PushTimes Times { get; init; } = PushTimes.Default;

    /// <summary>Pushes what was left behind, and begins to delete what is older than it is to be kept.</summary>
    public void Start()
    {
        foreach (var taskId in LeftBehind().Where(id => !running.ContainsKey(id))) Push(taskId);
        sweeping = time.CreateTimer(_ => sweep = SweepAsync(), null, TimeSpan.Zero, SweepEvery);
    }

    /// <summary>The log of a task that begins; it has no file until something is written.</summary>
    public TaskLog Open(string taskId) => running[taskId] = new TaskLog(folder, taskId, Limits, time, logger);

    /// <summary>The task is over: nothing more is written to its log. Returns once log and report are on this machine's disk; they are pushed in the background.</summary>
    public void Close(TaskLog log, Action<Utf8JsonWriter> report)
    {
        log.Dispose();
        if (TaskLogFiles.ReportName(log.TaskId) is { } name)
        {
            try { WriteReport(Path.Combine(folder, name), report); }
            catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException) { HostLog.TaskLogFails(logger, log.TaskId, trouble.Message); }
            Push(log.TaskId);
        }
        running.TryRemove(log.TaskId, out _);
    }

    /// <summary>Of a task that runs, or of one that ran on this or another worker that pushes to the same place. Null: there is none.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public async Task<LogContent?> LogAsync(string taskId, CancellationToken cancellation)
    {
        if (running.TryGetValue(taskId, out var log)) return log.Open();
        return TaskLogFiles.LogName(taskId) is null ? null : LogContent.OfParts(folder, taskId) ?? await finished.OpenAsync(taskId, FinishedFile.Log, cancellation);
    }

    /// <summary>Of a task that is over. Null: there is none.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public async Task<LogContent?> ReportAsync(string taskId, CancellationToken cancellation) =>
        TaskLogFiles.ReportName(taskId) is { } name ? LogContent.OfFile(Path.Combine(folder, name)) ?? await finished.OpenAsync(taskId, FinishedFile.Report, cancellation) : null;

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(pushing.Values).WaitAsync(LastWait).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await stopping.CancelAsync();
        await Task.WhenAll(pushing.Values);
        if (sweeping is not null) await sweeping.DisposeAsync();
        await sweep;
        finished.Dispose();
        foreach (var log in running.Values) log.Dispose();
    }

    // Whole or not at all.
    private void WriteReport(string path, Action<Utf8JsonWriter> report)
    {
        Directory.CreateDirectory(folder);
        var unfinished = path + ".part";
        using (var file = File.Create(unfinished))
        using (var writer = new Utf8JsonWriter(file)) report(writer);
        File.Move(unfinished, path, overwrite: true);
    }

    private IReadOnlyList<string> LeftBehind() => !Directory.Exists(folder) ? [] :
        [.. LogParts.Tasks(folder).Concat(Directory.EnumerateFiles(folder, "*" + TaskLogFiles.ReportEnd).Select(f => Path.GetFileName(f)[..^TaskLogFiles.ReportEnd.Length])).Distinct(StringComparer.Ordinal)];

    private void Push(string taskId)
    {
        if (stopping.IsCancellationRequested) return; // the next start
        var push = Task.Run(() => PushAsync(taskId));
        pushing[taskId] = push;
        _ = push.ContinueWith(_ => pushing.TryRemove(KeyValuePair.Create(taskId, push)), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task PushAsync(string taskId)
    {
        var (pause, began, isTold) = (new GrowingPause(Times.FirstPause, Times.LongestPause), time.GetTimestamp(), false);
        try
        {
            for (; ; )
            {
                try
                {
                    await PushOnceAsync(taskId);
                    return;
                }
                catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
                {
                    var isOver = time.GetElapsedTime(began) >= Times.GiveUpAfter;
                    if (isOver) HostLog.TaskLogStays(logger, taskId, folder, trouble.Message);
                    else if (!isTold) HostLog.TaskLogWaits(logger, taskId, finished.Location, trouble.Message);
                    isTold = true;
                    if (isOver) return;
                }
                await pause.WaitAsync(stopping.Token);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested) { HostLog.TaskLogStays(logger, taskId, folder, "the worker stops"); }
    }

    private async Task PushOnceAsync(string taskId)
    {
        var report = TaskLogFiles.ReportName(taskId) ?? throw new IOException($"[{taskId}] is no file's name");
        using (var content = LogContent.OfFile(Path.Combine(folder, report)))
            if (content is not null) await finished.PutAsync(taskId, FinishedFile.Report, content, stopping.Token);
        using (var content = LogContent.OfParts(folder, taskId))
            if (content is not null) await finished.PutAsync(taskId, FinishedFile.Log, content, stopping.Token);
        File.Delete(Path.Combine(folder, report));
        foreach (var (_, path) in LogParts.Of(folder, taskId)) File.Delete(path);
    }

    private async Task SweepAsync()
    {
        try
        {
            if (keep == TimeSpan.MaxValue) return;
            var before = time.GetUtcNow() - keep;
            SweepOwn(before);
            var deleted = await finished.SweepAsync(before, stopping.Token);
            if (deleted > 0) HostLog.TaskLogsSwept(logger, deleted, finished.Location);
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException) { HostLog.CleanUpFails(logger, finished.Location, trouble); }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested) { return; }
    }

    // What could not be pushed.
    private void SweepOwn(DateTimeOffset before)
    {
        if (!Directory.Exists(folder)) return;
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles())
            if (file.LastWriteTimeUtc < before.UtcDateTime && !running.Keys.Any(id => file.Name.StartsWith(id + ".", StringComparison.Ordinal))) file.Delete();
    }
}
