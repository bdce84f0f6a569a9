using System.Text.Json;
using Dapper;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Leadership;
using Ingestion.Supervisor;
using Npgsql;

namespace Ingestion.Overlord.Metadata;

/// <summary>Commits what a supervisor's step recorded: all of it or nothing, in one transaction of the epoch. Each record can be committed again without
/// doing more, except that a spec or a tombstone is then one more version, which says the same.</summary>
public sealed class RecordCommitter(MetadataStorage storage, FencedTransactions transactions, TimeProvider time)
{
    private readonly MetadataTables tables = storage.Tables;
    private readonly OffsetRecords offsets = new(storage.Tables);
    private readonly AuditLog audit = new(storage.Tables);
    private readonly string insertTasks = $"""
        INSERT INTO {storage.Tables.Tasks} (id, created_date, datasource, payload, status_payload, active, type, group_id)
        SELECT id, created_date, datasource, payload, status_payload, TRUE, type, group_id
        FROM unnest(@ids, @createdDates, @dataSources, @payloads, @statuses, @types, @groupIds) AS begun (id, created_date, datasource, payload, status_payload, type, group_id)
        ON CONFLICT (id) DO NOTHING
        """;

    /// <exception cref="FencedException">The epoch is over; nothing was recorded.</exception>
    /// <exception cref="OffsetsMovedException">Other offsets are committed than a record expects; nothing was recorded.</exception>
    /// <exception cref="NpgsqlException">The database refused or is not there. The outcome is known only after reading.</exception>
    public Task CommitAsync(long epoch, IReadOnlyList<Record> records, AuditContext? context = null, CancellationToken stop = default)
    {
        if (records.Count == 0) return Task.CompletedTask;
        // What a rollover records: its readers stand still until it is.
        List<Record.InsertTask> begun = [.. records.OfType<Record.InsertTask>().OrderBy(t => t.Payload.Id, StringComparer.Ordinal)];
        if (begun.Count == records.Count) return transactions.ExecuteAsync(epoch, insertTasks, TaskRows(begun), stop);
        return transactions.RunAsync(epoch, async connection =>
        {
            var ended = new HashSet<AllocatorGroup>();
            foreach (var finish in records.OfType<Record.FinishTask>()) ended.UnionWith(await FinishTaskAsync(connection, finish.Status));
            // A group that a reset makes anew from the same offsets has the same name, and must not be given segments that were published before the reset.
            var isReset = records.Any(r => r is Record.DeleteOffsets or Record.MoveOffsets);
            if (isReset) await RemovePendingSegmentsAsync(connection, ended);
            if (begun.Count > 0) await connection.ExecuteAsync(insertTasks, TaskRows(begun));
            foreach (var record in records) await AppendAsync(connection, record, context ?? AuditContext.Overlord);
            if (!isReset) await RemovePendingSegmentsAsync(connection, ended); // last: successors of the group go on with its allocations
            // A publish holds its task's row when it asks for the offsets': in another order we could each wait for the other.
            foreach (var record in records) await offsets.ApplyAsync(connection, record, time.GetUtcNow());
            foreach (var record in records)
                if (Moved(record) is var (supervisorId, change)) await audit.WriteAsync(connection, supervisorId, change, context ?? AuditContext.Overlord, time.GetUtcNow());
        }, stop);
    }

    private Task AppendAsync(NpgsqlConnection connection, Record record, AuditContext context) => record switch
    {
        Record.InsertTask or Record.FinishTask or Record.DeleteOffsets or Record.MoveOffsets => Task.CompletedTask, // theirs is another turn
        Record.AppendSpec append => AppendSpecAsync(connection, append.Spec.Id, append.Spec.Json, $"Update supervisor[{append.Spec.Id}] for datasource[[{append.Spec.DataSource}]]", context),
        Record.AppendTombstone tombstone => AppendSpecAsync(connection, tombstone.SupervisorId, StoredSpec.Tombstone(tombstone.DataSource),
            $"Terminate supervisor[{tombstone.SupervisorId}] for datasource[[{tombstone.DataSource}]]", context),
        _ => throw new ArgumentOutOfRangeException(nameof(record), record, "is a record that has no table"),
    };

