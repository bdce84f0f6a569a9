using System.Text.Json.Nodes;
using Ingestion.Support;
using Npgsql;

namespace Ingestion.Overlord.Tests.Api;

public sealed class DatabaseAwayTests(PostgresFixture postgres)
{
    private const string Supervisors = "/druid/indexer/v1/supervisor";

    [Fact]
    public async Task While_the_database_is_away_who_asks_hears_why_and_when_it_is_back_this_overlord_leads_again()
    {
        var database = await postgres.CreateDatabaseAsync();
        var name = new NpgsqlConnectionStringBuilder(database).Database;
        await using var overlord = await RunningOverlord.StartAsync(database);
        await AdministerAsync(database, $"ALTER DATABASE {name} ALLOW_CONNECTIONS false");
        await AdministerAsync(database, $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");

        var why = $"55000: database \"{name}\" is not currently accepting connections";
        await overlord.UntilAsync("it knows why it cannot lead", async () => (string?)(await SelfAsync(overlord))["trouble"] == why);
        Assert.Equal((false, 0), ((bool)(await SelfAsync(overlord))["isLeader"]!, (long)(await SelfAsync(overlord))["leaseLeftMillis"]!));
        var answer = await overlord.SendAsync("GET", Supervisors);
        Assert.Equal((503, $"overlord is not the leader or not initialized yet: {why}"), (answer.Status, (string?)JsonNode.Parse(answer.Body)!["error"]));

        await AdministerAsync(database, $"ALTER DATABASE {name} ALLOW_CONNECTIONS true");
        await overlord.UntilAsync("it leads again", async () => (await overlord.SendAsync("GET", Supervisors)).Status == 200);
        Assert.Null((string?)(await SelfAsync(overlord))["trouble"]);
    }

    private static async Task<JsonNode> SelfAsync(RunningOverlord overlord) => JsonNode.Parse((await overlord.SendAsync("GET", "/status/coordination")).Body)!["self"]!;

    /// <summary>From another database of the same server.</summary>
    private static async Task AdministerAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Database = "postgres", Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
