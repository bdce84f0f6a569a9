using Npgsql;

namespace Ingestion.Overlord.Metadata;

/// <summary>The metadata database: where it is, what Druid's tables are called, and two pools of connections.</summary>
public sealed class MetadataStorage : IAsyncDisposable
{
    /// <param name="connectionString">As Npgsql reads it.</param>
    /// <param name="transactionTimeout">Of the leader: the longest that one of its statements runs, or that its transaction idles. Shorter than the lease,
    /// so that a leader that hangs in a transaction holds up its successor no longer.</param>
    public MetadataStorage(string connectionString, MetadataTables tables, TimeSpan transactionTimeout)
    {
        ConnectionString = connectionString;
        Tables = tables;
        Reads = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "ingestion-overlord" });
        var millis = (long)transactionTimeout.TotalMilliseconds;
        var writes = new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "ingestion-leader" };
        writes.Options = $"{writes.Options} -c statement_timeout={millis} -c idle_in_transaction_session_timeout={millis}".Trim();
        Writes = NpgsqlDataSource.Create(writes);
    }

    public MetadataTables Tables { get; }

    internal string ConnectionString { get; }

    /// <summary>For queries outside a fenced transaction.</summary>
    internal NpgsqlDataSource Reads { get; }

    /// <summary>For fenced transactions only.</summary>
    internal NpgsqlDataSource Writes { get; }

    public async ValueTask DisposeAsync()
    {
        await Reads.DisposeAsync();
        await Writes.DisposeAsync();
    }
}
