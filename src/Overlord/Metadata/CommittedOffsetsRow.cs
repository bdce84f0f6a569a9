using System.Text.Json;
using Dapper;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Stream;
using Npgsql;

namespace Ingestion.Overlord.Metadata;

/// <summary>The committed offsets as they were read, with the hash that the swap compares.</summary>
internal sealed record StoredOffsets(KafkaDataSourceMetadata Metadata, string Sha1);

/// <summary>A supervisor's row of dataSource metadata, to be changed within a transaction: by a publish and by a reset.</summary>
internal sealed class CommittedOffsetsRow(MetadataTables tables)
{
    /// <summary>Until the transaction ends nobody else changes the row. Null when there is none, which cannot be locked.</summary>
    /// <exception cref="JsonException">The row cannot be read.</exception>
    public async Task<StoredOffsets?> LockAsync(NpgsqlConnection connection, string supervisorId)
    {
        var row = await connection.QuerySingleOrDefaultAsync<Row>($"""
            SELECT commit_metadata_payload AS Payload, commit_metadata_sha1 AS Sha1 FROM {tables.DataSource} WHERE datasource = @supervisorId FOR UPDATE
            """, new { supervisorId });
        return row is null ? null : new StoredOffsets(JsonSerializer.Deserialize(row.Payload, ContractsJson.Default.KafkaDataSourceMetadata) ?? throw new JsonException("null is not metadata"), row.Sha1);
    }

    /// <summary>False when the row is not as it was read.</summary>
    public async Task<bool> SwapAsync(NpgsqlConnection connection, string supervisorId, StoredOffsets? old, KafkaDataSourceMetadata committed, DateTimeOffset now)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(committed, ContractsJson.Default.KafkaDataSourceMetadata);
        var parameters = new { supervisorId, createdDate = IsoTime.Write(now), payload, sha1 = StoredJson.Sha1(payload), oldSha1 = old?.Sha1 };
        var changed = await connection.ExecuteAsync(old is null
            ? $"""
               INSERT INTO {tables.DataSource} (datasource, created_date, commit_metadata_payload, commit_metadata_sha1)
               VALUES (@supervisorId, @createdDate, @payload, @sha1) ON CONFLICT (datasource) DO NOTHING
               """
            : $"""
               UPDATE {tables.DataSource} SET commit_metadata_payload = @payload, commit_metadata_sha1 = @sha1
               WHERE datasource = @supervisorId AND commit_metadata_sha1 = @oldSha1
               """, parameters);
        return changed == 1;
    }

    private sealed record Row(byte[] Payload, string Sha1);
}
