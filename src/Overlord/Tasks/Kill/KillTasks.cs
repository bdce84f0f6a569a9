using System.Collections.Concurrent;
using System.Text.Json;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Npgsql;
using Record = Ingestion.Supervisor.Record;

namespace Ingestion.Overlord.Tasks.Kill;

/// <summary>
/// Runs <c>kill</c> tasks in the leading overlord, a few at a time, in the order in which they were posted. What there is to do stands in the tasks table: a new leader goes on with the active
/// ones. As with Druid's, rows go before files, so that no row ever points at nothing; when the leader dies in between, the files of one batch are left behind.
/// </summary>
internal sealed partial class KillTasks(KillRows rows, RecordCommitter records, ISegmentFiles files, ITaskArchive archive, TimeProvider time, ILogger<KillTasks> logger)
{
    private const int AtOnce = 2, FilesAtOnce = 8, Attempts = 3, MostKept = 100;
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<string, KillProgress> known = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> ended = new();
    private volatile Term? term;

    /// <summary>False: deep storage is not known here.</summary>
    public bool CanRun => files.IsConfigured;

    /// <summary>Of one that runs, or ended here a while ago.</summary>
    public KillProgress? Find(string taskId) => known.GetValueOrDefault(taskId);

    /// <summary>Takes up the active ones.</summary>
    public async Task StartAsync(long epoch, CancellationToken cancellation)
    {
        var beginning = new Term(epoch, new CancellationTokenSource(), new SemaphoreSlim(0));
        foreach (var (id, payload) in await rows.ActiveAsync(cancellation))
        {
            if (Read(payload) is { } task) beginning.Waiting.Enqueue(task);
            else await records.CommitAsync(epoch, [new Record.FinishTask(IndexTaskStatus.Failed(id, -1, TaskLocation.Unknown, "its payload is not that of a kill task"))], stop: cancellation);
        }
        term = beginning;
        beginning.Running = Task.Run(() => RunAsync(beginning), CancellationToken.None);
    }

    /// <summary>Lets go of all; what is active stays so.</summary>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref term, null) is not { } ending) return;
        await ending.Stop.CancelAsync();
        await ending.Running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Not cut short by a caller who goes away: what is stored must also be begun.</summary>
    /// <param name="by">Who asks for it, for the audit.</param>
    /// <returns>False: there is a task of this id.</returns>
    /// <exception cref="FencedException">This overlord no longer leads.</exception>
    public async Task<bool> PostAsync(long epoch, KillTask task, AuditContext by)
    {
        if (!await rows.InsertAsync(epoch, task, by, CancellationToken.None)) return false;
        if (term is not { } current || current.Epoch != epoch) return true; // the next leader finds it
        current.Waiting.Enqueue(task);
        current.Bell.Release();
        return true;
    }

