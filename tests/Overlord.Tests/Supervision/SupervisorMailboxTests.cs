using System.Collections.Concurrent;
using System.Collections.Immutable;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Supervision;
using Ingestion.Overlord.Tests.Metadata;
using Ingestion.Supervisor;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Record = Ingestion.Supervisor.Record;

namespace Ingestion.Overlord.Tests.Supervision;

public sealed class SupervisorMailboxTests
{
    [Fact]
    public async Task Requests_are_taken_in_their_order_and_equal_ticks_are_one()
    {
        var world = new HeldWorld();
        await using var mailbox = Mailbox(world);
        mailbox.Post(new Notice.Tick());
        await world.Loading.Task; // the reader is busy with the first tick
        for (var i = 0; i < 100; i++) Assert.True(mailbox.Post(new Notice.Tick()));
        var replies = new Notice[] { new Notice.SuspendRequested(), new Notice.SuspendRequested(), new Notice.ResumeRequested(), new Notice.SuspendRequested() }
            .Select(notice => mailbox.AskAsync(notice, CancellationToken.None)).ToList();
        world.Release.SetResult();

        Assert.Equal([true, false, true, true], (await Task.WhenAll(replies)).Select(r => r is Reply.Accepted));
        Assert.Equal([true, false, true], world.Specs.Select(s => s.Spec.Suspended));
        // The tick under way, one for the hundred, and the requests.
        Assert.Equal(2 + 4, world.Steps);
    }

    [Fact]
    public async Task Of_many_that_ask_at_once_each_gets_its_own_answer_one_step_after_the_other()
    {
        var world = new HeldWorld();
        world.Release.SetResult();
        await using var mailbox = Mailbox(world);
        var replies = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => mailbox.AskAsync(new Notice.SuspendRequested(), CancellationToken.None))));
        Assert.Single(replies.OfType<Reply.Accepted>());
        Assert.Equal(199, replies.OfType<Reply.Refused>().Count(r => r.Message == "[wiki] is already suspended"));
        Assert.Equal(200, world.Steps);
    }

    [Fact]
    public async Task Mailbox_that_is_closed_cancels_who_waits()
    {
        var world = new HeldWorld();
        var mailbox = Mailbox(world);
        var reply = mailbox.AskAsync(new Notice.SuspendRequested(), CancellationToken.None);
        await world.Loading.Task;
        await mailbox.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reply);
        Assert.False(mailbox.Post(new Notice.SuspendRequested()));
    }

    [Fact]
    public async Task Step_that_fails_is_logged_with_the_request_that_it_was_for()
    {
        var (world, log) = (new HeldWorld(), new Lines());
        world.Release.SetException(new IOException("the database is away"));
        await using var mailbox = new SupervisorMailbox("wiki", world, world, Metrics, log, _ => { });
        await Assert.ThrowsAsync<IOException>(() => mailbox.AskAsync(new Notice.SuspendRequested(), CancellationToken.None, new AuditContext { RequestId = "suspend-1" }));
        Assert.Equal("Supervisor [wiki]: the step for notice [SuspendRequested] (request suspend-1) is void; starting again from the database", log.Written.First());
    }

    private static readonly SupervisorMetrics Metrics = new();

    private static SupervisorMailbox Mailbox(HeldWorld world) => new("wiki", world, world, Metrics, NullLogger.Instance, _ => { });

    private sealed class Lines : ILogger
    {
        public ConcurrentQueue<string> Written { get; } = [];
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
        public bool IsEnabled(LogLevel logLevel) => true;
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Written.Enqueue(formatter(state, exception));
    }

    /// <summary>Holds up the first load until it is released. Each step sets the timer once.</summary>
    private sealed class HeldWorld : ISupervisorShell, IWakeUps
    {
        private int steps;

        public TaskCompletionSource Loading { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public TaskCompletionSource Release { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public ConcurrentQueue<Record.AppendSpec> Specs { get; } = [];
        public int Steps => steps;
        public DateTimeOffset Now => MetadataWorld.Noon;

        public async Task<Notice.Acquired?> LoadAsync(string supervisorId, CancellationToken cancellation)
        {
            Loading.TrySetResult();
            await Release.Task.WaitAsync(cancellation);
            return new Notice.Acquired(MetadataWorld.Spec(supervisorId), null, [], false);
        }

        public Task CommitAsync(string supervisorId, ImmutableArray<Record> records, CancellationToken cancellation)
        {
            foreach (var spec in records.OfType<Record.AppendSpec>()) Specs.Enqueue(spec);
            return Task.CompletedTask;
        }

        public void Dispatch(string supervisorId, ImmutableArray<Effect> effects) { }
        public void Schedule(string supervisorId, DateTimeOffset at) => Interlocked.Increment(ref steps);
        public void Cancel(string supervisorId) { }
    }
}
