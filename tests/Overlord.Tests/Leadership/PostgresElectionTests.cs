using System.Net;
using Dapper;
using Ingestion.Embedded;
using Ingestion.Embedded.Chaos;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Tests.ZooKeeper;
using Ingestion.Support;
using Npgsql;

namespace Ingestion.Overlord.Tests.Leadership;

public sealed class PostgresElectionTests(PostgresFixture postgres, ZooKeeperFixture zooKeeper) : ElectionContract(postgres)
{
    /// <summary>So long that nothing is terminated by a take-over that waits while a slow test does its work.</summary>
    private static readonly TimeSpan Patient = TimeSpan.FromSeconds(60);

    private protected override Task<ILeaderElection> ElectionAsync(MetadataStorage storage, string url) => Task.FromResult<ILeaderElection>(Postgres(storage, url));

    private protected override Task SeverAsync(MetadataStorage storage, CancellationToken stop) => TerminateLeaderAsync(storage, stop);

    private protected override async Task<ILeaderElection> OtherKindAsync(MetadataStorage storage, string url) => await zooKeeper.ElectionAsync(storage, url);

    [Fact]
    public async Task Leader_whose_lease_runs_out_is_replaced_though_its_connection_stands()
    {
        await using var storage = await MigratedAsync();
        using var stop = new CancellationTokenSource(Bound);
        await using var hung = await Postgres(storage, "http://hung").AcquireAsync(stop.Token);
        await using var connection = await storage.Reads.OpenConnectionAsync(stop.Token);
        // As if the leader had not renewed for long.
        await connection.ExecuteAsync("UPDATE ingestion_leader SET lease_until = clock_timestamp() - interval '1 second'");

        await using var next = await Postgres(storage, "http://next", TimeSpan.FromMilliseconds(400)).AcquireAsync(stop.Token);

        Assert.Equal(2, next.Epoch);
        await LostAsync(hung, stop.Token);
    }

    [Fact]
    public async Task Standby_whose_connection_has_died_unnoticed_hears_of_it()
    {
        await using var storage = await MigratedAsync();
        using var stop = new CancellationTokenSource(Bound);
        await using var leader = await Postgres(storage, "http://leader").AcquireAsync(stop.Token);
        await using var between = Between(storage);
        await using var far = Far(storage, between, TimeSpan.FromSeconds(10));
        var standing = Postgres(far, "http://standby", TimeSpan.FromSeconds(1)).AcquireAsync(stop.Token);
        await using (var connection = await storage.Reads.OpenConnectionAsync(stop.Token))
            while (await connection.QuerySingleAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'ingestion-election' AND wait_event = 'advisory'") == 0)
                stop.Token.ThrowIfCancellationRequested();

        between.Forget();

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => standing);
        Assert.False(stop.IsCancellationRequested);
    }

