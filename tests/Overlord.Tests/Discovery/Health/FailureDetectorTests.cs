using Ingestion.Overlord.Discovery.Health;

namespace Ingestion.Overlord.Tests.Discovery.Health;

/// <summary>A minute of heartbeats is a loop here: the detector has no clock of its own.</summary>
public sealed class FailureDetectorTests
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(500);
    private readonly FailureDetector detector = new(TimeSpan.Zero);
    private readonly List<string> told = [];
    private TimeSpan now = TimeSpan.Zero;

    [Fact]
    public void Worker_that_refuses_two_connections_in_a_row_is_lost()
    {
        Watch("a");
        Fail("a", HeartbeatFailure.ConnectionRefused);
        Fail("a", HeartbeatFailure.Timeout);
        Fail("a", HeartbeatFailure.ConnectionRefused);
        Judge();
        Assert.Equal([], told);

        Fail("a", HeartbeatFailure.ConnectionRefused);
        Judge();
        Assert.Equal(["lost a: refused 2 connections in a row"], told);
    }

    [Fact]
    public void Worker_is_lost_after_two_seconds_of_silence_with_two_misses_and_not_before()
    {
        Watch("a", "b");
        Pass(10, answering: ["a", "b"]);
        Pass(1.75, answering: ["b"]);
        Assert.Equal([], told);
        Pass(0.75, answering: ["b"]);
        Assert.StartsWith("lost a: silent for 2.", Assert.Single(told), StringComparison.Ordinal);
    }

    [Fact]
    public void One_miss_and_silence_is_not_enough_nor_are_misses_of_a_worker_that_is_heard_otherwise()
    {
        Watch("a", "b");
        Pass(1.75, answering: []); // 3 misses each
        detector.Heard(Find("a"), now);
        Pass(0.25, answering: []);
        Assert.StartsWith("lost b:", Assert.Single(told), StringComparison.Ordinal);
        told.Clear();
        for (var i = 0; i < 20; i++)
        {
            Pass(1, answering: []);
            detector.Heard(Find("a"), now);
        }
        Assert.Equal([], told);
    }

    [Fact]
    public void Silence_while_the_observer_stood_still_counts_against_nobody()
    {
        Watch([.. Enumerable.Range(0, 20).Select(i => $"w{i:00}")]);
        var all = detector.Workers.Select(w => w.NodeId).ToArray();
        Pass(10, answering: all);
        var sentAt = now;

        now += TimeSpan.FromSeconds(3); // SIGSTOP. Then whichever thread comes first: heartbeats that have run out of time, or the clock
        foreach (var id in all[..10]) detector.Failed(Find(id), sentAt, HeartbeatFailure.Timeout, "no answer in time", now);
        Judge();
        Assert.Equal(TimeSpan.FromSeconds(3), detector.Tick(now));
        foreach (var id in all[10..]) detector.Failed(Find(id), sentAt, HeartbeatFailure.Timeout, "no answer in time", now);
        Judge();
        Assert.Equal([], told);
        Assert.Equal(0, detector.Workers.Sum(w => w.Misses));
        Assert.Equal(0, detector.Workers.Max(w => w.FailureRatio(now)));

        Pass(1.75, answering: []);
        Assert.Equal([], told);
        Pass(0.75, answering: all[1..]);
        Assert.StartsWith("lost w00: silent for 2.", Assert.Single(told), StringComparison.Ordinal);
    }

    [Fact]
    public void Refused_connection_counts_even_while_the_observer_stood_still()
    {
        Watch("a");
        var sentAt = now;
        now += TimeSpan.FromSeconds(5);
        detector.Failed(Find("a"), sentAt, HeartbeatFailure.ConnectionRefused, "refused", now);
        detector.Failed(Find("a"), now, HeartbeatFailure.ConnectionRefused, "refused", now);
        Judge();
        Assert.Equal(["lost a: refused 2 connections in a row"], told);
    }

    [Theory]
    [InlineData(1, 1), InlineData(2, 1), InlineData(3, 1), InlineData(5, 1), InlineData(6, 2), InlineData(20, 6)]
    public void Silence_alone_loses_at_most_a_third_and_at_least_one_and_nobody_more_while_membership_is_frozen(int workers, int lost)
    {
        Watch([.. Enumerable.Range(0, workers).Select(i => $"w{i:00}")]);
        foreach (var seconds in new[] { 9, 35, 300 })
        {
            Pass(seconds, answering: []);
            Assert.Equal(lost, told.Count(t => t.StartsWith("lost", StringComparison.Ordinal)));
            Assert.Equal(workers - lost, detector.Frozen.Count);
            Assert.Equal(workers > 1 ? 1 : 0, told.Count(t => t is "frozen" or "thawed"));
            now += TimeSpan.FromSeconds(3); // SIGSTOP: whoever is silent has another two seconds, and stays silent
        }
    }

    [Fact]
    public void Worker_that_is_lost_and_back_within_ten_seconds_is_one_of_the_third()
    {
        Watch("a", "b", "c", "d", "e");
        Pass(3, answering: ["b", "c", "d", "e"]);
        Pass(1, answering: ["a", "b", "c", "d", "e"]);
        Assert.Equal(["lost a", "back a"], told.Select(t => t.Split(':')[0]));
        Pass(5, answering: ["a", "c", "d", "e"]);
        Assert.Equal(["lost a", "back a", "frozen"], told.Select(t => t.Split(':')[0]));
        Assert.Equal(["b"], detector.Frozen);
        Pass(5, answering: ["a", "c", "d", "e"]);
        Assert.Equal(["lost a", "back a", "frozen", "lost b", "thawed"], told.Select(t => t.Split(':')[0]));
    }

    [Fact]
    public void Frozen_membership_goes_on_when_the_silent_refuse_connections()
    {
        Watch("a", "b", "c");
        Pass(15, answering: []);
        Assert.Equal(["b", "c"], detector.Frozen);
        told.Clear();
        foreach (var id in new[] { "b", "c", "b", "c" }) Fail(id, HeartbeatFailure.ConnectionRefused);
        Judge();
        Assert.Equal(["lost b: refused 2 connections in a row", "lost c: refused 2 connections in a row", "thawed"], told);
    }

    [Fact]
    public void Frozen_membership_gives_up_the_silent_once_at_least_as_many_are_heard_as_are_not()
    {
        Watch("a", "b", "c", "d");
        Pass(35, answering: ["d"]);
        Assert.Equal(["lost a", "frozen"], told.Select(t => t.Split(':')[0]));
        Assert.Equal(["b", "c"], detector.Frozen);
        told.Clear();
        Pass(2.25, answering: ["c", "d"]); // the first answers come after half a second, and the others may be about to come
        Assert.Equal([], told);
        Pass(0.5, answering: ["c", "d"]);
        Assert.Equal(["lost b", "thawed"], told.Select(t => t.Split(':')[0]));
    }

    [Fact]
    public void Only_one_that_stays_silent_when_all_others_are_back_is_lost()
    {
        Watch("a", "b", "c", "d");
        Pass(15, answering: []);
        told.Clear();
        Pass(5, answering: ["a", "b", "c"]);
        Assert.Equal(["back a", "lost d", "thawed"], told.Select(t => t.Split(':')[0]));
    }

    [Fact]
    public void Frozen_membership_goes_on_when_the_silent_answer_again()
    {
        Watch("a", "b", "c", "d");
        Pass(5, answering: []);
        Assert.Equal(["b", "c", "d"], detector.Frozen);
        told.Clear();
        Pass(1, answering: ["a", "b", "c", "d"]);
        Assert.Equal(["back a", "thawed"], told.Order(StringComparer.Ordinal));
        Assert.Equal([], detector.Frozen);
    }

    [Fact]
    public void Refused_connections_do_not_count_towards_the_third()
    {
        Watch("a", "b", "c");
        foreach (var id in new[] { "a", "b", "c" })
            for (var i = 0; i < 2; i++) Fail(id, HeartbeatFailure.ConnectionRefused);
        Judge();
        Assert.Equal(3, told.Count);
        Assert.Equal([], detector.Frozen);
    }

    [Fact]
    public void Worker_that_was_cut_off_is_back_with_its_next_answer_and_in_doubt_until_its_failures_have_faded()
    {
        Watch("a");
        Pass(60, answering: ["a"]);
        Pass(20, answering: []);
        Assert.Equal(["lost a"], told.Select(t => t.Split(':')[0]));
        Pass(0.5, answering: ["a"]);
        Assert.Equal("back a", told[^1]);
        Assert.True(Find("a").HasBeenLost);
        Assert.InRange(Find("a").FailureRatio(now), 0.2, 0.5);
        var seconds = 0;
        for (; Find("a").FailureRatio(now) > FailureDetector.Threshold; seconds++) Pass(1, answering: ["a"]);
        Assert.InRange(seconds, 20, 120);
    }

    [Fact]
    public void Another_process_has_no_part_in_what_the_one_before_it_failed()
    {
        var worker = Watch("a");
        worker.Booted("first");
        Pass(10, answering: []);
        worker.Booted("first");
        Assert.Equal((true, 1.0), (worker.HasBeenLost, worker.FailureRatio(now)));
        worker.Booted("second");
        Assert.Equal((false, 0.0, (string?)null), (worker.HasBeenLost, worker.FailureRatio(now), worker.LastError));
    }

    [Fact]
    public void What_is_told_of_a_node_is_what_was_seen_in_the_last_minute()
    {
        var worker = Watch("a");
        for (var i = 0; i < 3; i++) detector.Answered(worker, now);
        Fail("a", HeartbeatFailure.Timeout);
        var noon = new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
        var view = worker.View(now, noon);
        Assert.Equal((4.0, 1.0, 3.0, 0.25, noon, "failing heartbeats, ratio 0.25 over 1 min, last error: Timeout"),
            (view.RecentRequests, view.RecentFailures, view.RecentSuccesses, view.RecentFailureRatio, view.LastResponseTime!.Value, view.FailingInWords));
        Assert.Equal([(HeartbeatFailure.Timeout, 1.0)], view.RecentFailuresByType);

        var later = worker.View(now + TimeSpan.FromMinutes(1), noon);
        Assert.Equal(4 / Math.E, later.RecentRequests, 9);
        Assert.Equal(0.25, later.RecentFailureRatio, 9);
        Assert.Equal(TimeSpan.FromMinutes(1), later.Age);
    }

    [Fact]
    public void Lost_worker_is_forgotten_after_ten_minutes()
    {
        Watch("a");
        Pass(5, answering: []);
        Pass(590, answering: []);
        Assert.NotNull(detector.Find("a"));
        Pass(20, answering: []);
        Assert.Null(detector.Find("a"));
    }

    private WatchedWorker Watch(params string[] ids)
    {
        foreach (var id in ids) detector.Watch(id, new Uri($"http://{id}:8091/"), now);
        return Find(ids[^1]);
    }

    private WatchedWorker Find(string id) => detector.Find(id)!;

    private void Fail(string id, HeartbeatFailure failure) => detector.Failed(Find(id), now + TimeSpan.FromTicks(1), failure, failure.ToString(), now);

    /// <summary>Each worker is asked every half second; who does not answer has missed that heartbeat at the next.</summary>
    private void Pass(double seconds, string[] answering)
    {
        var end = now + TimeSpan.FromSeconds(seconds);
        while (now < end)
        {
            now += FailureDetector.TickPeriod;
            detector.Tick(now);
            if (now.Ticks % Beat.Ticks == 0)
                foreach (var worker in detector.Workers.ToList())
                {
                    if (answering.Contains(worker.NodeId)) detector.Answered(worker, now);
                    else detector.Failed(worker, now - Beat + TimeSpan.FromTicks(1), HeartbeatFailure.Timeout, "no answer in time", now);
                }
            Judge();
        }
    }

    private void Judge()
    {
        var verdict = detector.Judge(now);
        told.AddRange(verdict.Lost.Select(l => $"lost {l.Worker.NodeId}: {l.Reason}"));
        told.AddRange(verdict.Back.Select(w => $"back {w.NodeId}"));
        if (verdict.FreezeBegins) told.Add("frozen");
        if (verdict.FreezeEnds) told.Add("thawed");
    }
}
