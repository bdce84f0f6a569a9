using System.Globalization;
using Npgsql;

namespace Ingestion.Embedded;

/// <summary>A PostgreSQL cluster of our own in a folder: for tests, and for running everything on one machine. Listens on a free port of
/// 127.0.0.1 and trusts whoever connects. A cluster that is already in the folder is started again with its data, also over what a killed
/// predecessor left there (its server, if that still runs, is stopped first). Disposing stops the server and keeps the data.</summary>
public sealed class PrivatePostgres : IAsyncDisposable
{
    public const string SuperUser = "postgres";

    private const int StartAttempts = 3; // the port found free may be taken by another process before the server binds it
    private const int MaxSocketFolderLength = 80; // a unix socket's whole path must stay below 108 bytes

    private readonly PostgresCommands commands;
    private readonly string dataFolder;
    private readonly bool durable;
    private bool stopped;
    private ServerProcess? suspended;

    private PrivatePostgres(PostgresCommands commands, string dataFolder, int port, bool durable)
    {
        this.commands = commands;
        this.dataFolder = dataFolder;
        this.durable = durable;
        Port = port;
    }

    public int Port { get; }

    /// <summary>Where the data is: the folder asked for, or one under /var/tmp where the server's user cannot enter that.</summary>
    public string Folder => commands.Folder;

