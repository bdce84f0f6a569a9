using System.Text.Json;
using Dapper;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Tasks.Core;
using Npgsql;

namespace Ingestion.Overlord.Tasks;

/// <summary>What is in a dataSource's timeline, for allocation: published segments and pending ones. Times are compared as the ISO strings that they
/// are stored as, like Druid does (years 0000 to 9999).</summary>
internal sealed class ChunkStore(MetadataTables tables)
{
    /// <summary>The visible chunk at an interval: of the used segments that overlap it, those of the highest version.</summary>
    public async Task<Chunk?> VisibleAsync(NpgsqlConnection connection, string dataSource, Interval interval)
    {
        var row = await connection.QuerySingleOrDefaultAsync<ChunkRow>($"""
            SELECT start AS "Start", "end" AS "End", version AS Version FROM {tables.Segments}
            WHERE datasource = @dataSource AND used AND "end" > @from AND start < @to
            ORDER BY version COLLATE "C" DESC, start LIMIT 1
            """, Range(dataSource, interval));
        return row?.ToChunk();
    }

    /// <summary>The chunks that pending segments overlapping the interval belong to.</summary>
    public async Task<IReadOnlyList<Chunk>> PendingAsync(NpgsqlConnection connection, string dataSource, Interval interval)
    {
        var rows = await connection.QueryAsync<ChunkRow>($"""
            SELECT DISTINCT p.start AS "Start", p."end" AS "End", p.payload_version AS Version
            FROM (SELECT start, "end", convert_from(payload, 'UTF8')::json ->> 'version' AS payload_version FROM {tables.PendingSegments}
                  WHERE datasource = @dataSource AND "end" > @from AND start < @to) p
            """, Range(dataSource, interval));
        return [.. rows.Select(r => r.ToChunk())];
    }

    /// <summary>One more than the highest partition number that the chunk ever had, so no id is given twice: segments that are no longer used count, and pending ones.</summary>
    public Task<int> NextPartitionAsync(NpgsqlConnection connection, string dataSource, Chunk chunk) => connection.QuerySingleAsync<int>($"""
        SELECT coalesce(max(CASE WHEN id = @first THEN 0 WHEN substr(id, length(@first) + 2) ~ '^[0-9]+$' THEN substr(id, length(@first) + 2)::int END), -1) + 1
        FROM (
          SELECT id FROM {tables.Segments} WHERE datasource = @dataSource AND used IN (TRUE, FALSE) AND "end" = @to AND start = @from AND version = @version
          UNION ALL
          SELECT id FROM {tables.PendingSegments} WHERE datasource = @dataSource AND "end" = @to AND start = @from AND starts_with(id, @first)) ids
        """, new { dataSource, from = chunk.Interval.Start, to = chunk.Interval.End, version = chunk.Version, first = SegmentId.Format(dataSource, chunk.Interval, chunk.Version, 0) });

    /// <summary>How many segments of the chunk form its atomic core; 0 for one that only grew by appending.</summary>
    public async Task<int> CorePartitionsAsync(NpgsqlConnection connection, string dataSource, Chunk chunk)
    {
        var payload = await connection.QueryFirstOrDefaultAsync<byte[]>($"""
            SELECT payload FROM {tables.Segments} WHERE datasource = @dataSource AND used AND "end" = @to AND start = @from AND version = @version LIMIT 1
            """, new { dataSource, from = chunk.Interval.Start, to = chunk.Interval.End, version = chunk.Version });
        if (payload is null) return 0;
        using var json = JsonDocument.Parse(payload);
        if (!json.RootElement.TryGetProperty("shardSpec", out var shardSpec)) return 0;
        // numbered and hashed call it partitions, ranges numCorePartitions, the others have none
        return shardSpec.TryGetProperty("partitions", out var count) && count.TryGetInt32(out var partitions) ? partitions
            : shardSpec.TryGetProperty("numCorePartitions", out count) && count.TryGetInt32(out partitions) ? partitions : 0;
    }

    public async Task<SegmentIdWithShardSpec?> FindPendingAsync(NpgsqlConnection connection, string hash)
    {
        var payload = await connection.QuerySingleOrDefaultAsync<byte[]>($"SELECT payload FROM {tables.PendingSegments} WHERE sequence_name_prev_id_sha1 = @hash", new { hash });
        return payload is null ? null : JsonSerializer.Deserialize(payload, ContractsJson.Default.SegmentIdWithShardSpec);
    }

    public Task InsertPendingAsync(NpgsqlConnection connection, SegmentIdWithShardSpec segment, string sequenceName, string hash, string allocatorId, DateTimeOffset now) => connection.ExecuteAsync($"""
        INSERT INTO {tables.PendingSegments}
          (id, datasource, created_date, start, "end", sequence_name, sequence_prev_id, sequence_name_prev_id_sha1, payload, task_allocator_id)
        VALUES (@id, @dataSource, @createdDate, @from, @to, @sequenceName, '', @hash, @payload, @allocatorId)
        """, new
    {
        id = segment.Id, dataSource = segment.DataSource, createdDate = IsoTime.Write(now), from = segment.Interval.Start, to = segment.Interval.End, sequenceName, hash,
        payload = JsonSerializer.SerializeToUtf8Bytes(segment, ContractsJson.Default.SegmentIdWithShardSpec), allocatorId,
    });

    private static object Range(string dataSource, Interval interval) => new { dataSource, from = interval.Start, to = interval.End };

    private sealed record ChunkRow(string Start, string End, string Version)
    {
        public Chunk ToChunk() => new(new Interval(IsoTime.Read(Start).ToUnixTimeMilliseconds(), IsoTime.Read(End).ToUnixTimeMilliseconds()), Version);
    }
}
