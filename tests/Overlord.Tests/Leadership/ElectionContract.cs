using Dapper;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Ingestion.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Ingestion.Overlord.Tests.Leadership;

/// <summary>What holds whoever elects.</summary>
public abstract class ElectionContract(PostgresFixture postgres)
{
    private protected static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    /// <summary>Of one candidate; all of one test stand against each other.</summary>
    private protected abstract Task<ILeaderElection> ElectionAsync(MetadataStorage storage, string url);

    /// <summary>Takes leadership away from who has it, without its doing.</summary>
    private protected abstract Task SeverAsync(MetadataStorage storage, CancellationToken stop);

    /// <summary>Of the other kind, on the same database.</summary>
    private protected abstract Task<ILeaderElection> OtherKindAsync(MetadataStorage storage, string url);

    [Fact]
    public async Task Of_many_candidates_one_leads_at_a_time_and_each_epoch_is_higher()
    {
        await using var storage = await MigratedAsync();
        using var stop = new CancellationTokenSource(Bound);
        var standby = await ElectionAsync(storage, "http://standby");
        var epochs = new List<long>();
        var leading = 0;

        await Task.WhenAll(Enumerable.Range(0, 5).Select(async i =>
        {
            await using var term = await (await ElectionAsync(storage, $"http://overlord{i}")).AcquireAsync(stop.Token);
            Assert.Equal(1, Interlocked.Increment(ref leading));
            epochs.Add(term.Epoch);
            var known = await standby.CurrentAsync(stop.Token);
            Assert.Equal((term.Epoch, $"http://overlord{i}"), (known.Epoch, known.Url));
            Assert.True(term.Left > TimeSpan.Zero && known.LeaseLeft > TimeSpan.Zero);
            Interlocked.Decrement(ref leading);
        }));

        Assert.Equal([1, 2, 3, 4, 5], epochs);
    }

    [Fact]
    public async Task Leader_that_is_cut_off_knows_and_is_replaced_and_its_transactions_are_refused()
    {
        await using var storage = await MigratedAsync();
        using var stop = new CancellationTokenSource(Bound);
        await using var first = await (await ElectionAsync(storage, "http://first")).AcquireAsync(stop.Token);
        var election = await ElectionAsync(storage, "http://second");
        var standby = election.AcquireAsync(stop.Token);
        var lost = LostAsync(first, stop.Token);
        Assert.False(standby.IsCompleted || lost.IsCompleted);

        await SeverAsync(storage, stop.Token);

        await lost;
        Assert.Equal(TimeSpan.Zero, first.Left);
        await using var second = await standby;
        Assert.Equal((1, 2, "http://second"), (first.Epoch, second.Epoch, (await election.CurrentAsync(stop.Token)).Url));
        var fenced = new FencedTransactions(storage);
        await Assert.ThrowsAsync<FencedException>(() => fenced.RunAsync(first.Epoch, c => c.ExecuteAsync("DELETE FROM druid_config"), stop.Token));
        await fenced.RunAsync(second.Epoch, c => c.ExecuteAsync("DELETE FROM druid_config"), stop.Token);
    }

    [Fact]
    public async Task Leader_that_loses_the_database_knows_and_is_replaced()
    {
        await using var storage = await MigratedAsync();
        using var stop = new CancellationTokenSource(Bound);
        var first = await (await ElectionAsync(storage, "http://first")).AcquireAsync(stop.Token);
        var lost = LostAsync(first, stop.Token);

        await TerminateLeaderAsync(storage, stop.Token);

        await lost;
        await first.DisposeAsync();
        await using var second = await (await ElectionAsync(storage, "http://second")).AcquireAsync(stop.Token);
        Assert.Equal(2, second.Epoch);
    }

