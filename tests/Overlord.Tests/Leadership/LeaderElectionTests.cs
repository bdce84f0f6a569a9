using Dapper;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Ingestion.Support;
using Npgsql;

namespace Ingestion.Overlord.Tests.Leadership;

public sealed class LeaderElectionTests(PostgresFixture postgres)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Of_many_candidates_one_leads_at_a_time_and_each_epoch_is_higher()
    {
        await using var storage = await MigratedAsync();
        using var stop = new CancellationTokenSource(Bound);
        var epochs = new List<long>();
        var leading = 0;

        await Task.WhenAll(Enumerable.Range(0, 5).Select(async i =>
        {
            await using var term = await Election(storage, $"http://overlord{i}").AcquireAsync(stop.Token);
            Assert.Equal(1, Interlocked.Increment(ref leading));
            epochs.Add(term.Epoch);
            Assert.Equal($"http://overlord{i}", await Election(storage, "http://standby").LeaderUrlAsync(stop.Token));
            Interlocked.Decrement(ref leading);
        }));

        Assert.Equal([1, 2, 3, 4, 5], epochs);
    }

    [Fact]
    public async Task Standby_takes_over_when_the_leaders_connection_dies_and_the_leader_knows()
    {
        await using var storage = await MigratedAsync();
        using var stop = new CancellationTokenSource(Bound);
        await using var first = await Election(storage, "http://first").AcquireAsync(stop.Token);
        var standby = Election(storage, "http://second").AcquireAsync(stop.Token);
        var lost = LostAsync(first, stop.Token);
        Assert.False(standby.IsCompleted);

        await using var connection = await storage.Reads.OpenConnectionAsync(stop.Token);
        var sessions = await connection.QueryAsync<int>("""
            SELECT a.pid FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid AND l.locktype = 'advisory' AND l.granted AND l.objid = 1
            WHERE a.datname = current_database() AND a.application_name = 'ingestion-election'
            """);
        Assert.True(await connection.QuerySingleAsync<bool>("SELECT pg_terminate_backend(@pid)", new { pid = sessions.First() }));

        await lost;
        await using var second = await standby;
        Assert.Equal((1, 2), (first.Epoch, second.Epoch));
        Assert.Equal("http://second", await Election(storage, "x").LeaderUrlAsync(stop.Token));
        var fenced = new FencedTransactions(storage);
        await Assert.ThrowsAsync<FencedException>(() => fenced.RunAsync(first.Epoch, c => c.ExecuteAsync("DELETE FROM druid_config"), stop.Token));
        await fenced.RunAsync(second.Epoch, c => c.ExecuteAsync("DELETE FROM druid_config"), stop.Token);
    }

    [Fact]
    public async Task Leader_whose_lease_runs_out_is_replaced_though_its_connection_stands()
    {
        await using var storage = await MigratedAsync();
        using var stop = new CancellationTokenSource(Bound);
        await using var hung = await Election(storage, "http://hung").AcquireAsync(stop.Token);
        await using var connection = await storage.Reads.OpenConnectionAsync(stop.Token);
        // As if the leader had not renewed for long.
        await connection.ExecuteAsync("UPDATE ingestion_leader SET lease_until = clock_timestamp() - interval '1 second'");

        await using var next = await Election(storage, "http://next", TimeSpan.FromMilliseconds(400)).AcquireAsync(stop.Token);

        Assert.Equal(2, next.Epoch);
        await LostAsync(hung, stop.Token);
    }

    [Fact]
    public async Task Take_over_waits_for_a_transaction_of_the_old_epoch_and_renewals_do_not()
    {
        await using var storage = await MigratedAsync();
        using var stop = new CancellationTokenSource(Bound);
        var first = await Election(storage, "http://first").AcquireAsync(stop.Token);
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
            var takeOver = Election(storage, "http://second").AcquireAsync(stop.Token);
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
        var first = await Election(storage, "http://first").AcquireAsync(stop.Token);
        await using var blocker = await storage.Reads.OpenConnectionAsync(stop.Token);
        await blocker.ExecuteAsync("BEGIN; LOCK TABLE druid_config IN SHARE MODE");
        var work = new FencedTransactions(storage).ExecuteAsync(first.Epoch, "INSERT INTO druid_config (name, payload) VALUES (@name, '')", new { name = "last" }, stop.Token);
        await UntilWaitsAsync("ingestion-leader");
        await first.DisposeAsync();
        var takeOver = Election(storage, "http://second").AcquireAsync(stop.Token);
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
        await using var term = await Election(storage, "http://first").AcquireAsync(stop.Token);
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
        await using var term = await Election(storage, "http://first").AcquireAsync(stop.Token);

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => new FencedTransactions(storage).RunAsync(term.Epoch, c => c.WaitAsync(stop.Token), stop.Token));
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => new FencedTransactions(storage).RunAsync(term.Epoch, c => c.ExecuteAsync("SELECT pg_sleep(10)"), stop.Token));
    }

    private static LeaderElection Election(MetadataStorage storage, string url, TimeSpan? lease = null) =>
        new(storage, lease is { } given ? new LeadershipSettings { Url = url, Lease = given } : new LeadershipSettings { Url = url });

    private static async Task LostAsync(LeaderTerm term, CancellationToken stop)
    {
        var lost = new TaskCompletionSource();
        await using var registration = term.Lost.Register(lost.SetResult);
        await lost.Task.WaitAsync(stop);
    }

    private async Task<MetadataStorage> MigratedAsync(TimeSpan? transactionTimeout = null)
    {
        var storage = new MetadataStorage(await postgres.CreateDatabaseAsync(), new MetadataTables(), transactionTimeout ?? TimeSpan.FromSeconds(10));
        await Migrator.RunAsync(storage);
        return storage;
    }
}
