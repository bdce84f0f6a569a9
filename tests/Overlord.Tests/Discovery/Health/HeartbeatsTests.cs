using System.Collections.Concurrent;
using System.Diagnostics;
using Ingestion.Overlord.Discovery.Health;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.Overlord.Tests.Discovery.Health;

/// <summary>Real threads, sockets and seconds: few, for what the detector's own tests cannot show.</summary>
public sealed class HeartbeatsTests : IHeartbeatObserver, IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private readonly BlockingCollection<string> told = [];
    private readonly Heartbeats heartbeats;

    public HeartbeatsTests() => heartbeats = new Heartbeats(address => new HeartbeatLine(address, tls: null), this, TimeProvider.System, NullLogger.Instance);

    void IHeartbeatObserver.HeartbeatsLost(string nodeId, string reason) => told.Add($"lost {nodeId}: {reason}");
    void IHeartbeatObserver.HeartbeatsBack(string nodeId) => told.Add($"back {nodeId}");

    public void Dispose()
    {
        heartbeats.Dispose();
        told.Dispose();
    }

    [Fact]
    public void Killed_worker_is_lost_within_two_seconds_and_back_when_it_listens_again()
    {
        using var worker = Watched("a");
        using var other = Watched("b");
        var clock = Stopwatch.StartNew();
        worker.Die();
        Assert.Equal("lost a: refused 2 connections in a row", Next());
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        worker.ComeBack();
        Assert.Equal("back a", Next());
        Assert.Equal(0, heartbeats.View().Single(h => h.NodeId == "b").RecentFailures);
    }

    [Fact]
    public void Silent_worker_is_lost_after_two_seconds_while_others_are_heard_and_more_than_a_third_freeze_membership()
    {
        using var worker = Watched("a");
        using var other = Watched("b");
        using var third = Watched("c");
        var clock = Stopwatch.StartNew();
        worker.IsSilent = true;
        Assert.StartsWith("lost a: silent for", Next(), StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(4));
        Assert.Null(heartbeats.Alert);

        other.IsSilent = true;
        Assert.True(SpinWait.SpinUntil(() => heartbeats.Alert is not null, Bound));
        Assert.StartsWith("membership is frozen: workers [b] are silent", heartbeats.Alert, StringComparison.Ordinal);
        Assert.True(heartbeats.IsLost("a", worker.Address));
        Assert.False(heartbeats.IsLost("b", other.Address));
        other.IsSilent = false;
        worker.IsSilent = false;
        Assert.Equal("back a", Next());
        Assert.True(SpinWait.SpinUntil(() => heartbeats.Alert is null, Bound));
    }

    [Fact]
    public void Heartbeats_go_on_while_the_thread_pool_has_no_thread_left()
    {
        using var worker = Watched("a");
        var free = new ManualResetEventSlim(); // not disposed: what the pool has not come to yet asks it later
        for (var i = 0; i < 200; i++) ThreadPool.QueueUserWorkItem(_ => free.Wait(TimeSpan.FromSeconds(5)));
        var stands = new HeartbeatLine(new Uri("http://127.0.0.1:1/"), tls: null);
        using (stands) Assert.Equal(HeartbeatFailure.ConnectionRefused, Assert.Throws<HeartbeatException>(() => stands.Beat(TimeSpan.FromSeconds(1))).Failure);
        free.Set();
        Assert.Equal([], told);
    }

    private ListeningWorker Watched(string nodeId)
    {
        var worker = new ListeningWorker();
        heartbeats.Watch(nodeId, worker.Address);
        Assert.True(SpinWait.SpinUntil(() => heartbeats.View().Single(h => h.NodeId == nodeId).LastResponseTime is not null, Bound));
        return worker;
    }

    private string Next() => told.TryTake(out var next, Bound) ? next : throw new TimeoutException("nothing was told");
}
