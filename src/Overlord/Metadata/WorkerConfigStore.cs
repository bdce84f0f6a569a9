using Dapper;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Segments;
using Ingestion.Overlord.Leadership;

namespace Ingestion.Overlord.Metadata;

/// <summary>Druid's <c>worker.config</c>: a row of the config table, and its changes in the audit table.</summary>
internal sealed class WorkerConfigStore(MetadataStorage storage, FencedTransactions transactions, TimeProvider time)
{
    private const string Name = "worker.config";
    private const int HistoryLimit = 1000;
    private static readonly TimeSpan HistoryAge = TimeSpan.FromDays(7); // druid.audit.manager.auditHistoryMillis
    private readonly AuditLog audit = new(storage.Tables);

    /// <summary>JSON; null: it was never set.</summary>
    public async Task<string?> FindAsync(CancellationToken stop)
    {
        await using var connection = await storage.Reads.OpenConnectionAsync(stop);
        var payload = await connection.QuerySingleOrDefaultAsync<byte[]>(new CommandDefinition($"SELECT payload FROM {storage.Tables.Config} WHERE name = @Name", new { Name }, cancellationToken: stop));
        return payload is null ? null : StoredJson.TryRead(payload, out var json, out _) ? json : null;
    }

    public Task SetAsync(long epoch, string json, AuditContext context, CancellationToken stop) => transactions.RunAsync(epoch, async connection =>
    {
        await connection.ExecuteAsync($"INSERT INTO {storage.Tables.Config} (name, payload) VALUES (@Name, @payload) ON CONFLICT (name) DO UPDATE SET payload = excluded.payload", new { Name, payload = StoredJson.Bytes(json) });
        await audit.WriteAsync(connection, Name, Name, json, context, time.GetUtcNow());
    }, stop);

    /// <summary>Its changes, newest first, each as JSON.</summary>
    /// <param name="count">Null: those of the interval.</param>
    /// <param name="interval">Null: the last 7 days.</param>
    public async Task<IReadOnlyList<string>> HistoryAsync(int? count, Interval? interval, CancellationToken stop)
    {
        var (from, to) = interval is { } span ? (span.Start, span.End) : (count is null ? IsoTime.Write(time.GetUtcNow() - HistoryAge) : "", "9999");
        await using var connection = await storage.Reads.OpenConnectionAsync(stop);
        var rows = await connection.QueryAsync<byte[]>(new CommandDefinition($"""
            SELECT payload FROM {storage.Tables.Audit} WHERE audit_key = @Name AND type = @Name AND created_date >= @from AND created_date < @to ORDER BY created_date DESC, id DESC LIMIT @limit
            """, new { Name, from, to, limit = Math.Min(count ?? HistoryLimit, HistoryLimit) }, cancellationToken: stop));
        return [.. rows.Select(r => StoredJson.TryRead(r, out var json, out _) ? json : null).OfType<string>()];
    }
}
