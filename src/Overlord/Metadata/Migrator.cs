using System.Reflection;
using Dapper;
using Npgsql;

namespace Ingestion.Overlord.Metadata;

/// <summary>Brings the database up to this program: each script of <c>migrations/</c> once, in order of its name, forward only. Overlords that start at
/// once take turns by an advisory lock; all scripts of a run are one transaction.</summary>
public static class Migrator
{
    private const long AdvisoryLock = 0x494E47455354_0001;
    private const string Prefix = "migrations/";

    /// <summary>Returns the names of the scripts that this run applied.</summary>
    /// <exception cref="PostgresException">A script failed; nothing of this run stays.</exception>
    public static async Task<IReadOnlyList<string>> RunAsync(MetadataStorage storage, CancellationToken stop = default)
    {
        await using var connection = await storage.Reads.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await connection.ExecuteAsync("SELECT pg_advisory_xact_lock(@key)", new { key = AdvisoryLock });
        // Not IF NOT EXISTS alone: that would print a notice into the server's log on each start.
        if (await connection.ExecuteScalarAsync<string?>("SELECT to_regclass('ingestion_migrations')::text") is null)
            await connection.ExecuteAsync("CREATE TABLE ingestion_migrations (name TEXT PRIMARY KEY, applied_at TIMESTAMPTZ NOT NULL DEFAULT now())");
        var applied = (await connection.QueryAsync<string>("SELECT name FROM ingestion_migrations")).ToHashSet();

        var assembly = typeof(Migrator).Assembly;
        var pending = assembly.GetManifestResourceNames().Where(r => r.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Where(r => !applied.Contains(r[Prefix.Length..])).ToList();
        foreach (var resource in pending)
        {
            await connection.ExecuteAsync(storage.Tables.Fill(await ReadAsync(assembly, resource, stop)));
            await connection.ExecuteAsync("INSERT INTO ingestion_migrations (name) VALUES (@name)", new { name = resource[Prefix.Length..] });
        }
        await transaction.CommitAsync(stop);
        return [.. pending.Select(r => r[Prefix.Length..])];
    }

    /// <summary>The id that the first migration gave this cluster.</summary>
    public static async Task<Guid> ClusterIdAsync(MetadataStorage storage, CancellationToken stop = default)
    {
        await using var connection = await storage.Reads.OpenConnectionAsync(stop);
        return await connection.QuerySingleAsync<Guid>("SELECT cluster_id FROM ingestion_cluster");
    }

    private static async Task<string> ReadAsync(Assembly assembly, string resource, CancellationToken stop)
    {
        await using var stream = assembly.GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(stop);
    }
}
