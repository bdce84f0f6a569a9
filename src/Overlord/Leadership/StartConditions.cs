using Dapper;
using Ingestion.Contracts.Json;
using Ingestion.Overlord.Metadata;

namespace Ingestion.Overlord.Leadership;

/// <summary>What would break "at any time one epoch can change anything" and can be seen in the database before an overlord stands for election there.</summary>
/// <param name="environment">The first overlord on a database gives it its environment.</param>
/// <param name="takesOver">Whether an overlord of Druid may have written last.</param>
public sealed class StartConditions(MetadataStorage storage, LeadershipSettings settings, string environment, bool takesOver)
{
    /// <summary>By which a machine's clock may differ from one renewal to the next.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(10);

    /// <returns>Why this overlord must not stand for election; null: it may.</returns>
    /// <exception cref="Npgsql.NpgsqlException">The database refused or is not there.</exception>
    public async Task<string?> RefusalAsync(CancellationToken stop) => await OtherEnvironmentAsync(stop) ?? (takesOver ? null : await DruidWroteLastAsync(stop));

    private async Task<string?> OtherEnvironmentAsync(CancellationToken stop)
    {
        await using var connection = await storage.Reads.OpenConnectionAsync(stop);
        var known = await connection.QuerySingleAsync<string?>(new CommandDefinition("SELECT environment FROM ingestion_cluster", cancellationToken: stop));
        // The row's lock lets one of several first overlords in.
        known ??= await connection.QuerySingleAsync<string>(new CommandDefinition("UPDATE ingestion_cluster SET environment = coalesce(environment, @environment) RETURNING environment", new { environment }, cancellationToken: stop));
        return known == environment ? null
            : $"the metadata database belongs to environment [{known}], this overlord is of environment [{environment}]: two environments on one database would run each other's supervisors. " +
              $"Give one of them a database of its own, or --environment {known}; to rename the environment, stop all its overlords and UPDATE ingestion_cluster SET environment = NULL";
    }

    /// <summary>Ours and Druid's write the same tables, but only while they lead. We note when one of ours last led: what is newer is Druid's.</summary>
    private async Task<string?> DruidWroteLastAsync(CancellationToken stop)
    {
        await using var connection = await storage.Reads.OpenConnectionAsync(stop);
        var (lastSeen, running, ended, spec) = await connection.QuerySingleAsync<(DateTime?, string?, string?, string?)>(new CommandDefinition($"""
            SELECT (SELECT last_seen FROM ingestion_leader), (SELECT max(created_date) FROM {storage.Tables.Tasks} WHERE active), (SELECT max(created_date) FROM {storage.Tables.Tasks} WHERE NOT active),
              (SELECT created_date FROM {storage.Tables.Supervisors} ORDER BY id DESC LIMIT 1)
            """, cancellationToken: stop));
        (string Table, string? Date)[] written = [(storage.Tables.Tasks, running), (storage.Tables.Tasks, ended), (storage.Tables.Supervisors, spec)];
        foreach (var (table, date) in written)
        {
            if (!IsoTime.TryRead(date, out var at) || lastSeen is { } seen && at <= new DateTimeOffset(seen, TimeSpan.Zero) + settings.Lease + Slack) continue;
            var since = lastSeen is { } led ? $"an overlord of ours last led at {IsoTime.Write(new DateTimeOffset(led, TimeSpan.Zero))}" : "no overlord of ours has ever led here";
            return $"an overlord of Druid wrote to the metadata database last: {table} has a row of {date}, and {since}. Two kinds of overlord at once would run every supervisor twice: stop Druid's, then start this one once with --take-over";
        }
        return null;
    }
}
