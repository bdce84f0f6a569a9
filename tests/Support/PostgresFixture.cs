using System.Diagnostics;
using System.Globalization;
using Ingestion.Embedded;
using Npgsql;

namespace Ingestion.Support;

/// <summary>One private PostgreSQL server per test assembly, started when the first test asks for a database and stopped with the assembly:
/// <c>[assembly: AssemblyFixture(typeof(PostgresFixture))]</c>. Each test takes a fresh database.</summary>
public sealed class PostgresFixture : IAsyncDisposable
{
    private const string Prefix = "ingestion-tests-postgres-";

    private readonly SemaphoreSlim gate = new(1);
    private readonly string folder = Path.Combine(Path.GetTempPath(), Prefix + Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
    private PrivatePostgres? server;
    private int databases;

    /// <returns>The connection string of a database that nobody else uses.</returns>
    public async Task<string> CreateDatabaseAsync()
    {
        await gate.WaitAsync();
        try
        {
            server ??= await StartAsync();
            var name = string.Create(CultureInfo.InvariantCulture, $"test_{++databases}");
            await using var connection = new NpgsqlConnection(server.ConnectionString());
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
            await command.ExecuteNonQueryAsync();
            return server.ConnectionString(name);
        }
        finally
        {
            gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        gate.Dispose();
        if (server is null) return;
        NpgsqlConnection.ClearAllPools();
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private async Task<PrivatePostgres> StartAsync()
    {
        foreach (var leftover in Directory.GetDirectories(Path.GetTempPath(), Prefix + "*")) await RemoveIfOrphanedAsync(leftover);
        return await PrivatePostgres.StartAsync(folder, durable: false);
    }

    /// <summary>What a test run that was killed left behind: its process is gone, its server is not.</summary>
    private static async Task RemoveIfOrphanedAsync(string leftover)
    {
        if (!int.TryParse(leftover[(leftover.LastIndexOf('-') + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var pid) || IsAlive(pid)) return;
        try
        {
            await PrivatePostgres.StopLeftoverAsync(leftover);
            Directory.Delete(leftover, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            return; // another test assembly, started at the same time, was quicker
        }
    }

    private static bool IsAlive(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false; // no such process
        }
    }
}
