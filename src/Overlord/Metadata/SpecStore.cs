using Dapper;

namespace Ingestion.Overlord.Metadata;

/// <summary>Reads the supervisors table, which only grows: the newest row of a spec id (the highest row id) counts.</summary>
public sealed class SpecStore(MetadataStorage storage, ILogger<SpecStore> logger)
{
    private const int LatestRows = 5000;

    private readonly string table = storage.Tables.Supervisors;

    /// <summary>The newest row of every supervisor, tombstones included, by spec id. Rows that are not UTF-8 JSON text are skipped with a warning.</summary>
    public async Task<IReadOnlyList<StoredSpec>> NewestSpecsAsync(CancellationToken stop = default)
    {
        // Druid's table has no index that holds the newest row of a spec id, and may hold many versions. So: the ids by a loose index scan (one
        // descent each); for those that are among the latest rows the newest from there, backwards over the primary key; only for
        // the others all their versions. "+ 0" keeps the planner from walking the whole primary key backwards for each of them.
        return await ReadAsync($"""
            WITH RECURSIVE ids AS (
              (SELECT spec_id FROM {table} ORDER BY spec_id LIMIT 1)
              UNION ALL
              SELECT (SELECT s.spec_id FROM {table} s WHERE s.spec_id > ids.spec_id ORDER BY s.spec_id LIMIT 1) FROM ids WHERE ids.spec_id IS NOT NULL),
            latest AS MATERIALIZED (
              SELECT l.spec_id, max(l.id) AS id FROM (SELECT s.spec_id, s.id FROM {table} s ORDER BY s.id DESC LIMIT {LatestRows}) l GROUP BY l.spec_id),
            newest AS MATERIALIZED (
              SELECT coalesce(latest.id, (SELECT max(s.id + 0) FROM {table} s WHERE s.spec_id = ids.spec_id)) AS id
              FROM ids LEFT JOIN latest ON latest.spec_id = ids.spec_id WHERE ids.spec_id IS NOT NULL)
            SELECT row.id AS RowId, row.spec_id AS SpecId, row.created_date AS CreatedDate, row.payload AS Payload
            FROM newest JOIN {table} row ON row.id = newest.id
            ORDER BY row.spec_id
            """, null, stop);
    }

    /// <summary>The newest row of one supervisor that is older than the row <paramref name="before"/>. Null when there is none, and when it is not UTF-8 JSON text.</summary>
    public async Task<StoredSpec?> NewestSpecAsync(string specId, long before = long.MaxValue, CancellationToken stop = default) => (await ReadAsync($"""
        SELECT id AS RowId, spec_id AS SpecId, created_date AS CreatedDate, payload AS Payload FROM {table}
        WHERE id = (SELECT max(s.id + 0) FROM {table} s WHERE s.spec_id = @specId AND s.id + 0 < @before)
        """, new { specId, before }, stop)).SingleOrDefault(); // "+ 0" as above

    /// <summary>All versions of one supervisor, newest first; empty when there never was one.</summary>
    public Task<IReadOnlyList<StoredSpec>> HistoryAsync(string specId, CancellationToken stop = default) => ReadAsync($"""
        SELECT id AS RowId, spec_id AS SpecId, created_date AS CreatedDate, payload AS Payload FROM {table} WHERE spec_id = @specId ORDER BY id DESC
        """, new { specId }, stop);

    /// <summary>All versions of all supervisors, by spec id, newest first.</summary>
    public Task<IReadOnlyList<StoredSpec>> AllHistoriesAsync(CancellationToken stop = default) => ReadAsync($"""
        SELECT id AS RowId, spec_id AS SpecId, created_date AS CreatedDate, payload AS Payload FROM {table} ORDER BY spec_id, id DESC
        """, null, stop);

    private async Task<IReadOnlyList<StoredSpec>> ReadAsync(string sql, object? parameters, CancellationToken stop)
    {
        await using var connection = await storage.Reads.OpenConnectionAsync(stop);
        var specs = new List<StoredSpec>();
        foreach (var row in await connection.QueryAsync<Row>(new CommandDefinition(sql, parameters, cancellationToken: stop)))
        {
            if (StoredJson.TryRead(row.Payload, out var json, out var problem)) specs.Add(new StoredSpec(row.RowId, row.SpecId, row.CreatedDate, json));
            else logger.RowSkipped($"{row.RowId} ({row.SpecId})", table, problem);
        }
        return specs;
    }

    private sealed record Row(long RowId, string SpecId, string CreatedDate, byte[] Payload);
}