    [Fact]
    public async Task Transaction_that_its_leader_was_stopped_in_is_terminated_by_the_take_over()
    {
        await using var storage = await MigratedAsync();
        using var stop = new CancellationTokenSource(Bound);
        var first = await (await ElectionAsync(storage, "http://first")).AcquireAsync(stop.Token);
        var inside = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var work = new FencedTransactions(storage).RunAsync(first.Epoch, async c =>
        {
            await c.ExecuteAsync("INSERT INTO druid_config (name, payload) VALUES ('stopped', '')");
            inside.SetResult();
            await release.Task;
        }, stop.Token);
        await inside.Task;
        await using var storage2 = new MetadataStorage(storage.ConnectionString, new MetadataTables(), TimeSpan.FromSeconds(10));

        await first.DisposeAsync();
        await using var second = await (await ElectionAsync(storage2, "http://second")).AcquireAsync(stop.Token);

        Assert.Equal(2, second.Epoch);
        await new FencedTransactions(storage2).RunAsync(second.Epoch, c => c.ExecuteAsync("INSERT INTO druid_config (name, payload) VALUES ('second', '')"), stop.Token);
        release.SetResult();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => work);
        await using var connection = await storage2.Reads.OpenConnectionAsync(stop.Token);
        Assert.Equal(["second"], await connection.QueryAsync<string>("SELECT name FROM druid_config"));
    }

    [Fact]
    public async Task Candidate_that_gives_up_is_in_nobodys_way()
    {
        await using var storage = await MigratedAsync();
        using var stop = new CancellationTokenSource(Bound);
        using var givesUp = new CancellationTokenSource();
        var first = await (await ElectionAsync(storage, "http://first")).AcquireAsync(stop.Token);
        var second = (await ElectionAsync(storage, "http://second")).AcquireAsync(givesUp.Token);
        var third = (await ElectionAsync(storage, "http://third")).AcquireAsync(stop.Token);

        await givesUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await first.DisposeAsync();

        await using var term = await third;
        Assert.Equal(2, term.Epoch);
    }

    [Fact]
    public async Task Epochs_rise_when_the_kind_of_election_changes()
    {
        await using var storage = await MigratedAsync();
        using var stop = new CancellationTokenSource(Bound);
        await using (var first = await (await ElectionAsync(storage, "http://first")).AcquireAsync(stop.Token)) Assert.Equal(1, first.Epoch);
        await using (var second = await (await OtherKindAsync(storage, "http://second")).AcquireAsync(stop.Token)) Assert.Equal(2, second.Epoch);
        await using (var third = await (await ElectionAsync(storage, "http://third")).AcquireAsync(stop.Token)) Assert.Equal(3, third.Epoch);
    }

    private protected static PostgresElection Postgres(MetadataStorage storage, string url, TimeSpan? lease = null) =>
        new(storage, lease is { } given ? new LeadershipSettings { Url = url, Lease = given } : new LeadershipSettings { Url = url }, NullLogger<PostgresElection>.Instance);

    private protected static async Task LostAsync(ILeaderTerm term, CancellationToken stop)
    {
        var lost = new TaskCompletionSource();
        await using var registration = term.Lost.Register(() => lost.TrySetResult());
        await lost.Task.WaitAsync(stop);
    }

    /// <summary>The connection that holds epoch 1's doorbell.</summary>
    private protected static async Task TerminateLeaderAsync(MetadataStorage storage, CancellationToken stop)
    {
        await using var connection = await storage.Reads.OpenConnectionAsync(stop);
        var sessions = await connection.QueryAsync<int>("""
            SELECT a.pid FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid AND l.locktype = 'advisory' AND l.granted AND l.objid = 1
            WHERE a.datname = current_database() AND a.application_name = 'ingestion-election'
            """);
        Assert.True(await connection.QuerySingleAsync<bool>("SELECT pg_terminate_backend(@pid)", new { pid = sessions.First() }));
    }

    private protected async Task<MetadataStorage> MigratedAsync(TimeSpan? transactionTimeout = null)
    {
        var storage = new MetadataStorage(await postgres.CreateDatabaseAsync(), new MetadataTables(), transactionTimeout ?? TimeSpan.FromSeconds(10));
        await Migrator.RunAsync(storage);
        return storage;
    }
}
