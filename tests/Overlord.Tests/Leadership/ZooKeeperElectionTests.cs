using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Tests.ZooKeeper;
using Ingestion.Overlord.ZooKeeper;
using Ingestion.Support;

namespace Ingestion.Overlord.Tests.Leadership;

public sealed class ZooKeeperElectionTests(PostgresFixture postgres, ZooKeeperFixture zooKeeper) : ElectionContract(postgres)
{
    private ConnectString? connect;

    private protected override async Task<ILeaderElection> ElectionAsync(MetadataStorage storage, string url) => ZooKeeperFixture.Election(connect ??= await zooKeeper.NewAsync(), storage, url);

    private protected override Task<ILeaderElection> OtherKindAsync(MetadataStorage storage, string url) => Task.FromResult<ILeaderElection>(Postgres(storage, url));

    private protected override async Task SeverAsync(MetadataStorage storage, CancellationToken stop)
    {
        await using var session = await ZooKeeperFixture.SessionAsync(connect!, stop);
        var path = LeaderLatch.PathOf(connect!);
        var leader = LatchNode.Sorted(await session.ChildrenAsync(path))[0];
        Assert.True(await session.DeleteAsync($"{path}/{leader.Name}"));
    }

    [Fact]
    public async Task Who_is_elected_raises_the_epoch_though_another_one_holds_the_lease()
    {
        await using var storage = await MigratedAsync();
        using var stop = new CancellationTokenSource(Bound);
        await using var held = await Postgres(storage, "http://other").AcquireAsync(stop.Token);
        var lost = LostAsync(held, stop.Token);

        await using var elected = await (await ElectionAsync(storage, "http://elected")).AcquireAsync(stop.Token);

        Assert.Equal((1, 2), (held.Epoch, elected.Epoch));
        await lost;
        Assert.False(elected.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task Ensemble_that_cannot_be_reached_is_an_error_to_be_tried_again()
    {
        await zooKeeper.NewAsync(); // for its skipping
        await using var storage = await MigratedAsync();
        using var stop = new CancellationTokenSource(Bound);
        var nowhere = ConnectString.Parse("127.0.0.1:1", "--zookeeper");
        var error = await Assert.ThrowsAsync<ZooKeeperException>(() => ZooKeeperFixture.Election(nowhere, storage, "http://first").AcquireAsync(stop.Token));
        Assert.Equal("no member of ZooKeeper [127.0.0.1:1/druid] has served within 3 s", error.Message);
        Assert.Equal(0, (await Postgres(storage, "x").CurrentAsync(stop.Token)).Epoch);
    }
}
