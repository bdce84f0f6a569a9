using Ingestion.Overlord.Hosting;
using Ingestion.Overlord.ZooKeeper;

namespace Ingestion.Overlord.Tests.Hosting;

public sealed class CoordinationOptionsTests
{
    [Fact]
    public void Database_elects_unless_an_ensemble_is_named()
    {
        var options = Parse();
        Assert.Equal((null, null, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1.25), false),
            (options.ZooKeeper, options.DruidZooKeeper, options.SessionTimeout, options.Leadership.Lease, options.Leadership.RenewEvery, options.TakesOver));
    }

    [Fact]
    public void Every_option_is_taken()
    {
        Assert.SkipUnless(ZooKeeperLibrary.Missing is null, ZooKeeperLibrary.Missing ?? "");
        var options = Parse("--coordination", "zookeeper", "--zookeeper", "a:1,b:2/x", "--druid-zookeeper", "c", "--zookeeper-session-timeout", "6", "--lease", "3", "--renew-every", "0.5", "--take-over");
        Assert.Equal(("a:1,b:2/x", "c:2181/druid", TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(0.5), true),
            (options.ZooKeeper!.ToString(), options.DruidZooKeeper!.ToString(), options.SessionTimeout, options.Leadership.Lease, options.Leadership.RenewEvery, options.TakesOver));
    }

    [Theory]
    [InlineData("", "", "--druid-zookeeper", "a,b,c")]
    [InlineData("", "even", "--druid-zookeeper", "a,b")]
    [InlineData("single", "", "--coordination", "zookeeper", "--zookeeper", "a/x")]
    [InlineData("single", "even", "--coordination", "zookeeper", "--zookeeper", "a/x", "--druid-zookeeper", "b,c")]
    [InlineData("single", "", "--coordination", "zookeeper", "--zookeeper", "a/x", "--druid-zookeeper", "a/y")]
    public void Each_ensemble_of_an_unwise_size_is_warned_of_once(string electing, string telling, params string[] arguments)
    {
        Assert.SkipUnless(ZooKeeperLibrary.Missing is null, ZooKeeperLibrary.Missing ?? "");
        string?[] expected = [electing == "single" ? Ensemble.Warning(1) : null, telling == "even" ? Ensemble.Warning(2, elects: false) : null];
        Assert.Equal(expected.OfType<string>(), Parse(arguments).EnsembleWarnings);
    }

    [Fact]
    public void Latch_of_Druids_services_is_looked_at_beside_the_one_that_elects_where_it_is_another()
    {
        Assert.SkipUnless(ZooKeeperLibrary.Missing is null, ZooKeeperLibrary.Missing ?? "");
        string[] elects = ["--coordination", "zookeeper", "--zookeeper", "a:1,b:2/x"];
        Assert.Equal([], Latches());
        Assert.Equal(["c:2181/druid"], Latches("--druid-zookeeper", "c"));
        Assert.Equal(["a:1,b:2/x"], Latches([.. elects, "--druid-zookeeper", "b:2/x"]));
        Assert.Equal(["a:1,b:2/x", "b:2/y"], Latches([.. elects, "--druid-zookeeper", "b:2/y"]));

        static IEnumerable<string> Latches(params string[] arguments) => Parse(arguments).Latches.Select(l => l.ToString());
    }

    [Theory]
    [InlineData("--coordination [etcd] is neither postgresql nor zookeeper", "--coordination", "etcd")]
    [InlineData("--coordination zookeeper needs --zookeeper: where is the ensemble?", "--coordination", "zookeeper")]
    [InlineData("--zookeeper goes with --coordination zookeeper; an ensemble whose Druid services are to find the leader is named by --druid-zookeeper", "--zookeeper", "a")]
    [InlineData("--renew-every [9] is longer than a third of --lease [5]: a lease must outlast its renewal, or it runs out while its leader is well, and others lead beside it", "--renew-every", "9")]
    [InlineData("--lease [soon] is not a number of seconds", "--lease", "soon")]
    [InlineData("--druid-zookeeper: [a:x] is not HOST:PORT", "--druid-zookeeper", "a:x")]
    [InlineData("--druid-zookeeper [a:1//b]: [//b] is not a path such as /druid", "--druid-zookeeper", "a:1//b")]
    public void Mistake_is_named(string message, params string[] arguments) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => Parse(arguments)).Message);

    private static CoordinationOptions Parse(params string[] arguments) => OverlordOptions.Parse(["--metadata", "m", .. arguments], _ => null).Coordination;
}
