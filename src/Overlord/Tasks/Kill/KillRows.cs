using System.Text;
using System.Text.Json;
using Dapper;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Tasks.Core;
using Npgsql;

namespace Ingestion.Overlord.Tasks.Kill;

/// <summary>What kill tasks do in the metadata database: their own rows, their locks, and the rows of the segments. All of it fenced, and nothing of it once the task's row is inactive.</summary>
internal sealed class KillRows(MetadataStorage storage, FencedTransactions transactions, Lockbox lockbox, TimeProvider time)
{
    private readonly MetadataTables tables = storage.Tables;
    private readonly AuditLog audit = new(storage.Tables);

    /// <param name="by">Who asks for it, for the audit.</param>
    /// <returns>False: there is a task of this id.</returns>
    public Task<bool> InsertAsync(long epoch, KillTask task, AuditContext by, CancellationToken stop) => transactions.RunAsync(epoch, async connection =>
    {
        var now = time.GetUtcNow();
        var inserted = await connection.ExecuteAsync($"""
            INSERT INTO {tables.Tasks} (id, created_date, datasource, payload, status_payload, active, type, group_id) VALUES (@Id, @now, @DataSource, @payload, @status, TRUE, @type, @Id) ON CONFLICT (id) DO NOTHING
            """, new { task.Id, now = IsoTime.Write(now), task.DataSource, payload = StoredJson.Bytes(task.Json), status = JsonSerializer.SerializeToUtf8Bytes(IndexTaskStatus.Running(task.Id), ContractsJson.Default.IndexTaskStatus), type = KillTask.Type });
        if (inserted > 0) await audit.WriteAsync(connection, AuditTrail.OfTask, task.Id, $"Kill unused segments of datasource[{task.DataSource}] in [{task.Interval}]", by, now);
        return inserted > 0;
    }, stop);

    /// <summary>The active ones with their payloads, oldest first.</summary>
    public async Task<IReadOnlyList<(string Id, string Payload)>> ActiveAsync(CancellationToken stop)
    {
        await using var connection = await storage.Reads.OpenConnectionAsync(stop);
        var rows = await connection.QueryAsync<(string Id, byte[] Payload)>(new CommandDefinition($"SELECT id, payload FROM {tables.Tasks} WHERE active AND type = @type ORDER BY created_date, id", new { type = KillTask.Type }, cancellationToken: stop));
        return [.. rows.Select(r => (r.Id, Encoding.UTF8.GetString(r.Payload)))];
    }

    /// <summary>Asks for the lock over the task's interval; a task that has it keeps it.</summary>
    /// <returns>Null: the task is no longer active. False: others hold what cannot coexist with it.</returns>
    public Task<bool?> TryLockAsync(long epoch, KillTask task, CancellationToken stop) => transactions.RunAsync(epoch, async connection =>
    {
        await Lockbox.TakeTurnAsync(connection, task.DataSource);
        if (!await IsActiveAsync(connection, task)) return (bool?)null;
        var decision = await lockbox.RequestAsync(connection, new LockRequest(task.Id, task.Id, task.DataSource, task.Interval, task.LockType, task.Priority, IsoTime.Write(time.GetUtcNow())));
        if (decision is not LockDecision.Preempted) return decision is LockDecision.Held or LockDecision.Grant;
        await lockbox.ReleaseAsync(connection, task.Id, task.Interval); // revoked: it may be granted anew later
        return false;
    }, stop);

