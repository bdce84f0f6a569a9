using System.Text.Json;
using Dapper;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Stream;
using Ingestion.Overlord.Metadata;
using Npgsql;

namespace Ingestion.Overlord.Tasks;

/// <summary>Reads and writes the rows of a publish: segments and committed offsets.</summary>
internal sealed class PublishedRows(MetadataTables tables)
{
    private readonly CommittedOffsetsRow offsets = new(tables);

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
        try
        {
            return await offsets.LockAsync(connection, supervisorId);
        }
        catch (JsonException e)
        {
            throw new TaskActionFailedException($"The committed offsets of supervisor[{supervisorId}] cannot be read: {e.Message}");
        }
    }

    /// <summary>False when the row is not as it was read.</summary>
    public Task<bool> SwapOffsetsAsync(NpgsqlConnection connection, string supervisorId, StoredOffsets? old, KafkaDataSourceMetadata committed, DateTimeOffset now) =>
        offsets.SwapAsync(connection, supervisorId, old, committed, now);

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
}
