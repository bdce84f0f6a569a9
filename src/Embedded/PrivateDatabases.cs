using Npgsql;

namespace Ingestion.Embedded;

/// <summary>Databases of a private server.</summary>
public static class PrivateDatabases
{
    /// <summary>Makes the database unless it is there.</summary>
    /// <param name="name">Letters, digits and underscores.</param>
    public static async Task EnsureDatabaseAsync(this PrivatePostgres server, string name)
    {
        await using var data = NpgsqlDataSource.Create(server.ConnectionString());
        await using var find = data.CreateCommand("SELECT 1 FROM pg_database WHERE datname = $1");
        find.Parameters.AddWithValue(name);
        if (await find.ExecuteScalarAsync() is null) await RunAsync(data, $"CREATE DATABASE \"{name}\"");
    }

    /// <summary>Drops the database with all that is in it, and makes it anew.</summary>
    public static async Task RecreateDatabaseAsync(this PrivatePostgres server, string name)
    {
        await using var data = NpgsqlDataSource.Create(server.ConnectionString());
        await RunAsync(data, $"DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");
        await RunAsync(data, $"CREATE DATABASE \"{name}\"");
    }

    private static async Task RunAsync(NpgsqlDataSource data, string sql)
    {
        await using var command = data.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
