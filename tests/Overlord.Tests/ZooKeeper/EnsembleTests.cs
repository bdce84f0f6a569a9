using Ingestion.Overlord.ZooKeeper;

namespace Ingestion.Overlord.Tests.ZooKeeper;

public sealed class EnsembleTests(ZooKeeperFixture zooKeeper)
{
    [Theory]
    [InlineData("Zookeeper version: 3.8.4-9316c2a7a97e1666d8f4593f34dd6fc36ecc436c, built on 2024-02-12\nLatency min/avg/max: 0/0.8333/5\nReceived: 7\nMode: follower\nNode count: 5\n", "follower", "3.8.4", 0.8333, null)]
    [InlineData("Zookeeper version: 3.9.3\nLatency min/avg/max: 0/2/5\nMode: leader\n", "leader", "3.9.3", 2.0, null)]
    [InlineData("This ZooKeeper instance is not currently serving requests\n", "notServing", null, null, "This ZooKeeper instance is not currently serving requests")]
    [InlineData("", "notServing", null, null, "it closed the connection")]
    public void Member_is_what_it_says_of_itself(string answer, string state, string? version, double? latency, string? trouble) =>
        Assert.Equal(new EnsembleMember("a:1", state, version, latency, null, trouble), EnsembleMember.Read("a:1", answer));

    [Theory]
    [InlineData("leader follower follower", 3, 2, 1)]
    [InlineData("leader follower unreachable", 2, 2, 0)]
    [InlineData("notServing unreachable unreachable", 0, 2, -1)]
    [InlineData("leader follower follower follower follower", 5, 3, 2)]
    [InlineData("leader follower follower follower unreachable unreachable", 4, 4, 0)]
    [InlineData("leader follower follower observer", 3, 2, 1)]
    [InlineData("standalone", 1, 1, 0)]
    public void More_than_half_of_the_members_must_serve(string states, int serving, int majority, int mayLose)
    {
        var ensemble = new Ensemble([.. states.Split(' ').Select((s, i) => new EnsembleMember($"m:{i}", s))]);
        Assert.Equal((serving, majority, mayLose), (ensemble.Serving, ensemble.Majority, ensemble.MayLose));
    }

    [Fact]
    public void Size_that_is_unwise_is_told_with_the_rule()
    {
        Assert.Equal("ZooKeeper has a single member: when that is lost, so is leadership. Rule: a majority of the members must live, so take an odd number: 3 survive the loss of 1, 5 of 2", Ensemble.Warning(1));
        Assert.Equal("ZooKeeper has 4 members, an even number: a majority of 3 must live, so it survives the loss of 1, no more than 3 members would. Rule: take an odd number: 3 as safe, or 5, which survive the loss of 2", Ensemble.Warning(4));
        Assert.StartsWith("The ZooKeeper of Druid's services has a single member: when that is lost, Druid's services find no leader any more. Rule: ", Ensemble.Warning(1, elects: false), StringComparison.Ordinal);
        Assert.Equal((null, null), (Ensemble.Warning(3), Ensemble.Warning(5)));
    }

    [Fact]
    public async Task Members_are_asked_at_once_and_one_that_is_away_is_unreachable()
    {
        var connect = await zooKeeper.NewAsync();
        var both = ConnectString.Parse($"{connect.Hosts},127.0.0.1:1", "--zookeeper");
        var ensemble = await Ensemble.LookAsync(both, CancellationToken.None);
        Assert.Equal([(connect.Hosts, "standalone", true, true), ("127.0.0.1:1", "unreachable", false, false)], ensemble.Members.Select(m => (m.Address, m.State, m.Version is not null, m.AnswerMillis is not null)));
        Assert.NotNull(ensemble.Members[1].Trouble);
    }
}
