using System.Text.Json;
using Dapper;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Metadata;
using Npgsql;

namespace Ingestion.Overlord.Tasks;

/// <summary>The task rows behind task actions: only an active task may act.</summary>
internal sealed class ActiveTaskRows(MetadataTables tables)
{
    private const int StreamingPriority = 75;

    /// <summary>Within a transaction: the task, which stays active until the transaction ends, because finishing it waits for the row's lock.</summary>
    /// <exception cref="TaskActionFailedException">The task is unknown or no longer active.</exception>
    public async Task<IndexTaskPayload> HoldAsync(NpgsqlConnection connection, string taskId)
    {
        var row = await connection.QuerySingleOrDefaultAsync<Row>($"SELECT active AS Active, payload AS Payload FROM {tables.Tasks} WHERE id = @taskId FOR SHARE", new { taskId })
            ?? throw new TaskActionFailedException($"Task[{taskId}] is unknown");
        if (!row.Active) throw new TaskActionFailedException($"Task[{taskId}] is not active: it has ended or was stopped, and may neither allocate nor publish");
        try
        {
            return IndexTaskPayload.FromJson(row.Payload);
        }
        catch (JsonException e)
        {
            throw new TaskActionFailedException($"Task[{taskId}] is not a Kafka index task: {e.Message}");
        }
    }

    /// <exception cref="TaskActionFailedException">The task is unknown.</exception>
    public async Task<string> DataSourceAsync(NpgsqlConnection connection, string taskId) =>
        await connection.QuerySingleOrDefaultAsync<string>($"SELECT datasource FROM {tables.Tasks} WHERE id = @taskId", new { taskId })
        ?? throw new TaskActionFailedException($"Task[{taskId}] is unknown");

    /// <summary>The lock priority, which the task's context may set.</summary>
    public static int Priority(IndexTaskPayload task) =>
        task.Context is { ValueKind: JsonValueKind.Object } context && context.TryGetProperty("priority", out var priority) && priority.TryGetInt32(out var value) ? value : StreamingPriority;

    private sealed record Row(bool Active, byte[] Payload);
}
