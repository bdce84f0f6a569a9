using Dapper;
using Ingestion.Overlord.Metadata;
using Npgsql;

namespace Ingestion.Overlord.Leadership;

/// <summary>The only way to change metadata. Each transaction begins by taking the epoch row FOR KEY SHARE and comparing: a take-over, which changes
/// that key, waits until the transaction has ended, or comes first and is then seen here. Read committed; whoever needs more locks rows.</summary>
public sealed class FencedTransactions(MetadataStorage storage)
{
    private const string Fence = "SELECT epoch FROM ingestion_leader FOR KEY SHARE";

    /// <summary>Divides by zero unless the epoch is current.</summary>
    private const string FailingFence = "SELECT 1 / (epoch = @fencedEpoch)::int FROM ingestion_leader FOR KEY SHARE";

    /// <summary>Runs the work in a transaction of the epoch and commits. When this throws anything but an error of COMMIT itself, nothing was changed;
    /// when the connection breaks during COMMIT the outcome is unknown, so the work must be such that it can be asked for again.</summary>
    /// <param name="stop">Of the waiting for a connection, for the fence and for COMMIT. Every statement is given up after the transaction's time at the latest, also where nobody says that its connection is dead.</param>
    /// <exception cref="FencedException">The epoch is over.</exception>
    /// <exception cref="NpgsqlException">The database refused or is not there.</exception>
    public async Task<T> RunAsync<T>(long epoch, Func<NpgsqlConnection, Task<T>> work, CancellationToken stop = default)
    {
        await using var connection = await storage.Writes.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await CheckAsync(connection, epoch, stop);
        var result = await work(connection);
        await transaction.CommitAsync(stop);
        return result;
    }

    /// <inheritdoc cref="RunAsync{T}"/>
    public Task RunAsync(long epoch, Func<NpgsqlConnection, Task> work, CancellationToken stop = default) =>
        RunAsync(epoch, async connection =>
        {
            await work(connection);
            return true;
        }, stop);

    /// <summary>As <see cref="RunAsync{T}"/>, in a single round trip, for statements that need no answer: they go to the database behind the question for the epoch, which fails where another one is
    /// current. What comes in one go is one transaction, so the fence stands until its end and nothing of it is left when anything fails. Whether it was committed is unknown when the connection
    /// breaks or the caller gives up waiting.</summary>
    /// <exception cref="FencedException">The epoch is over; nothing was changed.</exception>
    /// <exception cref="NpgsqlException">The database refused or is not there.</exception>
    public async Task ExecuteAsync(long epoch, string statements, object parameters, CancellationToken stop = default)
    {
        await using var connection = await storage.Writes.OpenConnectionAsync(stop);
        var all = new DynamicParameters(parameters);
        all.Add("fencedEpoch", epoch);
        try { await connection.ExecuteAsync(new CommandDefinition($"{FailingFence}; {statements}", all, cancellationToken: stop)); }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DivisionByZero)
        {
            await CheckAsync(connection, epoch, stop);
            throw;
        }
    }

    private static async Task CheckAsync(NpgsqlConnection connection, long epoch, CancellationToken stop)
    {
        var current = await connection.QuerySingleAsync<long>(new CommandDefinition(Fence, cancellationToken: stop));
        if (current != epoch) throw new FencedException(epoch, current);
    }
}
