using System.Text;
using System.Text.Json;
using Dapper;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Tasks;
using Ingestion.Supervisor.Naming;

namespace Ingestion.Overlord.Metadata;

/// <summary>Reads the tasks table.</summary>
public sealed class TaskStore(MetadataStorage storage, ILogger<TaskStore> logger)
{
    private const string Columns = "id AS Id, created_date AS CreatedDate, datasource AS DataSource, active AS Active, type AS Type, group_id AS GroupId, status_payload AS StatusPayload";

    private readonly string table = storage.Tables.Tasks;

    /// <summary>The active Kafka index tasks, oldest first. Rows that are not index tasks are skipped with a warning.</summary>
    public Task<IReadOnlyList<ActiveTask>> ActiveTasksAsync(CancellationToken stop = default) => ActiveTasksAsync("", new { kafka = IndexTaskPayload.KafkaType }, stop);

    /// <summary>Those of one supervisor. Its tasks are in its spec's dataSource, except those begun under an earlier spec that named another one: these are found by the
    /// group id, which Druid forms from the supervisor's.</summary>
    public async Task<IReadOnlyList<ActiveTask>> ActiveTasksAsync(string supervisorId, string dataSource, CancellationToken stop = default)
    {
        var tasks = await ActiveTasksAsync("AND (datasource = @dataSource OR group_id = @groupId)", new { kafka = IndexTaskPayload.KafkaType, dataSource, groupId = TaskNaming.Prefix + supervisorId }, stop);
        return [.. tasks.Where(t => t.Payload.Supervisor == supervisorId)];
    }

    private async Task<IReadOnlyList<ActiveTask>> ActiveTasksAsync(string condition, object parameters, CancellationToken stop)
    {
        await using var connection = await storage.Reads.OpenConnectionAsync(stop);
        var rows = await connection.QueryAsync<(string Id, string CreatedDate, byte[] Payload)>(new CommandDefinition($"""
            SELECT id, created_date, payload FROM {table} WHERE active AND (type IS NULL OR type = @kafka) {condition} ORDER BY created_date, id
            """, parameters, cancellationToken: stop));
        var tasks = new List<ActiveTask>();
        foreach (var (id, createdDate, payload) in rows)
        {
            try
            {
                tasks.Add(new ActiveTask(IndexTaskPayload.FromJson(payload), IsoTime.Read(createdDate)));
            }
            catch (Exception e) when (e is JsonException or FormatException)
            {
                logger.RowSkipped(id, table, e.Message);
            }
        }
        return tasks;
    }

    public async Task<StoredTask?> FindAsync(string taskId, CancellationToken stop = default) => (await StatusesAsync([taskId], stop)).SingleOrDefault();

    /// <summary>Those of the tasks that exist.</summary>
    public Task<IReadOnlyList<StoredTask>> StatusesAsync(IReadOnlyCollection<string> taskIds, CancellationToken stop = default) =>
        ReadAsync($"SELECT {Columns} FROM {table} WHERE id = ANY(@ids) ORDER BY id", new { ids = taskIds.ToArray() }, stop);

    /// <summary>The task's payload as it is stored.</summary>
    public async Task<string?> PayloadAsync(string taskId, CancellationToken stop = default)
    {
        await using var connection = await storage.Reads.OpenConnectionAsync(stop);
        var payload = await connection.QuerySingleOrDefaultAsync<byte[]>(new CommandDefinition($"SELECT payload FROM {table} WHERE id = @taskId", new { taskId }, cancellationToken: stop));
        return payload is null ? null : Encoding.UTF8.GetString(payload);
    }

    /// <summary>Tasks of whatever type, newest first.</summary>
    public Task<IReadOnlyList<StoredTask>> ListAsync(TaskFilter filter, CancellationToken stop = default)
    {
        var conditions = new List<string>();
        if (filter.Active is not null) conditions.Add("active = @active");
        if (filter.Since is not null) conditions.Add("created_date >= @since");
        if (filter.Until is not null) conditions.Add("created_date < @until");
        if (filter.DataSource is not null) conditions.Add("datasource = @dataSource");
        if (filter.Type is not null) conditions.Add("type = @type");
        var where = conditions.Count == 0 ? "" : "WHERE " + string.Join(" AND ", conditions);
        return ReadAsync($"SELECT {Columns} FROM {table} {where} ORDER BY created_date DESC, id LIMIT @limit", new
        {
            active = filter.Active, since = Write(filter.Since), until = Write(filter.Until), dataSource = filter.DataSource, type = filter.Type, limit = filter.Limit,
        }, stop);
    }

    private async Task<IReadOnlyList<StoredTask>> ReadAsync(string sql, object parameters, CancellationToken stop)
    {
        await using var connection = await storage.Reads.OpenConnectionAsync(stop);
        var tasks = new List<StoredTask>();
        foreach (var row in await connection.QueryAsync<Row>(new CommandDefinition(sql, parameters, cancellationToken: stop)))
        {
            try
            {
                var status = JsonSerializer.Deserialize(row.StatusPayload, ContractsJson.Default.IndexTaskStatus) ?? throw new JsonException("null is not a status");
                tasks.Add(new StoredTask(row.Id, IsoTime.Read(row.CreatedDate), row.DataSource, row.Active, row.Type, row.GroupId, status));
            }
            catch (Exception e) when (e is JsonException or FormatException)
            {
                logger.RowSkipped(row.Id, table, e.Message);
            }
        }
        return tasks;
    }

    private static string? Write(DateTimeOffset? instant) => instant is { } time ? IsoTime.Write(time) : null;

    private sealed record Row(string Id, string CreatedDate, string DataSource, bool Active, string? Type, string? GroupId, byte[] StatusPayload);
}