    [Fact]
    public async Task Transaction_whose_connection_has_died_unnoticed_ends_within_the_lease()
    {
        await using var storage = await MigratedAsync();
        using var stop = new CancellationTokenSource(Bound);
        await using var term = await Postgres(storage, "http://leader", Patient).AcquireAsync(stop.Token);
        await using var between = Between(storage);
        await using var brief = Far(storage, between, TimeSpan.FromSeconds(1));
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => new FencedTransactions(brief).RunAsync(term.Epoch, async c =>
        {
            between.Forget();
            await c.ExecuteAsync("SELECT 1");
        }, stop.Token).WaitAsync(new LeadershipSettings { Url = "" }.Lease));
    }

    [Fact]
    public async Task Take_over_waits_for_a_transaction_of_the_old_epoch_and_renewals_do_not()
    {
        await using var storage = await MigratedAsync();
        using var stop = new CancellationTokenSource(Bound);
        var first = await Postgres(storage, "http://first", Patient).AcquireAsync(stop.Token);
        var fenced = new FencedTransactions(storage);
        var inside = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var work = fenced.RunAsync(first.Epoch, async c =>
        {
            inside.SetResult();
            await release.Task;
            await c.ExecuteAsync("INSERT INTO druid_config (name, payload) VALUES ('last', '')");
        }, stop.Token);
        await inside.Task;
        await using (var connection = await storage.Reads.OpenConnectionAsync(stop.Token))
        {
            await connection.ExecuteAsync("SET lock_timeout = '2s'; UPDATE ingestion_leader SET lease_until = clock_timestamp() + interval '5 seconds' WHERE epoch = 1");
            await first.DisposeAsync();
            var takeOver = Postgres(storage, "http://second", Patient).AcquireAsync(stop.Token);
            while (await connection.QuerySingleAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'ingestion-election' AND wait_event_type = 'Lock' AND query LIKE '%UPDATE%'") == 0)
                stop.Token.ThrowIfCancellationRequested();
            Assert.False(takeOver.IsCompleted);
            release.SetResult();
            await work;
            await using var second = await takeOver;
            Assert.Equal(2, second.Epoch);
            Assert.Equal("last", await connection.QuerySingleAsync<string>("SELECT name FROM druid_config"));
        }
    }

    [Fact]
    public async Task Take_over_waits_for_statements_that_came_together_with_the_question_for_the_epoch()
    {
        await using var storage = await MigratedAsync();
        using var stop = new CancellationTokenSource(Bound);
        var first = await Postgres(storage, "http://first", Patient).AcquireAsync(stop.Token);
        await using var blocker = await storage.Reads.OpenConnectionAsync(stop.Token);
        await blocker.ExecuteAsync("BEGIN; LOCK TABLE druid_config IN SHARE MODE");
        var work = new FencedTransactions(storage).ExecuteAsync(first.Epoch, "INSERT INTO druid_config (name, payload) VALUES (@name, '')", new { name = "last" }, stop.Token);
        await UntilWaitsAsync("ingestion-leader");
        await first.DisposeAsync();
        var takeOver = Postgres(storage, "http://second", Patient).AcquireAsync(stop.Token);
        await UntilWaitsAsync("ingestion-election");
        Assert.False(takeOver.IsCompleted);

        await blocker.ExecuteAsync("COMMIT");
        await work;
        await using var second = await takeOver;
        Assert.Equal((2L, "last"), (second.Epoch, await blocker.QuerySingleAsync<string>("SELECT name FROM druid_config")));

        async Task UntilWaitsAsync(string application)
        {
            await using var connection = await storage.Reads.OpenConnectionAsync(stop.Token);
            while (await connection.QuerySingleAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = @application AND wait_event_type = 'Lock'", new { application }) == 0)
                stop.Token.ThrowIfCancellationRequested();
        }
    }

    [Fact]
    public async Task Statements_that_wait_for_a_take_over_come_to_nothing_when_it_is_done()
    {
        await using var storage = await MigratedAsync();
        using var stop = new CancellationTokenSource(Bound);
        await using var term = await Postgres(storage, "http://first", Patient).AcquireAsync(stop.Token);
        await using var takeOver = await storage.Reads.OpenConnectionAsync(stop.Token);
        await takeOver.ExecuteAsync("BEGIN; UPDATE ingestion_leader SET epoch = epoch + 1");
        var fenced = new FencedTransactions(storage);
        var work = fenced.ExecuteAsync(term.Epoch, "INSERT INTO druid_config (name, payload) VALUES (@name, '')", new { name = "late" }, stop.Token);
        await using (var connection = await storage.Reads.OpenConnectionAsync(stop.Token))
            while (await connection.QuerySingleAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'ingestion-leader' AND wait_event_type = 'Lock'") == 0)
                stop.Token.ThrowIfCancellationRequested();
        await takeOver.ExecuteAsync("COMMIT");

        var stale = await Assert.ThrowsAsync<FencedException>(() => work);
        Assert.Equal((term.Epoch, term.Epoch + 1), (stale.Epoch, stale.Current));
        Assert.Equal(0, await takeOver.QuerySingleAsync<long>("SELECT count(*) FROM druid_config"));
        var wrong = await Assert.ThrowsAsync<PostgresException>(() => fenced.ExecuteAsync(term.Epoch + 1, "INSERT INTO druid_config (name, payload) VALUES ('lost', ''); SELECT 1 / 0", new { }, stop.Token));
        Assert.Equal(PostgresErrorCodes.DivisionByZero, wrong.SqlState); // not taken for the fence's
        Assert.Equal(0, await takeOver.QuerySingleAsync<long>("SELECT count(*) FROM druid_config"));
    }

    [Fact]
    public async Task Transaction_that_idles_is_ended_by_the_database()
    {
        await using var storage = await MigratedAsync(TimeSpan.FromMilliseconds(200));
        using var stop = new CancellationTokenSource(Bound);
        await using var term = await Postgres(storage, "http://first", Patient).AcquireAsync(stop.Token);

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => new FencedTransactions(storage).RunAsync(term.Epoch, c => c.WaitAsync(stop.Token), stop.Token));
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => new FencedTransactions(storage).RunAsync(term.Epoch, c => c.ExecuteAsync("SELECT pg_sleep(10)"), stop.Token));
    }

    private static TcpProxy Between(MetadataStorage storage)
    {
        var server = new IPEndPoint(IPAddress.Loopback, new NpgsqlConnectionStringBuilder(storage.ConnectionString).Port);
        return TcpProxy.Start(new IPEndPoint(IPAddress.Loopback, Ports.Free()), () => server);
    }

    /// <summary>The same database, through the proxy.</summary>
    private static MetadataStorage Far(MetadataStorage storage, TcpProxy between, TimeSpan transactionTimeout) =>
        new(new NpgsqlConnectionStringBuilder(storage.ConnectionString) { Host = "127.0.0.1", Port = between.Port }.ConnectionString, new MetadataTables(), transactionTimeout);
}
