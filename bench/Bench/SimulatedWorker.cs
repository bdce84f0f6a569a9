using System.Net.Http.Json;
using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Hosting;

namespace Ingestion.Bench;

/// <summary>A worker that answers an overlord over HTTP as a real one does, with tasks that have caught up and read on for ever. For benches of the overlord alone.</summary>
internal sealed class SimulatedWorker : IAsyncDisposable
{
    private const string RowStats = """{"movingAverages":{"buildSegments":{}},"totals":{"buildSegments":{"processed":0,"processedBytes":0,"processedWithError":0,"thrownAway":0,"unparseable":0}}}""";
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);
    private readonly string nodeId;
    private readonly string bootId = Guid.NewGuid().ToString();
    private readonly int capacity;
    private readonly WebApplication web;
    private readonly HttpClient http = new();
    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();
    private readonly Dictionary<string, TaskReport> tasks = [];
    private readonly ReportJournal journal = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long counter;
    private Task announcing = Task.CompletedTask;

    private SimulatedWorker(string nodeId, int capacity)
    {
        (this.nodeId, this.capacity) = (nodeId, capacity);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        web = builder.Build();
        web.MapMethods("/{**anything}", [HttpMethods.Head], () => Results.Ok()); // heartbeats
        web.MapGet("/druid-internal/v1/worker/tasks", StateAsync);
        web.MapPost("/druid-internal/v1/worker/assignTask", AssignAsync);
        web.MapGet("/druid/worker/v1/chat/{taskId}/rowStats", () => Results.Text(RowStats, "application/json"));
        web.MapPost("/druid/worker/v1/task/{taskId}/shutdown", (string taskId) => Change(() => tasks.Remove(taskId)));
    }

    /// <summary>Told the id of each task that it is given.</summary>
    public Action<string>? Assigned { get; set; }

    /// <summary>Those that run.</summary>
    public IReadOnlyList<string> Tasks
    {
        get { lock (gate) return [.. tasks.Values.Where(t => t.Outcome == TaskOutcome.Running).Select(t => t.Id)]; }
    }

    /// <summary>The task ends as one that has failed, which the overlord hears of at once.</summary>
    public void Fail(string taskId) => Change(() =>
    {
        if (tasks.TryGetValue(taskId, out var task)) tasks[taskId] = task with { Outcome = TaskOutcome.Failed, Duration = 1, ErrorMsg = "it was told to fail" };
    });

    public static async Task<SimulatedWorker> StartAsync(string nodeId, int capacity, Uri overlord)
    {
        var worker = new SimulatedWorker(nodeId, capacity);
        await worker.web.StartAsync();
        worker.announcing = worker.AnnounceAsync(overlord);
        return worker;
    }

    private async Task AnnounceAsync(Uri overlord)
    {
        var service = new AnnouncedService
        {
            Id = bootId, Type = AnnouncedService.WorkerType,
            Properties = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["http"] = web.Urls.First(), ["capacity"] = $"{capacity}" },
        };
        var announcement = new Announcement { Environment = "production", NodeId = nodeId, Location = $"/{nodeId}", Services = [service] };
        using var timer = new PeriodicTimer(Period);
        var known = true;
        try
        {
            do
            {
                try
                {
                    (await http.PutAsJsonAsync(new Uri(overlord, $"/v1/announcement/{nodeId}"), announcement, ContractsJson.Default.Announcement, stop.Token)).Dispose();
                    known = true;
                }
                catch (HttpRequestException e) // the overlord is being restarted
                {
                    if (known) BenchWorld.Progress($"worker {nodeId} cannot announce itself: {e.Message}");
                    known = false;
                }
            }
            while (await timer.WaitForNextTickAsync(stop.Token));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested) { return; }
    }

    private async Task StateAsync(HttpContext context, long? after, int? timeoutMillis, string? boot, long? since)
    {
        Task news;
        lock (gate) news = counter > (after ?? -1) ? Task.CompletedTask : changed.Task;
        await news.WaitAsync(TimeSpan.FromMilliseconds(timeoutMillis ?? 0), context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        WorkerState state;
        lock (gate)
        {
            journal.Note(tasks.Values);
            var (known, reports, gone) = journal.After(boot == bootId ? since : null);
            state = new WorkerState { NodeId = nodeId, BootId = bootId, Counter = counter, Capacity = capacity, Revision = journal.Revision, Since = known, Tasks = reports, Gone = gone };
        }
        await context.Response.WriteAsJsonAsync(state, ContractsJson.Default.WorkerState);
    }

    private async Task AssignAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var task = IndexTaskPayload.FromJson(body.ToArray());
        Assigned?.Invoke(task.Id);
        Change(() => tasks[task.Id] = new TaskReport
        {
            Id = task.Id, Outcome = TaskOutcome.Running, Phase = TaskPhase.Reading, StartTime = DateTimeOffset.UtcNow,
            CurrentOffsets = task.IoConfig.StartSequenceNumbers.Offsets, EndOffsets = task.IoConfig.EndSequenceNumbers.Offsets, Checkpoints = task.StartCheckpoints(),
        });
    }

    private void Change(Action change)
    {
        TaskCompletionSource before;
        lock (gate)
        {
            counter++;
            change();
            (before, changed) = (changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        before.SetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await announcing;
        await web.DisposeAsync();
        http.Dispose();
        stop.Dispose();
    }
}
