using System.Text.Json;
using Dapper;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Stream;
using Ingestion.Overlord.Metadata;
using Npgsql;

namespace Ingestion.Overlord.Tasks;

/// <summary>The committed offsets as they were read, with the hash that the swap compares.</summary>
internal sealed record StoredOffsets(KafkaDataSourceMetadata Metadata, string Sha1);

/// <summary>Reads and writes the rows of a publish: segments and committed offsets.</summary>
internal sealed class PublishedRows(MetadataTables tables)
{
    /// <summary>Those of the segments whose id has a row, used or not.</summary>
    public async Task<Dictionary<string, DataSegment>> FindSegmentsAsync(NpgsqlConnection connection, IReadOnlyList<DataSegment> segments) =>
        segments.Count == 0 ? [] : (await FindSegmentsAsync(connection, [.. segments.Select(s => s.Identifier)])).ToDictionary(s => s.Identifier);

    public async Task<IReadOnlyList<DataSegment>> FindSegmentsAsync(NpgsqlConnection connection, string[] ids) =>
        [.. (await connection.QueryAsync<byte[]>($"SELECT payload FROM {tables.Segments} WHERE id = ANY(@ids) ORDER BY id", new { ids }))
            .Select(p => JsonSerializer.Deserialize(p, ContractsJson.Default.DataSegment) ?? throw new JsonException("null is not a segment"))];

    /// <summary>Until the transaction ends nobody else changes the row. Null when there is none, which cannot be locked.</summary>
    /// <exception cref="TaskActionFailedException">The row cannot be read.</exception>
    public async Task<StoredOffsets?> LockOffsetsAsync(NpgsqlConnection connection, string supervisorId)
    {
        var row = await connection.QuerySingleOrDefaultAsync<OffsetsRow>($"""
            SELECT commit_metadata_payload AS Payload, commit_metadata_sha1 AS Sha1 FROM {tables.DataSource} WHERE datasource = @supervisorId FOR UPDATE
            """, new { supervisorId });
        if (row is null) return null;
        try
        {
            return new StoredOffsets(JsonSerializer.Deserialize(row.Payload, ContractsJson.Default.KafkaDataSourceMetadata) ?? throw new JsonException("null is not metadata"), row.Sha1);
        }
        catch (JsonException e)
        {
            throw new TaskActionFailedException($"The committed offsets of supervisor[{supervisorId}] cannot be read: {e.Message}");
        }
    }

    /// <summary>False when the row is not as it was read.</summary>
    public async Task<bool> SwapOffsetsAsync(NpgsqlConnection connection, string supervisorId, StoredOffsets? old, KafkaDataSourceMetadata committed, DateTimeOffset now)
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

    /// <summary>Returns how many were not there yet. One statement: others wait for the turn meanwhile.</summary>
    public Task<int> InsertSegmentsAsync(NpgsqlConnection connection, IReadOnlyList<DataSegment> segments, DateTimeOffset now) => segments.Count == 0 ? Task.FromResult(0) : connection.ExecuteAsync($"""
        INSERT INTO {tables.Segments} (id, datasource, created_date, start, "end", partitioned, version, used, payload, used_status_last_updated)
        SELECT id, datasource, @now, start, "end", TRUE, version, TRUE, payload, @now
        FROM unnest(@ids, @dataSources, @starts, @ends, @versions, @payloads) AS s (id, datasource, start, "end", version, payload)
        ON CONFLICT (id) DO NOTHING
        """, new
    {
        now = IsoTime.Write(now), ids = segments.Select(s => s.Identifier).ToArray(), dataSources = segments.Select(s => s.DataSource).ToArray(), starts = segments.Select(s => s.Interval.Start).ToArray(),
        ends = segments.Select(s => s.Interval.End).ToArray(), versions = segments.Select(s => s.Version).ToArray(), payloads = segments.Select(s => JsonSerializer.SerializeToUtf8Bytes(s, ContractsJson.Default.DataSegment)).ToArray(),
    });

    private sealed record OffsetsRow(byte[] Payload, string Sha1);
}
