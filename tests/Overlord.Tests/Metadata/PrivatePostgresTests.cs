using System.Diagnostics;
using System.Globalization;
using Ingestion.Embedded;
using Npgsql;

namespace Ingestion.Overlord.Tests.Metadata;

public sealed class PrivatePostgresTests
{
    [Fact]
    public async Task Starts_again_on_its_data_and_leaves_no_process()
    {
        var folder = Directory.CreateTempSubdirectory("ingestion-postgres-restart-").FullName;
        try
        {
            await using (var first = await PrivatePostgres.StartAsync(folder, durable: false)) await ExecuteAsync(first, "CREATE TABLE kept (x INT)");
            Assert.False(File.Exists(Path.Combine(folder, "data", "postmaster.pid")));

            await using var second = await PrivatePostgres.StartAsync(folder, durable: false);
            Assert.Equal(0L, await ExecuteAsync(second, "SELECT count(*) FROM kept"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Starts_over_a_server_that_a_killed_predecessor_left_running_and_over_one_that_was_killed()
    {
        var folder = Directory.CreateTempSubdirectory("ingestion-postgres-orphan-").FullName;
        try
        {
            var orphaned = await PrivatePostgres.StartAsync(folder, durable: false); // never disposed: its owner was killed
            await using (var second = await PrivatePostgres.StartAsync(folder, durable: false))
            {
                Assert.NotEqual(orphaned.Port, second.Port);
                var pid = int.Parse(File.ReadLines(Path.Combine(folder, "data", "postmaster.pid")).First(), CultureInfo.InvariantCulture);
                using var server = Process.GetProcessById(pid);
                server.Kill();
                await server.WaitForExitAsync();
                Assert.True(File.Exists(Path.Combine(folder, "data", "postmaster.pid")));
                await using var third = await PrivatePostgres.StartAsync(folder, durable: false);
                Assert.Equal(1, await ExecuteAsync(third, "SELECT 1"));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<object?> ExecuteAsync(PrivatePostgres server, string sql)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString() + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
