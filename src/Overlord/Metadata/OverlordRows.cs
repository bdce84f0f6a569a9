using Dapper;
using Npgsql;

namespace Ingestion.Overlord.Metadata;

/// <summary>The overlords of this cluster, leading or not: each keeps a row of its own, renewed as long as it runs.</summary>
internal sealed class OverlordRows(MetadataStorage storage)
{
    /// <summary>How long a row counts that is not renewed.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(30), Kept = TimeSpan.FromDays(1);

    /// <summary>Whether the table is there: whoever stands for election brings the database up to date.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken stop)
    {
        await using var connection = await storage.Reads.OpenConnectionAsync(stop);
        return await connection.ExecuteScalarAsync<string?>(new CommandDefinition("SELECT to_regclass('ingestion_overlord')::text", cancellationToken: stop)) is not null;
    }

    /// <summary>Renews the own row.</summary>
    /// <returns>The cluster's id, and all rows of the same environment that count, the own one included, ordered by URL.</returns>
    /// <exception cref="NpgsqlException">The database refused or is not there.</exception>
    public async Task<(string ClusterId, IReadOnlyList<OverlordRow> Overlords)> RenewAsync(OverlordRow own, CancellationToken stop)
    {
        await using var connection = await storage.Reads.OpenConnectionAsync(stop);
        await connection.ExecuteAsync(new CommandDefinition("""
            INSERT INTO ingestion_overlord (url, environment, release, protocol, seen_at) VALUES (@Url, @Environment, @Release, @Protocol, clock_timestamp())
            ON CONFLICT (url) DO UPDATE SET environment = excluded.environment, release = excluded.release, protocol = excluded.protocol, seen_at = excluded.seen_at
            """, own, cancellationToken: stop));
        await connection.ExecuteAsync(new CommandDefinition("DELETE FROM ingestion_overlord WHERE seen_at < clock_timestamp() - @Kept", new { Kept }, cancellationToken: stop));
        var rows = await connection.QueryAsync<OverlordRow>(new CommandDefinition(
            "SELECT url, environment, release, protocol FROM ingestion_overlord WHERE environment = @Environment AND seen_at > clock_timestamp() - @MaxAge ORDER BY url", new { own.Environment, MaxAge }, cancellationToken: stop));
        var cluster = await connection.QuerySingleAsync<Guid>(new CommandDefinition("SELECT cluster_id FROM ingestion_cluster", cancellationToken: stop));
        return (cluster.ToString(), [.. rows]);
    }

    /// <summary>The overlord at this URL ends.</summary>
    public async Task RemoveAsync(string url, CancellationToken stop)
    {
        await using var connection = await storage.Reads.OpenConnectionAsync(stop);
        await connection.ExecuteAsync(new CommandDefinition("DELETE FROM ingestion_overlord WHERE url = @url", new { url }, cancellationToken: stop));
    }
}

/// <param name="Url">Base URL, without a slash at its end.</param>
internal sealed record OverlordRow(string Url, string Environment, string Release, string Protocol);
