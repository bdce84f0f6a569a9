using System.Diagnostics;
using Ingestion.Overlord.Metadata;
using Ingestion.Support;
using Npgsql;

namespace Ingestion.Overlord.Tests.Metadata;

public sealed class MigratorTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Tables_made_by_us_are_those_that_Druid_makes()
    {
        var druids = await DruidDatabaseAsync();
        var ours = await postgres.CreateDatabaseAsync();
        await MigrateAsync(ours);

        Assert.Equal(await DumpAsync(druids), await DumpAsync(ours));
    }

    [Fact]
    public async Task Nothing_of_a_database_made_by_Druid_is_altered()
    {
        var database = await DruidDatabaseAsync();
        // A newer Druid has columns that 33 has not, and lacks an index of it.
        await ExecuteAsync(database, "ALTER TABLE druid_segments ADD COLUMN indexing_state_fingerprint VARCHAR(255); DROP INDEX idx_druid_segments_used;");
        var before = await DumpAsync(database);

        await MigrateAsync(database);

        Assert.Equal(before, await DumpAsync(database));
    }

    [Fact]
    public async Task Overlords_that_start_at_once_migrate_once()
    {
        var database = await postgres.CreateDatabaseAsync();

        var applied = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => MigrateAsync(database)));

        Assert.Equal(["0001_druid_tables.sql", "0002_leadership.sql", "0003_overlords.sql", "0004_one_cluster.sql"], applied.SelectMany(names => names));
    }

    [Fact]
    public async Task Cluster_id_stays_the_same()
    {
        await using var storage = Storage(await postgres.CreateDatabaseAsync());
        await Migrator.RunAsync(storage);
        var first = await Migrator.ClusterIdAsync(storage);
        await Migrator.RunAsync(storage);

        Assert.Equal(first, await Migrator.ClusterIdAsync(storage));
        Assert.NotEqual(Guid.Empty, first);
    }

    [Fact]
    public async Task Tables_have_the_names_that_are_configured()
    {
        var tables = MetadataTables.FromSettings(new Dictionary<string, string> { ["base"] = "prod", ["segments"] = "Our_Segments" });
        await using var storage = new MetadataStorage(await postgres.CreateDatabaseAsync(), tables, TimeSpan.FromSeconds(5));
        await Migrator.RunAsync(storage);
        await using var connection = await storage.Reads.OpenConnectionAsync();
        await using var command = new NpgsqlCommand("SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'public'", connection);

        Assert.Equal("ingestion_cluster ingestion_leader ingestion_migrations ingestion_overlord our_segments prod_audit prod_config prod_datasource prod_pendingsegments prod_rules prod_supervisors prod_tasklocks prod_tasks prod_upgradesegments",
            await command.ExecuteScalarAsync());
    }

    [Fact]
    public void Table_name_that_is_not_an_SQL_name_is_refused() =>
        Assert.Throws<FormatException>(() => MetadataTables.FromSettings(new Dictionary<string, string> { ["segments"] = "x; DROP TABLE y" }));

    private static MetadataStorage Storage(string database) => new(database, new MetadataTables(), TimeSpan.FromSeconds(5));

    private static async Task<IReadOnlyList<string>> MigrateAsync(string database)
    {
        await using var storage = Storage(database);
        return await Migrator.RunAsync(storage);
    }

    private async Task<string> DruidDatabaseAsync()
    {
        var database = await postgres.CreateDatabaseAsync();
        await ExecuteAsync(database, await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Metadata", "druid-33-schema.sql")));
        return database;
    }

    private static async Task ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>All that PostgreSQL knows of Druid's tables, without the comments and the tokens that differ from dump to dump.</summary>
    private static async Task<string> DumpAsync(string database)
    {
        var at = new NpgsqlConnectionStringBuilder(database);
        var start = new ProcessStartInfo("pg_dump", ["--schema-only", "-t", "druid_*", "-h", at.Host!, "-p", $"{at.Port}", "-U", at.Username!, at.Database!]) { RedirectStandardOutput = true };
        using var dump = Process.Start(start)!;
        var lines = (await dump.StandardOutput.ReadToEndAsync()).Split('\n');
        await dump.WaitForExitAsync();
        Assert.Equal(0, dump.ExitCode);
        return string.Join('\n', lines.Where(l => l.Length > 0 && !l.StartsWith("--", StringComparison.Ordinal) && !l.StartsWith('\\')));
    }
}
