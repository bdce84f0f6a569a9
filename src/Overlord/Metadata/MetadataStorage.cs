using Npgsql;

namespace Ingestion.Overlord.Metadata;

/// <summary>The metadata database: where it is, what Druid's tables are called, and two pools of connections.</summary>
public sealed class MetadataStorage : IAsyncDisposable
{
    /// <param name="connectionString">As Npgsql reads it.</param>
    /// <param name="transactionTimeout">Of the leader: the longest that one of its statements runs, or that its transaction idles. Shorter than the lease,
    /// so that a leader that hangs in a transaction holds up its successor no longer. The leader waits no longer for an answer either: on a connection that died unnoticed none would come.</param>
    public MetadataStorage(string connectionString, MetadataTables tables, TimeSpan transactionTimeout)
    {
        ConnectionString = connectionString;
        Tables = tables;
        // Compiling (jit) takes longer than any of our queries does.
        Reads = NpgsqlDataSource.Create(Pool("ingestion-overlord", "-c jit=off"));
        var millis = (long)transactionTimeout.TotalMilliseconds;
        var writes = Pool(LeaderApplication, $"-c jit=off -c statement_timeout={millis} -c idle_in_transaction_session_timeout={millis}");
        writes.Timeout = writes.CommandTimeout = Math.Max(1, (int)Math.Ceiling(transactionTimeout.TotalSeconds));
        writes.CancellationTimeout = (int)Math.Clamp(millis / CancellationShare, 1, LongestCancellation);
        Writes = NpgsqlDataSource.Create(writes);
    }

    /// <summary>What connections for fenced transactions are called: a take-over terminates those that hold it up, and no others.</summary>
    internal const string LeaderApplication = "ingestion-leader";

    /// <summary>Bytes: most payloads come with one read, and a transaction that goes in one write is never left half sent.</summary>
    private const int PayloadBuffer = 65_536;

    /// <summary>Connections of a pool, at most: as many as do any good, and few enough that some overlords fit into PostgreSQL's default of 100.</summary>
    private const int PoolSize = 16;

    /// <summary>Of the transaction's time: for how long PostgreSQL is waited for to confirm that it has given a statement up, before the connection is taken for dead. With that time together it is less than the lease.</summary>
    private const int CancellationShare = 8;

    /// <summary>In ms; Npgsql's default.</summary>
    private const int LongestCancellation = 2_000;

    public MetadataTables Tables { get; }

    internal string ConnectionString { get; }

    /// <summary>For queries outside a fenced transaction.</summary>
    internal NpgsqlDataSource Reads { get; }

    /// <summary>For fenced transactions only.</summary>
    internal NpgsqlDataSource Writes { get; }

    /// <summary>Connections that stay open however long nothing happens: a rollover after an hour of reading does not wait for a handshake.</summary>
    private const int Ready = 2;

    /// <summary>Statements that a connection keeps prepared: about as many as there are.</summary>
    private const int Prepared = 64;

    private NpgsqlConnectionStringBuilder Pool(string name, string options)
    {
        var text = new NpgsqlConnectionStringBuilder(ConnectionString) { ApplicationName = name, ReadBufferSize = PayloadBuffer, WriteBufferSize = PayloadBuffer, MaxPoolSize = PoolSize, MinPoolSize = Ready, MaxAutoPrepare = Prepared };
        text.Options = $"{text.Options} {options}".Trim();
        return text;
    }

    public async ValueTask DisposeAsync()
    {
        await Reads.DisposeAsync();
        await Writes.DisposeAsync();
    }
}
