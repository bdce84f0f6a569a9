using Dapper;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Npgsql;

namespace Ingestion.Overlord.Tasks;

/// <summary>Which segments of a dataSource are used, as operators and Druid's Coordinator change it. Each change takes the dataSource's turn, as allocations and publishes do.</summary>
internal sealed class SegmentFlags(MetadataStorage storage, FencedTransactions transactions, TimeProvider time)
{
    private const string MarkedUsed = "segment.markUsed", MarkedUnused = "segment.markUnused", RemovedPending = "segment.removePending"; // the second is Druid's
    private readonly MetadataTables tables = storage.Tables;
    private readonly AuditLog audit = new(storage.Tables);

    /// <summary>Segments that one of a higher version covers stay unused.</summary>
    /// <returns>How many have changed.</returns>
    public Task<int> MarkUsedAsync(long epoch, string dataSource, SegmentChoice choice, AuditContext context, CancellationToken stop) => ChangeAsync(epoch, dataSource, async connection =>
    {
        var changed = await connection.ExecuteAsync($"""
        WITH chosen AS (SELECT s.id, s.start, s."end", s.version FROM {tables.Segments} s WHERE s.datasource = @dataSource AND NOT s.used AND {SegmentChoice.Condition})
        UPDATE {tables.Segments} t SET used = TRUE, used_status_last_updated = @now
        FROM chosen WHERE t.id = chosen.id AND NOT EXISTS (
          SELECT 1 FROM {tables.Segments} h WHERE h.datasource = @dataSource AND h.version COLLATE "C" > chosen.version COLLATE "C" AND h.start <= chosen.start AND h."end" >= chosen."end"
          AND (h.used OR h.id IN (SELECT id FROM chosen)))
        """, Parameters(dataSource, choice));
        if (changed > 0) await audit.WriteAsync(connection, MarkedUsed, dataSource, choice.ToString(), context, time.GetUtcNow());
        return changed;
    }, stop);

    /// <returns>How many have changed.</returns>
    public Task<int> MarkUnusedAsync(long epoch, string dataSource, SegmentChoice choice, AuditContext context, CancellationToken stop) => ChangeAsync(epoch, dataSource, async connection =>
    {
        var changed = await connection.ExecuteAsync($"UPDATE {tables.Segments} s SET used = FALSE, used_status_last_updated = @now WHERE s.datasource = @dataSource AND s.used AND {SegmentChoice.Condition}", Parameters(dataSource, choice));
        if (changed > 0) await audit.WriteAsync(connection, MarkedUnused, dataSource, choice.ToString(), context, time.GetUtcNow());
        return changed;
    }, stop);

    /// <summary>Removes pending segments that were created in the interval.</summary>
    /// <returns>How many; null: nothing was done, since a task that was begun before the interval's end is active.</returns>
    public Task<int?> RemovePendingAsync(long epoch, string dataSource, Interval created, AuditContext context, CancellationToken stop) => ChangeAsync<int?>(epoch, dataSource, async connection =>
    {
        var range = new { dataSource, from = created.Start, to = created.End };
        if (await connection.QuerySingleAsync<bool>($"SELECT EXISTS (SELECT 1 FROM {tables.Tasks} WHERE datasource = @dataSource AND active AND created_date < @to)", range)) return null;
        var removed = await connection.ExecuteAsync($"DELETE FROM {tables.PendingSegments} WHERE datasource = @dataSource AND created_date >= @from AND created_date < @to", range);
        if (removed > 0) await audit.WriteAsync(connection, RemovedPending, dataSource, $"pending segments created in [{created}]", context, time.GetUtcNow());
        return removed;
    }, stop);

    private Task<T> ChangeAsync<T>(long epoch, string dataSource, Func<NpgsqlConnection, Task<T>> change, CancellationToken stop) => transactions.RunAsync(epoch, async connection =>
    {
        await Lockbox.TakeTurnAsync(connection, dataSource);
        return await change(connection);
    }, stop);

    private object Parameters(string dataSource, SegmentChoice choice) =>
        new { dataSource, now = IsoTime.Write(time.GetUtcNow()), from = choice.Interval?.Start, to = choice.Interval?.End, ids = choice.Ids, versions = choice.Versions };
}

/// <summary>Segments of a dataSource; what is null restricts nothing.</summary>
/// <param name="Interval">Segments that lie in it as a whole.</param>
internal sealed record SegmentChoice(Interval? Interval, string[]? Ids, string[]? Versions)
{
    public static readonly SegmentChoice All = new(null, null, null);

    /// <summary>Over the alias <c>s</c>; times are compared as the texts that they are stored as.</summary>
    public const string Condition = """
        (@from::text IS NULL OR s.start >= @from AND s."end" <= @to) AND (@ids::text[] IS NULL OR s.id = ANY(@ids)) AND (@versions::text[] IS NULL OR s.version = ANY(@versions))
        """;

    /// <summary>For the audit.</summary>
    public override string ToString() => Ids is not null ? $"segments [{string.Join(", ", Ids)}]" : Interval is { } span ? $"interval [{span}]{(Versions is null ? "" : $" of versions [{string.Join(", ", Versions)}]")}" : "all segments";
}
