using Dapper;
using Ingestion.Overlord.Metadata;
using Npgsql;

namespace Ingestion.Overlord.Leadership;

/// <summary>Elects a leader through PostgreSQL. Each leader holds the advisory lock of its own epoch (the doorbell) on a live connection, and renews a
/// lease. Standbys wait for the current epoch's lock: who gets it, because the leader's connection is gone, or who finds the lease run
/// out by the database's clock, takes the next epoch's lock and raises the epoch row. A race for that has one winner, by the row.</summary>
public sealed class LeaderElection(MetadataStorage storage, LeadershipSettings settings)
{
    private const long Doorbells = 0x494E4745L << 32;

    /// <summary>Waits until this overlord leads. Errors of the database are the caller's to retry.</summary>
    /// <exception cref="NpgsqlException">The database refused or is not there.</exception>
    public async Task<LeaderTerm> AcquireAsync(CancellationToken stop)
    {
        var text = new NpgsqlConnectionStringBuilder(storage.ConnectionString) { ApplicationName = "ingestion-election", Pooling = false, KeepAlive = 0, CommandTimeout = 0 };
        var connection = new NpgsqlConnection(text.ConnectionString);
        try
        {
            await connection.OpenAsync(stop);
            while (true)
            {
                stop.ThrowIfCancellationRequested();
                var epoch = await connection.QuerySingleAsync<long>("SELECT epoch FROM ingestion_leader");
                var rang = await WaitForDoorbellAsync(connection, epoch, stop);
                var raised = await TryRaiseAsync(connection, epoch, rang, stop);
                if (rang) await connection.ExecuteAsync("SELECT pg_advisory_unlock(@key)", new { key = Doorbells + epoch });
                if (raised is { } askedAt) return new LeaderTerm(connection, epoch + 1, settings, askedAt);
            }
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>The URL of the overlord whose lease runs; null when nobody leads.</summary>
    public async Task<string?> LeaderUrlAsync(CancellationToken stop = default)
    {
        await using var connection = await storage.Reads.OpenConnectionAsync(stop);
        return await connection.QuerySingleOrDefaultAsync<string?>("SELECT leader_url FROM ingestion_leader WHERE lease_until > clock_timestamp()");
    }

    /// <summary>False after a part of the lease: then it is time to look whether the leader has hung.</summary>
    private async Task<bool> WaitForDoorbellAsync(NpgsqlConnection connection, long epoch, CancellationToken stop)
    {
        await connection.ExecuteAsync($"SET lock_timeout = {(long)settings.RenewEvery.TotalMilliseconds}");
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

    /// <summary>When the renewal's clock starts, taken before asking; null when someone else raised the epoch, or the lease still runs.</summary>
    private async Task<long?> TryRaiseAsync(NpgsqlConnection connection, long epoch, bool rang, CancellationToken stop)
    {
        var next = Doorbells + epoch + 1;
        // Held before the epoch is visible: who reads the new epoch finds its doorbell taken.
        if (!await connection.QuerySingleAsync<bool>("SELECT pg_try_advisory_lock(@next)", new { next })) return null;
        var askedAt = Environment.TickCount64;
        var raised = 0;
        try
        {
            raised = await connection.ExecuteAsync(new CommandDefinition("""
                UPDATE ingestion_leader
                SET epoch = epoch + 1, leader_url = @url, raised_at = clock_timestamp(), lease_until = clock_timestamp() + @lease
                WHERE epoch = @epoch AND (@rang OR lease_until IS NULL OR lease_until < clock_timestamp())
                """, new { url = settings.Url, lease = settings.Lease, epoch, rang }, cancellationToken: stop));
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            // A transaction of the old epoch is under way; its timeouts end it.
        }
        if (raised == 1) return askedAt;
        await connection.ExecuteAsync("SELECT pg_advisory_unlock(@next)", new { next });
        return null;
    }
}
