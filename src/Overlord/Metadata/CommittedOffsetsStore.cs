using System.Text.Json;
using Dapper;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Stream;

namespace Ingestion.Overlord.Metadata;

/// <summary>Reads the committed offsets: Druid's dataSource metadata, whose key is the supervisor's id. What writes it is the publish.</summary>
public sealed class CommittedOffsetsStore(MetadataStorage storage, ILogger<CommittedOffsetsStore> logger)
{
    private readonly string table = storage.Tables.DataSource;

    /// <summary>Null when nothing has been committed.</summary>
    /// <exception cref="JsonException">The row cannot be read. Taking it for absent would mean to read again what was committed.</exception>
    public async Task<KafkaDataSourceMetadata?> FindAsync(string supervisorId, CancellationToken stop = default)
    {
        await using var connection = await storage.Reads.OpenConnectionAsync(stop);
        var payload = await connection.QuerySingleOrDefaultAsync<byte[]>(new CommandDefinition(
            $"SELECT commit_metadata_payload FROM {table} WHERE datasource = @supervisorId", new { supervisorId }, cancellationToken: stop));
        return payload is null ? null : JsonSerializer.Deserialize(payload, ContractsJson.Default.KafkaDataSourceMetadata);
    }

    /// <summary>By supervisor id; null where a row is of another kind of stream or cannot be read.</summary>
    public async Task<IReadOnlyDictionary<string, KafkaDataSourceMetadata?>> AllAsync(CancellationToken stop = default)
    {
        await using var connection = await storage.Reads.OpenConnectionAsync(stop);
        var all = new SortedDictionary<string, KafkaDataSourceMetadata?>(StringComparer.Ordinal);
        foreach (var (supervisorId, payload) in await connection.QueryAsync<(string, byte[])>(new CommandDefinition(
            $"SELECT datasource, commit_metadata_payload FROM {table}", cancellationToken: stop)))
        {
            try
            {
                all[supervisorId] = JsonSerializer.Deserialize(payload, ContractsJson.Default.KafkaDataSourceMetadata) is { Type: "kafka" } metadata ? metadata : null;
            }
            catch (JsonException e)
            {
                all[supervisorId] = null;
                logger.RowSkipped(supervisorId, table, e.Message);
            }
        }
        return all;
    }
}
