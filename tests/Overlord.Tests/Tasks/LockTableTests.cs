using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Tasks.Core;

namespace Ingestion.Overlord.Tests.Tasks;

public sealed class LockTableTests
{
    private const string Now = "2026-11-21T00:00:00.000Z";
    private const string Earlier = "2026-11-20T00:00:00.000Z";
    private static readonly Interval Day = new(0, 86_400_000);
    private static readonly Interval Hour = new(0, 3_600_000);
    private static readonly Interval NextDay = new(86_400_000, 172_800_000);

    [Theory]
    [InlineData("EXCLUSIVE", "EXCLUSIVE", false)]
    [InlineData("EXCLUSIVE", "SHARED", false)]
    [InlineData("EXCLUSIVE", "APPEND", false)]
    [InlineData("EXCLUSIVE", "REPLACE", false)]
    [InlineData("SHARED", "EXCLUSIVE", false)]
    [InlineData("SHARED", "SHARED", true)]
    [InlineData("SHARED", "APPEND", false)]
    [InlineData("SHARED", "REPLACE", false)]
    [InlineData("APPEND", "EXCLUSIVE", false)]
    [InlineData("APPEND", "SHARED", false)]
    [InlineData("APPEND", "APPEND", true)]
    [InlineData("APPEND", "REPLACE", true)]
    [InlineData("REPLACE", "EXCLUSIVE", false)]
    [InlineData("REPLACE", "SHARED", false)]
    [InlineData("REPLACE", "APPEND", true)]
    [InlineData("REPLACE", "REPLACE", false)]
    public void Locks_of_different_groups_coexist_as_in_Druid(string type, string other, bool coexist)
    {
        var decision = LockTable.Decide(Request("t1", "g1", type, Day), [Held("t2", "g2", other, Day)]);

        Assert.Equal(coexist, decision is LockDecision.Grant);
        Assert.Equal(coexist, LockTable.CanCoexist(other, Day, type, Day));
    }

    [Fact]
    public void Replace_coexists_only_with_appends_that_it_encloses()
    {
        Assert.IsType<LockDecision.Grant>(LockTable.Decide(Request("t1", "g1", TaskLock.Append, Hour), [Held("t2", "g2", TaskLock.Replace, Day)]));
        Assert.IsType<LockDecision.Refused>(LockTable.Decide(Request("t1", "g1", TaskLock.Append, Day), [Held("t2", "g2", TaskLock.Replace, Hour)]));
        Assert.IsType<LockDecision.Refused>(LockTable.Decide(Request("t1", "g1", TaskLock.Replace, Hour), [Held("t2", "g2", TaskLock.Append, Day)]));
    }

    [Fact]
    public void Locks_that_do_not_touch_do_not_matter_to_each_other() =>
        Assert.IsType<LockDecision.Grant>(LockTable.Decide(Request("t1", "g1", TaskLock.Exclusive, Day), [Held("t2", "g2", TaskLock.Exclusive, NextDay)]));

    [Fact]
    public void New_lock_has_the_time_as_its_version_but_is_never_older_than_what_it_covers()
    {
        var expected = new TaskLock { Type = TaskLock.Exclusive, GroupId = "g1", DataSource = "wiki", Interval = Day, Version = Now, Priority = 75, Revoked = false };
        Assert.Equal(expected, Granted(LockTable.Decide(Request("t1", "g1", TaskLock.Exclusive, Day), [])));
        Assert.Equal(expected, Granted(LockTable.Decide(Request("t1", "g1", TaskLock.Exclusive, Day) with { MinimumVersion = Earlier }, [])));
        Assert.Equal("2027", Granted(LockTable.Decide(Request("t1", "g1", TaskLock.Exclusive, Day) with { MinimumVersion = "2027" }, [])).Version);
        Assert.Equal("1970-01-01T00:00:00.000Z", Granted(LockTable.Decide(Request("t1", "g1", TaskLock.Append, Day) with { MinimumVersion = "2027" }, [])).Version);
    }

    [Fact]
    public void Tasks_of_a_group_share_the_lock_and_its_version()
    {
        var held = Held("t1", "g1", TaskLock.Exclusive, Day);

        Assert.Equal(held.Lock, Granted(LockTable.Decide(Request("t2", "g1", TaskLock.Exclusive, Hour), [held])));
        Assert.Equal(new LockDecision.Held(held.Lock), LockTable.Decide(Request("t1", "g1", TaskLock.Exclusive, Day), [held]));
    }

    [Fact]
    public void Group_does_not_widen_its_own_lock() =>
        Assert.IsType<LockDecision.Refused>(LockTable.Decide(Request("t2", "g1", TaskLock.Exclusive, Day), [Held("t1", "g1", TaskLock.Exclusive, Hour)]));

    [Fact]
    public void Higher_priority_revokes_lower_and_not_equal()
    {
        var weak = Held("t2", "g2", TaskLock.Exclusive, Hour, priority: 25);
        var equal = Held("t3", "g3", TaskLock.Exclusive, NextDay, priority: 75);

        var grant = Assert.IsType<LockDecision.Grant>(LockTable.Decide(Request("t1", "g1", TaskLock.Exclusive, Day), [weak, equal]));
        Assert.Equal([weak], grant.Revoke);
        Assert.Equal(new LockDecision.Refused(equal.Lock), LockTable.Decide(Request("t1", "g1", TaskLock.Exclusive, NextDay), [weak, equal]));
        Assert.IsType<LockDecision.Refused>(LockTable.Decide(Request("t1", "g1", TaskLock.Exclusive, new Interval(0, 172_800_000)), [weak, equal]));
    }

    [Fact]
    public void Revoked_lock_binds_nobody_else_and_is_void_for_its_group()
    {
        var revoked = Held("t2", "g2", TaskLock.Exclusive, Day);
        revoked = revoked with { Lock = revoked.Lock with { Revoked = true } };

        Assert.IsType<LockDecision.Grant>(LockTable.Decide(Request("t1", "g1", TaskLock.Exclusive, Day), [revoked]));
        Assert.Equal(new LockDecision.Preempted(revoked.Lock), LockTable.Decide(Request("t2", "g2", TaskLock.Exclusive, Day), [revoked]));
        Assert.Equal(new LockDecision.Preempted(revoked.Lock), LockTable.Decide(Request("t9", "g2", TaskLock.Exclusive, Day), [revoked]));
    }

    [Theory]
    [InlineData("EXCLUSIVE", Now, true)]
    [InlineData("EXCLUSIVE", Earlier, true)]
    [InlineData("EXCLUSIVE", "2027", false)]
    [InlineData("APPEND", "2027", true)]
    public void Lock_covers_segments_within_it_that_are_no_newer(string type, string version, bool covers)
    {
        var taskLock = Held("t1", "g1", type, Day).Lock with { Version = type == TaskLock.Append ? LockTable.AppendVersion : Now };

        Assert.Equal(covers, LockTable.Covers(taskLock, "wiki", Hour, version));
        Assert.False(LockTable.Covers(taskLock, "wiki", NextDay, version));
        Assert.False(LockTable.Covers(taskLock, "other", Hour, version));
    }

    private static LockRequest Request(string task, string group, string type, Interval interval) => new(task, group, "wiki", interval, type, 75, Now);

    private static HeldLock Held(string task, string group, string type, Interval interval, int priority = 75) =>
        new(1, task, new TaskLock { Type = type, GroupId = group, DataSource = "wiki", Interval = interval, Version = Earlier, Priority = priority });

    private static TaskLock Granted(LockDecision decision) => Assert.IsType<LockDecision.Grant>(decision).Lock;
}
