using Dapper;
using Ingestion.Overlord.Metadata;
using Npgsql;

namespace Ingestion.Overlord.Leadership;

/// <summary>The only way to change metadata. Each transaction begins by taking the epoch row FOR KEY SHARE and comparing: a take-over, which changes
/// that key, waits until the transaction has ended, or comes first and is then seen here. Read committed; whoever needs more locks rows.</summary>
public sealed class FencedTransactions(MetadataStorage storage)
{
    private const string Fence = "SELECT epoch FROM ingestion_leader FOR KEY SHARE";

    /// <summary>Runs the work in a transaction of the epoch and commits. When this throws anything but an error of COMMIT itself, nothing was changed;
    /// when the connection breaks during COMMIT the outcome is unknown, so the work must be such that it can be asked for again.</summary>
    /// <exception cref="FencedException">The epoch is over.</exception>
    /// <exception cref="NpgsqlException">The database refused or is not there.</exception>
    public async Task<T> RunAsync<T>(long epoch, Func<NpgsqlConnection, Task<T>> work, CancellationToken stop = default)
    {
        await using var connection = await storage.Writes.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        Check(epoch, await connection.QuerySingleAsync<long>(Fence));
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

    /// <summary>For a condition of statements that go to the database with <see cref="ExecuteAsync"/>; it has a parameter <c>epoch</c>.</summary>
    public const string IsCurrent = "EXISTS (SELECT FROM ingestion_leader WHERE epoch = @epoch)";

    /// <summary>As <see cref="RunAsync{T}"/>, in a single round trip, for statements that need no answer and do nothing unless <see cref="IsCurrent"/>: they go to the database together with the
    /// question for the epoch. What comes in one go is one transaction, and the fence stands until its end.</summary>
    /// <inheritdoc cref="RunAsync{T}"/>
    public async Task ExecuteAsync(long epoch, string statements, object parameters, CancellationToken stop = default)
    {
        await using var connection = await storage.Writes.OpenConnectionAsync(stop);
        await using var results = await connection.QueryMultipleAsync(new CommandDefinition($"{Fence}; {statements}", parameters, cancellationToken: stop));
        Check(epoch, await results.ReadSingleAsync<long>());
    }

    private static void Check(long epoch, long current)
    {
        if (current != epoch) throw new FencedException(epoch, current);
    }
}