    /// <summary>What a record does to the offsets, for the audit; null: nothing.</summary>
    private static (string SupervisorId, string Change)? Moved(Record record) => record switch
    {
        Record.DeleteOffsets delete => (delete.SupervisorId, $"Delete the offsets of supervisor[{delete.SupervisorId}]"),
        Record.MoveOffsets move => (move.SupervisorId, $"Move the offsets of supervisor[{move.SupervisorId}] in stream[{move.Stream}] to {JsonSerializer.Serialize(move.Offsets, ContractsJson.Default.PartitionOffsets)}"),
        _ => null,
    };

    private static object TaskRows(IReadOnlyList<Record.InsertTask> begun) => new
    {
        ids = begun.Select(t => t.Payload.Id).ToArray(),
        createdDates = begun.Select(t => IsoTime.Write(t.CreatedAt)).ToArray(),
        dataSources = begun.Select(t => t.Payload.DataSource).ToArray(),
        payloads = begun.Select(t => StoredJson.Bytes(t.Payload.ToJson())).ToArray(),
        statuses = begun.Select(t => StatusBytes(IndexTaskStatus.Running(t.Payload.Id))).ToArray(),
        types = begun.Select(t => t.Payload.Type).ToArray(),
        groupIds = begun.Select(t => t.Payload.GroupId).ToArray(),
    };

    /// <summary>The row lock that this update takes waits for a publish of the task that is under way, and none can begin after it.</summary>
    private async Task<AllocatorGroup[]> FinishTaskAsync(NpgsqlConnection connection, IndexTaskStatus status)
    {
        var payload = await connection.QuerySingleOrDefaultAsync<byte[]>($"""
            UPDATE {tables.Tasks} SET active = FALSE, status_payload = @status WHERE id = @id AND active RETURNING payload
            """, new { id = status.Id, status = StatusBytes(status) });
        await connection.ExecuteAsync($"DELETE FROM {tables.TaskLock} WHERE task_id = @id", new { id = status.Id });
        return payload is not null && Group(payload) is { } group ? [group] : [];
    }

    /// <summary>A task group's allocations serve its replicas and their successors; they go with the last of them.</summary>
    private async Task RemovePendingSegmentsAsync(NpgsqlConnection connection, IEnumerable<AllocatorGroup> ended)
    {
        foreach (var group in ended) await RemovePendingSegmentsAsync(connection, group);
    }

    private async Task RemovePendingSegmentsAsync(NpgsqlConnection connection, AllocatorGroup group)
    {
        var active = await connection.QueryAsync<byte[]>($"SELECT payload FROM {tables.Tasks} WHERE datasource = @DataSource AND active", new { group.DataSource });
        if (active.Any(payload => Group(payload) == group)) return;
        await connection.ExecuteAsync($"DELETE FROM {tables.PendingSegments} WHERE datasource = @DataSource AND task_allocator_id = @Id", new { group.DataSource, group.Id });
    }

    private async Task AppendSpecAsync(NpgsqlConnection connection, string specId, string json, string change, AuditContext context)
    {
        var now = time.GetUtcNow();
        await connection.ExecuteAsync($"INSERT INTO {tables.Supervisors} (spec_id, created_date, payload) VALUES (@specId, @createdDate, @payload)",
            new { specId, createdDate = IsoTime.Write(now), payload = StoredJson.Bytes(json) });
        await audit.WriteAsync(connection, specId, change, context, now);
    }

    private static byte[] StatusBytes(IndexTaskStatus status) => JsonSerializer.SerializeToUtf8Bytes(status, ContractsJson.Default.IndexTaskStatus);

    /// <summary>Null for a row that is no index task (one of another type, say): it has no part in allocator groups.</summary>
    private static AllocatorGroup? Group(byte[] payload)
    {
        try
        {
            var task = IndexTaskPayload.FromJson(payload);
            return new AllocatorGroup(task.DataSource, task.Resource.AvailabilityGroup);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Tasks that share allocations: Druid's task allocator id, which for index tasks is the availability group.</summary>
    private readonly record struct AllocatorGroup(string DataSource, string Id);
}
