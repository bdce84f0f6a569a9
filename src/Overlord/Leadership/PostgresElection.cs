using Dapper;
using Ingestion.Overlord.Metadata;
using Npgsql;

namespace Ingestion.Overlord.Leadership;

/// <summary>Elects a leader through PostgreSQL. Each leader holds the advisory lock of its own epoch (the doorbell) on a live connection, and renews a
/// lease. Standbys wait for the current epoch's lock: who gets it, because the leader's connection is gone, or who finds the lease run
/// out by the database's clock, takes the next epoch's lock and raises the epoch row. A race for that has one winner, by the row.</summary>
public sealed partial class PostgresElection(MetadataStorage storage, LeadershipSettings settings, ILogger<PostgresElection> logger) : ILeaderElection
{
    private const long Doorbells = 0x494E4745L << 32;
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(20);

    public string Kind => "postgresql";

    public Task<ILeaderTerm> AcquireAsync(CancellationToken stop) => ConnectedAsync(async connection =>
    {
        var (epoch, _, left) = await CurrentAsync(connection, stop);
        var rang = await WaitForDoorbellAsync(connection, epoch, left, stop);
        var raised = await TryRaiseAsync(connection, epoch, unconditionally: rang, rang ? settings.Patience : settings.PatienceWithHung, stop);
        if (rang) await connection.ExecuteAsync("SELECT pg_advisory_unlock(@key)", new { key = Doorbells + epoch });
        return raised;
    }, stop);

    /// <summary>Raises the epoch whoever leads: for who has been elected elsewhere.</summary>
    internal Task<ILeaderTerm> TakeOverAsync(CancellationToken stop) => ConnectedAsync(async connection =>
    {
        var raised = await TryRaiseAsync(connection, (await CurrentAsync(connection, stop)).Epoch, unconditionally: true, settings.Patience, stop);
        if (raised is null) await Task.Delay(Least, stop); // another one raises it just now
        return raised;
    }, stop);

    public async Task<LeaderRow> CurrentAsync(CancellationToken stop = default)
    {
        await using var connection = await storage.Reads.OpenConnectionAsync(stop);
        return await CurrentAsync(connection, stop);
    }

    /// <param name="attempt">Null: to be tried again; else the epoch that was raised to, and when that was asked for.</param>
    private async Task<ILeaderTerm> ConnectedAsync(Func<NpgsqlConnection, Task<(long Epoch, long AskedAt)?>> attempt, CancellationToken stop)
    {
        var millis = (long)settings.TransactionTimeout.TotalMilliseconds;
        // The database ends each statement sooner than that: what has no answer by then has a connection that is dead, of which nobody told us.
        var text = new NpgsqlConnectionStringBuilder(storage.ConnectionString) { ApplicationName = "ingestion-election", Pooling = false, KeepAlive = 0, CommandTimeout = (int)Math.Ceiling(settings.Lease.TotalSeconds) };
        text.Options = $"{text.Options} -c statement_timeout={millis} -c idle_in_transaction_session_timeout={millis}".Trim();
        var connection = new NpgsqlConnection(text.ConnectionString);
        try
        {
            await connection.OpenAsync(stop);
            while (true)
            {
                stop.ThrowIfCancellationRequested();
                if (await attempt(connection) is var (epoch, askedAt)) return new PostgresTerm(connection, epoch, settings, askedAt);
            }
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async Task<LeaderRow> CurrentAsync(NpgsqlConnection connection, CancellationToken stop)
    {
        var (epoch, url, left) = await connection.QuerySingleAsync<(long, string?, double?)>(new CommandDefinition("""
            SELECT epoch, CASE WHEN lease_until > clock_timestamp() THEN leader_url END, extract(epoch FROM lease_until - clock_timestamp())::float8 FROM ingestion_leader
            """, cancellationToken: stop));
        return new LeaderRow(epoch, url, TimeSpan.FromSeconds(Math.Max(0, left ?? 0)));
    }

    /// <summary>False when the lease has run out, or after a part of it: then it is time to look whether the leader has hung.</summary>
    private async Task<bool> WaitForDoorbellAsync(NpgsqlConnection connection, long epoch, TimeSpan left, CancellationToken stop)
    {
        var wait = left + Least < settings.RenewEvery ? left + Least : settings.RenewEvery;
        await SetLockTimeoutAsync(connection, wait);
        try
        {
            await connection.ExecuteAsync(new CommandDefinition("SELECT pg_advisory_lock(@key)", new { key = Doorbells + epoch }, cancellationToken: stop));
            return true;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return false;
        }
    }

    /// <summary>Null when someone else raised the epoch, the lease still runs, or the row cannot be had.</summary>
    private async Task<(long Epoch, long AskedAt)?> TryRaiseAsync(NpgsqlConnection connection, long epoch, bool unconditionally, TimeSpan patience, CancellationToken stop)
    {
        var next = Doorbells + epoch + 1;
        // Held before the epoch is visible: who reads the new epoch finds its doorbell taken. While it is held nobody else raises to this epoch.
        if (!await connection.QuerySingleAsync<bool>("SELECT pg_try_advisory_lock(@next)", new { next })) return null;
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var askedAt = ActingTime.Now;
            try
            {
                await SetLockTimeoutAsync(connection, patience);
                // One statement that commits by itself: a candidate that hangs here holds no lock for long. It changes the key, which takes the row FOR UPDATE.
                var raised = await connection.ExecuteAsync(new CommandDefinition("""
                    UPDATE ingestion_leader
                    SET epoch = epoch + 1, leader_url = @url, raised_at = clock_timestamp(), lease_until = clock_timestamp() + @lease, last_seen = greatest(clock_timestamp(), @now)
                    WHERE epoch = @epoch AND (@unconditionally OR lease_until IS NULL OR lease_until < clock_timestamp())
                    """, new { url = settings.Url, lease = settings.InDatabase, epoch, unconditionally, now = DateTime.UtcNow }, cancellationToken: stop));
                if (raised == 1) return (epoch + 1, askedAt);
                break;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                await TerminateHoldersAsync(connection, epoch, stop);
            }
        }
        await connection.ExecuteAsync("SELECT pg_advisory_unlock(@next)", new { next });
        return null;
    }

    /// <summary>Ends transactions of the old epoch that hold the row: a leader that was stopped in the middle of one would hold up its successor for as long as it is stopped.</summary>
    private async Task TerminateHoldersAsync(NpgsqlConnection connection, long epoch, CancellationToken stop)
    {
        // Materialized: the planner must not terminate first and look then whom.
        var ended = (await connection.QueryAsync<int>(new CommandDefinition($"""
            WITH holders AS MATERIALIZED (
              SELECT DISTINCT a.pid FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
              WHERE l.locktype = 'relation' AND l.relation = 'ingestion_leader'::regclass AND l.mode = 'RowShareLock' AND l.granted
                AND a.datname = current_database() AND a.application_name = '{MetadataStorage.LeaderApplication}')
            SELECT pid FROM holders WHERE pg_terminate_backend(pid)
            """, cancellationToken: stop))).ToList();
        LogTerminated(ended.Count, epoch, string.Join(", ", ended));
    }

    private static Task SetLockTimeoutAsync(NpgsqlConnection connection, TimeSpan timeout) => connection.ExecuteAsync($"SET lock_timeout = {Math.Max(1, (long)timeout.TotalMilliseconds)}");

    [LoggerMessage(2100, LogLevel.Warning, "Taking over: terminated {Count} transactions of epoch {Epoch} that held it up (backends {Pids})")]
    private partial void LogTerminated(int count, long epoch, string pids);
}
