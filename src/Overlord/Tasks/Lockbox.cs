using System.Text.Json;
using Dapper;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Tasks.Core;
using Npgsql;

namespace Ingestion.Overlord.Tasks;

/// <summary>Keeps the task locks in the tasklocks table, and nowhere else: each request reads the locks of the dataSource's active tasks in its own
/// transaction, so there is nothing to load at a take-over and nothing that could differ from the database. Requests on one dataSource take
/// turns by an advisory lock. Rows that cannot be read are skipped with a warning; rows of tasks that are over do not count.</summary>
public sealed class Lockbox(MetadataStorage storage, ILogger<Lockbox> logger)
{
    private const int TurnClass = 0x6C6F636B; // "lock": the first key of the advisory locks, the second hashes the dataSource

    private readonly MetadataTables tables = storage.Tables;

    /// <summary>Within a transaction: waits until no other transaction grants a lock, allocates or publishes in the dataSource, and keeps it so until the end.
    /// To be called before the task's row is held: in another order two could deadlock.</summary>
    internal static Task TakeTurnAsync(NpgsqlConnection connection, string dataSource) =>
        connection.ExecuteAsync("SELECT pg_advisory_xact_lock(@TurnClass, hashtext(@dataSource))", new { TurnClass, dataSource });

    /// <summary>Within a transaction that has its turn: decides and writes.</summary>
    internal async Task<LockDecision> RequestAsync(NpgsqlConnection connection, LockRequest request)
    {
        var decision = LockTable.Decide(request, await HeldAsync(connection, request.DataSource));
        if (decision is not LockDecision.Grant grant) return decision;
        foreach (var revoked in grant.Revoke)
        {
            logger.LockRevoked(revoked.Lock.Interval.ToString(), request.DataSource, revoked.TaskId, request.TaskId);
            await connection.ExecuteAsync($"UPDATE {tables.TaskLock} SET lock_payload = @payload WHERE id = @RowId", new { payload = Bytes(revoked.Lock with { Revoked = true }), revoked.RowId });
        }
        await connection.ExecuteAsync($"INSERT INTO {tables.TaskLock} (task_id, lock_payload) VALUES (@TaskId, @payload)", new { request.TaskId, payload = Bytes(grant.Lock) });
        return decision;
    }

    /// <summary>Within a transaction: the task's locks, which nobody can then revoke before it ends.</summary>
    internal Task<IReadOnlyList<HeldLock>> OfTaskAsync(NpgsqlConnection connection, string taskId) =>
        ReadAsync(connection, $"SELECT id, task_id, lock_payload FROM {tables.TaskLock} WHERE task_id = @taskId ORDER BY id FOR SHARE", new { taskId });

    internal async Task ReleaseAsync(NpgsqlConnection connection, string taskId, Interval interval)
    {
        var released = (await OfTaskAsync(connection, taskId)).Where(h => h.Lock.Interval == interval).Select(h => h.RowId).ToArray();
        await connection.ExecuteAsync($"DELETE FROM {tables.TaskLock} WHERE id = ANY(@released)", new { released });
    }

    /// <summary>The locks that active tasks hold, by dataSource: for the API.</summary>
    public async Task<IReadOnlyList<HeldLock>> HeldAsync(string dataSource, CancellationToken stop = default)
    {
        await using var connection = await storage.Reads.OpenConnectionAsync(stop);
        return await HeldAsync(connection, dataSource);
    }

    /// <summary>Deletes the rows of tasks that are over or unknown. They do no harm; this is for tidiness after a take-over.</summary>
    public static Task<int> RemoveStaleAsync(FencedTransactions transactions, MetadataTables tables, long epoch, CancellationToken stop = default) => transactions.RunAsync(epoch,
        connection => connection.ExecuteAsync($"DELETE FROM {tables.TaskLock} l WHERE NOT EXISTS (SELECT 1 FROM {tables.Tasks} t WHERE t.id = l.task_id AND t.active)"), stop);

    private Task<IReadOnlyList<HeldLock>> HeldAsync(NpgsqlConnection connection, string dataSource) => ReadAsync(connection, $"""
        SELECT l.id, l.task_id, l.lock_payload FROM {tables.Tasks} t JOIN {tables.TaskLock} l ON l.task_id = t.id
        WHERE t.datasource = @dataSource AND t.active ORDER BY l.id
        """, new { dataSource });

    private async Task<IReadOnlyList<HeldLock>> ReadAsync(NpgsqlConnection connection, string sql, object parameters)
    {
        var locks = new List<HeldLock>();
        foreach (var (id, taskId, payload) in await connection.QueryAsync<(long, string, byte[]?)>(sql, parameters))
        {
            try
            {
                locks.Add(new HeldLock(id, taskId, JsonSerializer.Deserialize(payload, ContractsJson.Default.TaskLock) ?? throw new JsonException("null is not a lock")));
            }
            catch (JsonException e)
            {
                logger.LockSkipped(id, taskId, e.Message);
            }
        }
        return locks;
    }

    private static byte[] Bytes(TaskLock taskLock) => JsonSerializer.SerializeToUtf8Bytes(taskLock, ContractsJson.Default.TaskLock);
}