    private async Task RunAsync(Term of)
    {
        var under = new HashSet<Task>();
        var patience = new List<KillTask>();
        while (!of.Stop.IsCancellationRequested)
        {
            while (of.Waiting.TryDequeue(out var task)) patience.Add(task);
            under.RemoveWhere(t => t.IsCompleted);
            foreach (var task in patience.ToList())
            {
                if (under.Count >= AtOnce) break;
                if (await TryBeginAsync(of, task) is not { } begins) continue;
                patience.Remove(task);
                if (begins) under.Add(ExecuteAsync(of, task));
            }
            Task<bool> bell = of.Bell.WaitAsync(patience.Count > 0 || under.Count > 0 ? Retry : Timeout.InfiniteTimeSpan, of.Stop.Token);
            await ((Task)bell).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await Task.WhenAll(under);
    }

    /// <returns>Null: it must wait. False: it has been stopped.</returns>
    private async Task<bool?> TryBeginAsync(Term of, KillTask task)
    {
        try { return await rows.TryLockAsync(of.Epoch, task, of.Stop.Token) switch { null => false, true => true, false => null }; }
        catch (Exception e) // the others must not wait for what is wrong with this one
        {
            LogWaits(task.Id, e.Message);
            return null;
        }
    }

    /// <summary>The smallest owner of whatever fails in it: the task has failed, and nothing else.</summary>
    private async Task ExecuteAsync(Term of, KillTask task)
    {
        var progress = known.GetOrAdd(task.Id, id => new KillProgress(id, time));
        progress.Note($"Begins to kill unused segments of [{task.DataSource}] in [{task.Interval}], in batches of [{task.BatchSize}]{(task.Limit is { } limit ? $", at most [{limit}]" : "")}.");
        try
        {
            if (await KillAsync(of, task, progress) is { } status) await FinishAsync(of, status, progress);
            else LogStopped(task.Id);
        }
        catch (Exception e) when (IsPassing(e))
        {
            LogWaits(task.Id, e.Message);
            of.Waiting.Enqueue(task); // the loop looks again in a second, if this overlord still leads
        }
        catch (Exception e)
        {
            LogFailed(task.Id, e);
            await TryFinishAsync(of, task, progress, e.Message);
        }
    }

    /// <returns>Null: the task was stopped, or lost its lock and waits for it anew.</returns>
    private async Task<IndexTaskStatus?> KillAsync(Term of, KillTask task, KillProgress progress)
    {
        var used = await rows.UsedFilesAsync(task, of.Stop.Token);
        var mostBatches = task.Limit is { } limit ? (limit + task.BatchSize - 1) / task.BatchSize : int.MaxValue;
        while (progress.Batches < mostBatches)
        {
            var most = task.Limit is { } all ? Math.Min(all - progress.Killed, task.BatchSize) : task.BatchSize;
            if (most <= 0) break;
            if (await rows.DeleteAsync(of.Epoch, task, most, used, files.Objection, of.Stop.Token) is not { } batch)
            {
                of.Waiting.Enqueue(task); // dropped there, if it was stopped
                return null;
            }
            await Parallel.ForEachAsync(batch.Files.Where(f => f.LoadSpec is not null), new ParallelOptions { MaxDegreeOfParallelism = FilesAtOnce, CancellationToken = of.Stop.Token }, (segment, stop) => RemoveAsync(segment, stop));
            progress.Add(batch);
            if (batch.Rows == 0) break;
        }
        return IndexTaskStatus.Success(task.Id, progress.Millis, TaskLocation.Unknown);
    }

    private async ValueTask RemoveAsync(UnusedSegment segment, CancellationToken stop)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await files.RemoveAsync(segment.LoadSpec!.Value, stop);
                return;
            }
            catch (IOException e) when (attempt < Attempts)
            {
                LogFileStays(segment.Id, e.Message);
                await Task.Delay(Retry, time, stop);
            }
            catch (IOException e) { throw new KillFailedException($"Segment[{segment.Id}] is no longer in the metadata database, but its files are left at {segment.LoadSpec!.Value.GetRawText()}: {e.Message}"); }
        }
    }

    private async Task TryFinishAsync(Term of, KillTask task, KillProgress progress, string error)
    {
        try { await FinishAsync(of, IndexTaskStatus.Failed(task.Id, progress.Millis, TaskLocation.Unknown, error), progress); }
        catch (Exception e) { LogWaits(task.Id, e.Message); } // its row stays active: the next leader tries again
    }

    private async Task FinishAsync(Term of, IndexTaskStatus status, KillProgress progress)
    {
        progress.Note(status.Outcome == TaskOutcome.Success ? $"Has ended: [{progress.Killed}] segments killed in [{progress.Batches}] batches." : $"Has failed: {status.ErrorMsg}");
        try { await archive.KeepAsync(status.Id, progress.Log, progress.Report(), of.Stop.Token); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { LogNotKept(status.Id, e.Message); }
        await records.CommitAsync(of.Epoch, [new Record.FinishTask(status)], stop: of.Stop.Token);
        ended.Enqueue(status.Id);
        while (ended.Count > MostKept && ended.TryDequeue(out var oldest)) known.TryRemove(oldest, out _);
        LogEnded(status.Id, status.Outcome, progress.Killed, progress.Batches);
    }

    /// <summary>The database is away, or another leads: nothing is wrong with the task.</summary>
    private static bool IsPassing(Exception e) => e is NpgsqlException { IsTransient: true } or FencedException or OperationCanceledException or TimeoutException;

    private KillTask? Read(string payload)
    {
        using var document = JsonDocument.Parse(payload);
        return KillTask.Read(document.RootElement, time.GetUtcNow(), () => "", new List<SpecProblem>());
    }

    private sealed record Term(long Epoch, CancellationTokenSource Stop, SemaphoreSlim Bell)
    {
        public ConcurrentQueue<KillTask> Waiting { get; } = new();
        public Task Running { get; set; } = Task.CompletedTask;
    }

    [LoggerMessage(2150, LogLevel.Information, "Kill task [{TaskId}] has ended with {Outcome}: {Killed} segments in {Batches} batches")]
    private partial void LogEnded(string taskId, TaskOutcome outcome, int killed, int batches);

    [LoggerMessage(2151, LogLevel.Information, "Kill task [{TaskId}] was stopped, or waits for its lock anew")]
    private partial void LogStopped(string taskId);

    [LoggerMessage(2152, LogLevel.Warning, "Kill task [{TaskId}] goes on later: {Reason}")]
    private partial void LogWaits(string taskId, string reason);

    [LoggerMessage(2153, LogLevel.Error, "Kill task [{TaskId}] has failed")]
    private partial void LogFailed(string taskId, Exception error);

    [LoggerMessage(2154, LogLevel.Warning, "Segment [{SegmentId}] is not yet removed from deep storage: {Reason}")]
    private partial void LogFileStays(string segmentId, string reason);

    [LoggerMessage(2155, LogLevel.Warning, "Log and report of kill task [{TaskId}] are not kept: {Reason}")]
    private partial void LogNotKept(string taskId, string reason);
}