    /// <summary>For Npgsql, as the superuser.</summary>
    public string ConnectionString(string database = "postgres") =>
        new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = Port, Database = database, Username = SuperUser }.ConnectionString;

    /// <param name="folder">Made where absent. When we are root it is handed to the user that runs the server; where that user
    /// cannot enter its parents, a folder under /var/tmp takes its place, the same one each time (<see cref="Folder"/>).</param>
    /// <param name="durable">False, for tests: nothing is synced to disk, so a crash of the machine (not of the process) loses the data.</param>
    /// <exception cref="InvalidOperationException">No binaries, a folder that the server's user cannot use, or a server that does not start; the message says which.</exception>
    public static async Task<PrivatePostgres> StartAsync(string folder, bool durable = true, CancellationToken stop = default)
    {
        folder = Path.GetFullPath(folder);
        Directory.CreateDirectory(folder);
        var commands = await PostgresCommands.ForFolderAsync(folder, stop);
        folder = commands.Folder;
        var data = Path.Combine(folder, "data");
        if (!File.Exists(Path.Combine(data, "PG_VERSION"))) await InitialiseAsync(commands, data, durable, stop);
        else if (await IsRunningAsync(commands, data, stop)) await StopAsync(commands, data, stop);

        return new PrivatePostgres(commands, data, await LaunchAsync(commands, data, () => Ports.Free(), durable, stop), durable);
    }

    /// <summary>Ends the server as a crash would: sessions are cut off, nothing is written any more, and the next start recovers from its log.</summary>
    public async Task CrashAsync()
    {
        var outcome = await commands.RunAsync("pg_ctl", ["stop", "-w", "-m", "immediate", "-D", dataFolder], CancellationToken.None);
        if (outcome.ExitCode != 0) throw new InvalidOperationException($"PostgreSQL in {dataFolder} did not stop: {outcome.Output}");
    }

    /// <summary>Ends the server in order: sessions are cut off, and their transactions rolled back.</summary>
    public Task StopAsync() => StopAsync(commands, dataFolder, CancellationToken.None);

    /// <summary>SIGSTOP of all its processes: it stands still with its connections open, until <see cref="Resume"/>.</summary>
    public void Suspend() => suspended = ServerProcess.Suspended(Port);

    public void Resume() => suspended?.Resume();

    /// <summary>Starts the server again, on the same port, after <see cref="CrashAsync"/> or <see cref="StopAsync()"/>.</summary>
    public Task RestartAsync() => LaunchAsync(commands, dataFolder, () => Port, durable, CancellationToken.None);

    /// <summary>Stops the server that a killed process left running in the folder, if there is one.</summary>
    public static async Task StopLeftoverAsync(string folder, CancellationToken stop = default)
    {
        folder = Path.GetFullPath(folder);
        if (!Directory.Exists(folder)) return;
        var commands = await PostgresCommands.ForFolderAsync(folder, stop);
        var data = Path.Combine(commands.Folder, "data");
        if (!File.Exists(Path.Combine(data, "postmaster.pid"))) return;
        if (await IsRunningAsync(commands, data, stop)) await StopAsync(commands, data, stop);
    }

    /// <summary>Makes the database where it is absent.</summary>
    public async Task EnsureDatabaseAsync(string database, CancellationToken stop = default)
    {
        await using var connection = await OpenAsync(stop);
        await using var exists = new NpgsqlCommand("SELECT count(*) FROM pg_database WHERE datname = $1", connection) { Parameters = { new() { Value = database } } };
        if (await exists.ExecuteScalarAsync(stop) is > 0L) return;
        await using var create = new NpgsqlCommand($"CREATE DATABASE {Quoted(database)}", connection);
        await create.ExecuteNonQueryAsync(stop);
    }

    /// <summary>Leaves an empty database of this name, whoever was connected to the old one.</summary>
    public async Task RecreateDatabaseAsync(string database, CancellationToken stop = default)
    {
        await using (var connection = await OpenAsync(stop))
        {
            await using var drop = new NpgsqlCommand($"DROP DATABASE IF EXISTS {Quoted(database)} WITH (FORCE)", connection);
            await drop.ExecuteNonQueryAsync(stop);
        }
        await EnsureDatabaseAsync(database, stop);
    }

    public async ValueTask DisposeAsync()
    {
        if (stopped) return;
        stopped = true;
        await StopAsync(commands, dataFolder, CancellationToken.None);
    }

    /// <summary>In a folder beside the final one, so that a run that was killed half-way leaves nothing that looks like a cluster.</summary>
    private static async Task InitialiseAsync(PostgresCommands commands, string data, bool durable, CancellationToken stop)
    {
        var unfinished = data + ".new";
        if (Directory.Exists(unfinished)) Directory.Delete(unfinished, recursive: true);
        string[] arguments = ["-D", unfinished, "-U", SuperUser, "-A", "trust", "-E", "UTF8", "--locale=C"];
        var outcome = await commands.RunAsync("initdb", durable ? arguments : [.. arguments, "--no-sync"], stop);
        if (outcome.ExitCode != 0) throw new InvalidOperationException($"initdb failed: {outcome.Output}");
        Directory.Move(unfinished, data);
    }

    /// <returns>The port that it listens on.</returns>
    private static async Task<int> LaunchAsync(PostgresCommands commands, string data, Func<int> port, bool durable, CancellationToken stop)
    {
        var log = Path.Combine(commands.Folder, "postgres.log");
        CommandOutcome outcome = default;
        for (var attempt = 0; attempt < StartAttempts; attempt++)
        {
            var tried = port();
            outcome = await commands.RunAsync("pg_ctl", ["start", "-w", "-t", "30", "-D", data, "-l", log, "-o", ServerOptions(commands.Folder, tried, durable)], stop);
            if (outcome.ExitCode == 0) return tried;
        }
        throw new InvalidOperationException($"PostgreSQL did not start in {commands.Folder}: {outcome.Output}\n{ChildProcess.Tail(log, 20)}");
    }

    private static async Task<bool> IsRunningAsync(PostgresCommands commands, string data, CancellationToken stop) =>
        (await commands.RunAsync("pg_ctl", ["status", "-D", data], stop)).ExitCode == 0;

    private static async Task StopAsync(PostgresCommands commands, string data, CancellationToken stop)
    {
        var outcome = await commands.RunAsync("pg_ctl", ["stop", "-w", "-m", "fast", "-D", data], stop);
        if (outcome.ExitCode != 0 && await IsRunningAsync(commands, data, stop)) throw new InvalidOperationException($"PostgreSQL in {data} did not stop: {outcome.Output}");
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken stop)
    {
        var connection = new NpgsqlConnection(ConnectionString() + ";Pooling=false");
        await connection.OpenAsync(stop);
        return connection;
    }

    private static string Quoted(string name) => '"' + name.Replace("\"", "\"\"", StringComparison.Ordinal) + '"';

    private static string ServerOptions(string folder, int port, bool durable)
    {
        var socketFolder = folder.Length <= MaxSocketFolderLength ? folder : "";
        // pg_ctl hands this to a shell.
        var options = string.Create(CultureInfo.InvariantCulture,
            $"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='{socketFolder.Replace("'", "'\\''", StringComparison.Ordinal)}' -c max_connections=1000 -c log_min_messages=warning");
        return durable ? options : options + " -c fsync=off -c synchronous_commit=off -c full_page_writes=off";
    }
}