    /// <summary>Deletes the rows of the next unused segments.</summary>
    /// <param name="most">How many.</param>
    /// <param name="used">As from <see cref="UsedFilesAsync"/>.</param>
    /// <param name="objection">Why the files of a load spec cannot be removed: then nothing is deleted.</param>
    /// <returns>Null: the task is no longer active, or has lost its lock.</returns>
    /// <exception cref="KillFailedException">There is an objection to one of them.</exception>
    public Task<KillBatch?> DeleteAsync(long epoch, KillTask task, int most, IReadOnlySet<string> used, Func<JsonElement, string?> objection, CancellationToken stop) => transactions.RunAsync<KillBatch?>(epoch, async connection =>
    {
        await Lockbox.TakeTurnAsync(connection, task.DataSource);
        if (!await IsActiveAsync(connection, task)) return null;
        if (!(await lockbox.OfTaskAsync(connection, task.Id)).Any(l => !l.Lock.Revoked && l.Lock.Interval.Contains(task.Interval))) return null;
        var segments = (await connection.QueryAsync<(string Id, string? Parent, byte[] Payload)>($"""
            SELECT id, upgraded_from_segment_id, payload FROM {tables.Segments}
            WHERE datasource = @DataSource AND NOT used AND start >= @from AND "end" <= @to AND (@versions::text[] IS NULL OR version = ANY(@versions)) AND (@until::text IS NULL OR used_status_last_updated <= @until)
            ORDER BY start, id LIMIT @most FOR UPDATE
            """, new { task.DataSource, from = task.Interval.Start, to = task.Interval.End, versions = task.Versions?.ToArray(), until = task.MaxUsedStatusLastUpdatedTime is { } until ? IsoTime.Write(until) : null, most }))
            .Select(r => UnusedSegment.Read(r.Id, r.Parent, r.Payload)).ToList();
        foreach (var segment in segments)
            if (segment.LoadSpec is { } spec && objection(spec) is { } problem) throw new KillFailedException($"Segment[{segment.Id}] cannot be removed from deep storage: {problem}");
        if (segments.Count == 0) return new KillBatch(0, []);
        await connection.ExecuteAsync($"DELETE FROM {tables.Segments} WHERE id = ANY(@ids)", new { ids = segments.Select(s => s.Id).ToArray() });
        var keeping = await OthersOfAsync(connection, segments);
        return new KillBatch(segments.Count, [.. segments.Where(s => !keeping.Contains(s.ParentId) && !used.Contains(UnusedSegment.FilesOf(s.LoadSpec)))]);
    }, stop);

    /// <summary>Parents of which a row is left: itself, or one that was upgraded from it and so names the same files.</summary>
    private async Task<HashSet<string>> OthersOfAsync(NpgsqlConnection connection, IReadOnlyList<UnusedSegment> deleted)
    {
        var parents = deleted.Select(s => s.ParentId).Distinct().ToArray();
        return [.. await connection.QueryAsync<string>($"SELECT id FROM {tables.Segments} WHERE id = ANY(@parents) UNION SELECT upgraded_from_segment_id FROM {tables.Segments} WHERE upgraded_from_segment_id = ANY(@parents)", new { parents })];
    }

    /// <summary>The files of the used segments that overlap the task's interval, as <see cref="UnusedSegment.FilesOf"/> writes them: upgrades of older Druids do not say whose files they share.</summary>
    public async Task<IReadOnlySet<string>> UsedFilesAsync(KillTask task, CancellationToken stop)
    {
        await using var connection = await storage.Reads.OpenConnectionAsync(stop);
        var files = new HashSet<string>(StringComparer.Ordinal);
        foreach (var payload in await connection.QueryAsync<byte[]>(new CommandDefinition($"""
            SELECT payload FROM {tables.Segments} WHERE datasource = @DataSource AND used AND start < @to AND "end" > @from
            """, new { task.DataSource, from = task.Interval.Start, to = task.Interval.End }, cancellationToken: stop)))
        {
            using var document = JsonDocument.Parse(payload);
            if (UnusedSegment.LoadSpecOf(document.RootElement) is { } spec) files.Add(UnusedSegment.FilesOf(spec));
        }
        return files;
    }

    /// <summary>Holds the row: who ends the task waits until the transaction is over.</summary>
    private Task<bool> IsActiveAsync(NpgsqlConnection connection, KillTask task) =>
        connection.QuerySingleOrDefaultAsync<bool>($"SELECT active FROM {tables.Tasks} WHERE id = @Id FOR SHARE", new { task.Id });
}
