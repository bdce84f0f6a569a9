using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Discovery;
using Ingestion.Overlord.Discovery.Health;
using Ingestion.Overlord.Tasks;
using Ingestion.Overlord.Tests.Discovery.Health;
using Ingestion.Overlord.Tests.Metadata;
using Ingestion.Supervisor;
using Ingestion.Support;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Ingestion.Overlord.Tests.Tasks;

public sealed class TaskRunnerTests : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);
    private readonly ConcurrentDictionary<string, AnsweringWorker> workers = new();
    private readonly BlockingCollection<Notice> notices = [];
    private readonly RecordedLog log = new();
    private readonly TaskRunner runner;

    public TaskRunnerTests() =>
        runner = new TaskRunner(a => new WorkerClient(new HttpClient(workers[a.NodeId]), a.Http, epoch: 1, "cluster"), address => new HeartbeatLine(address, tls: null), (_, notice) => notices.Add(notice), TimeProvider.System, new Logger<TaskRunner>(log));

    [Fact]
    public void What_the_database_no_longer_calls_active_is_forgotten_and_what_was_never_started_is()
    {
        var (over, stays, begun) = (MetadataWorld.Payload("over"), MetadataWorld.Payload("stays"), MetadataWorld.Payload("begun"));
        var other = MetadataWorld.Payload("other") with { SupervisorId = "another" };
        foreach (var task in new[] { over, stays, other }) runner.Start(task);

        runner.Align(over.Supervisor, [stays, begun]);

        Assert.Equal([false, true, true, true], new[] { over, stays, begun, other }.Select(t => runner.Find(t.Id) is not null));
    }

    [Fact]
    public void Worker_at_whose_address_another_one_answers_is_lost()
    {
        var first = Announce("first");
        runner.Start(MetadataWorld.Payload("t1"));
        Assert.Equal("t1", Take<Notice.TaskObserved>().Report.Id);

        first.NodeId = "second";

        Assert.Contains("worker [second] answers there now", Take<Notice.TaskLost>().Reason, StringComparison.Ordinal);
        Assert.Empty(runner.Workers());
    }

    [Fact]
    public void Worker_of_another_cluster_is_let_go_of_and_told_nothing_and_logged_once_per_change()
    {
        var worker = workers["foreign"] = new AnsweringWorker("foreign") { Cluster = "another" };
        worker.Run("theirs");
        runner.Restore([]);
        var address = new WorkerAddress("foreign", worker.Port.Address);
        for (var times = 0; times < 3; times++) AnnounceInVain();
        Assert.Equal((0, 0), (worker.Offers, notices.Count));

        worker.Cluster = "cluster";
        runner.WorkerAnnounced(address);
        Assert.True(SpinWait.SpinUntil(() => runner.Workers() is [{ Capacity: 1 }], Bound));
        worker.Cluster = "another";
        Assert.True(SpinWait.SpinUntil(() => runner.Workers().Count == 0, Bound));
        for (var times = 0; times < 3; times++) AnnounceInVain();
        worker.Cluster = "third";
        AnnounceInVain();
        string[] expected = ["has announced itself", LeftAlone("another"), "serves this overlord's cluster [cluster] now", LeftAlone("another"), LeftAlone("third")];
        Assert.True(SpinWait.SpinUntil(() => Logged().Length >= expected.Length, Bound)); // the last line comes after the worker is let go of
        Assert.Equal(expected.Select(e => $"Worker [foreign] at {address.Http} {e}"), Logged());

        void AnnounceInVain()
        {
            runner.WorkerAnnounced(address);
            Assert.True(SpinWait.SpinUntil(() => runner.Workers().Count == 0, Bound));
        }

        string LeftAlone(string cluster) => $"is left alone: it serves cluster [{cluster}], this overlord cluster [cluster]";
        string[] Logged() => [.. log.Lines.Where(l => l.StartsWith("Worker [foreign] at ", StringComparison.Ordinal))];
    }

    [Fact]
    public void Worker_whose_announcement_has_run_out_stays_and_gets_no_new_tasks_until_it_announces_itself_again()
    {
        runner.Restore([]);
        var worker = Announce("first");
        Assert.True(SpinWait.SpinUntil(() => runner.Workers() is [{ Capacity: 1 }], Bound));
        runner.Sweep([new AbsentWorker("first", $"{worker.Port.Address}", "announcement expired, last PUT 40 s ago from 10.0.0.7")]);
        runner.Start(MetadataWorld.Payload("t1"));
        Assert.Equal($"worker [first] at {worker.Port.Address}: announcement expired, last PUT 40 s ago from 10.0.0.7", runner.Find("t1")!.WaitingFor);

        var polls = worker.Polls;
        Assert.True(SpinWait.SpinUntil(() => worker.Polls > polls + 2, Bound)); // its answers change nothing
        runner.Sweep([]); // it went so long ago that nobody remembers
        Assert.Equal((0, "announcement expired, last PUT 40 s ago from 10.0.0.7"), (worker.Offers, runner.Workers().Single().NotPlaceable));

        runner.WorkerAnnounced(new WorkerAddress("first", worker.Port.Address));
        Assert.Equal("t1", Take<Notice.TaskObserved>().Report.Id);
    }

    [Fact]
    public async Task Task_that_every_worker_refuses_is_offered_to_each_once_a_second_and_not_all_the_time()
    {
        foreach (var name in new[] { "first", "second" }) Announce(name).Refuses = true;
        Assert.True(SpinWait.SpinUntil(() => runner.Workers().Count(w => w.Capacity > 0) == 2, Bound));
        var clock = Stopwatch.StartNew();
        runner.Start(MetadataWorld.Payload("t1"));
        Assert.True(SpinWait.SpinUntil(() => workers.Values.All(w => w.Offers > 0), Bound));

        var polls = workers["first"].Polls;
        while (workers["first"].Polls < polls + 20) await workers["first"].ChangeAsync(); // each answer is an occasion to offer it again
        Assert.InRange(workers.Values.Sum(w => w.Offers), 2, 2 + 2 * (int)clock.Elapsed.TotalSeconds);
        Assert.Contains("has no appetite", runner.Find("t1")!.WaitingFor, StringComparison.Ordinal);
    }

    [Fact]
    public void Tasks_of_a_worker_that_was_cut_off_are_lost_and_what_was_replaced_is_stopped_when_it_is_back()
    {
        runner.Restore([]);
        var worker = Announce("first");
        runner.Start(MetadataWorld.Payload("t1"));
        Assert.Equal("t1", Take<Notice.TaskObserved>().Report.Id);

        worker.IsCutOff = true;
        var lost = Take<Notice.TaskLost>();
        Assert.Equal("t1", lost.TaskId);
        Assert.Contains("silent for", lost.Reason, StringComparison.Ordinal);
        runner.Stop("t1", "it was lost"); // what its supervisor says when it has replaced it
        runner.Sweep([]);
        runner.Start(MetadataWorld.Payload("t2"));
        Assert.Contains("worker [first] at", runner.Find("t2")!.WaitingFor, StringComparison.Ordinal);
        Assert.Contains("failing heartbeats, ratio", runner.Find("t2")!.WaitingFor, StringComparison.Ordinal);

        worker.IsCutOff = false;
        Assert.True(SpinWait.SpinUntil(() => worker.Stopped.Contains("t1"), Bound));
    }

    [Fact]
    public void Worker_that_answers_nothing_but_heartbeats_keeps_its_tasks_for_a_while()
    {
        var worker = Announce("first");
        runner.Start(MetadataWorld.Payload("t1"));
        Assert.Equal("t1", Take<Notice.TaskObserved>().Report.Id);
        worker.Errs = true;
        Assert.True(SpinWait.SpinUntil(() => worker.Polls > 20, Bound)); // each fails, a quarter of a second after the other
        Assert.Single(runner.Workers());
    }

    private AnsweringWorker Announce(string name)
    {
        var worker = workers[name] = new AnsweringWorker(name);
        runner.WorkerAnnounced(new WorkerAddress(name, worker.Port.Address));
        return worker;
    }

    private T Take<T>() where T : Notice
    {
        using var limit = new CancellationTokenSource(Bound);
        while (true)
            if (notices.Take(limit.Token) is T notice) return notice;
    }

    public async ValueTask DisposeAsync()
    {
        await runner.DisposeAsync();
        foreach (var worker in workers.Values) worker.Port.Dispose();
        notices.Dispose();
    }

    /// <summary>A worker behind an HTTP client: it takes what it is given, or refuses it.</summary>
    private sealed class AnsweringWorker(string nodeId) : HttpMessageHandler
    {
        private readonly List<TaskReport> reports = [];
        private readonly SemaphoreSlim changes = new(0), polled = new(0);
        private int polls, offers;

        public ListeningWorker Port { get; } = new();
        public ConcurrentBag<string> Stopped { get; } = [];
        public bool Errs { get; set; }

        /// <summary>Nothing reaches it.</summary>
        public bool IsCutOff { get => Port.IsSilent; set => Port.IsSilent = value; }

        public string NodeId { get; set; } = nodeId;
        public bool Refuses { get; set; }
        public string? Cluster { get; set; }
        public int Polls => Volatile.Read(ref polls);
        public int Offers => Volatile.Read(ref offers);

        /// <summary>Has a poll answered at once, and waits for another.</summary>
        public Task ChangeAsync()
        {
            changes.Release();
            return polled.WaitAsync(TimeSpan.FromSeconds(10));
        }

        public void Run(string taskId)
        {
            lock (reports) reports.Add(new TaskReport { Id = taskId, Outcome = TaskOutcome.Running, Phase = TaskPhase.Reading });
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            while (IsCutOff) await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
            if (Errs)
            {
                Interlocked.Increment(ref polls);
                return new HttpResponseMessage(HttpStatusCode.InternalServerError) { Content = new StringContent("it errs") };
            }
            if (request.RequestUri!.AbsolutePath.EndsWith("/shutdown", StringComparison.Ordinal))
            {
                Stopped.Add(request.RequestUri.Segments[^2].TrimEnd('/'));
                return new HttpResponseMessage(HttpStatusCode.OK);
            }
            if (request.Method == HttpMethod.Get)
            {
                polled.Release();
                if (Interlocked.Increment(ref polls) > 1) await changes.WaitAsync(TimeSpan.FromMilliseconds(100), cancellationToken);
                lock (reports) return Json(new WorkerState { NodeId = NodeId, BootId = "boot", Counter = polls, Capacity = 1, Cluster = Cluster, Tasks = [.. reports] });
            }
            Interlocked.Increment(ref offers);
            if (Refuses) return new HttpResponseMessage(HttpStatusCode.TooManyRequests) { Content = new StringContent("""{"error":"has no appetite"}""") };
            var payload = IndexTaskPayload.FromJson(await request.Content!.ReadAsByteArrayAsync(cancellationToken));
            Run(payload.Id);
            changes.Release();
            return new HttpResponseMessage(HttpStatusCode.OK);
        }

        private static HttpResponseMessage Json(WorkerState state) => new(HttpStatusCode.OK) { Content = JsonContent.Create(state, ContractsJson.Default.WorkerState) };
    }
}
