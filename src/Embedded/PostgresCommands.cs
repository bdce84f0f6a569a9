using System.Diagnostics;

namespace Ingestion.Embedded;

/// <summary>Runs PostgreSQL's programs in a folder; where we are root, which they refuse, as another user that owns the folder.</summary>
internal sealed class PostgresCommands
{
    private static readonly string[] Users = ["postgres", "nobody"];

    private readonly string binaries;
    private readonly string folder;
    private readonly IReadOnlyList<string> asUser;

    private PostgresCommands(string binaries, string folder, IReadOnlyList<string> asUser)
    {
        this.binaries = binaries;
        this.folder = folder;
        this.asUser = asUser;
    }

    /// <exception cref="InvalidOperationException">There are no binaries, or no user who can run them in this folder.</exception>
    public static async Task<PostgresCommands> ForFolderAsync(string folder, CancellationToken stop)
    {
        var binaries = FindBinaries();
        if (!Environment.IsPrivilegedProcess) return new PostgresCommands(binaries, folder, []);

        var accounts = File.ReadLines("/etc/passwd").Select(line => line.Split(':')[0]).ToHashSet();
        var user = Array.Find(Users, accounts.Contains) ?? throw new InvalidOperationException("PostgreSQL does not run as root, and there is neither a user postgres nor nobody");
        var asUser = Onto(user);
        var chown = await RunAsync(["chown", "-R", user, folder], "/", stop);
        if (chown.ExitCode != 0) throw new InvalidOperationException($"{folder} cannot be handed to the user {user}: {chown.Output}");
        var enter = await RunAsync([.. asUser, "/bin/sh", "-c", "cd \"$0\"", folder], "/", stop);
        if (enter.ExitCode != 0)
            throw new InvalidOperationException($"PostgreSQL runs as the user {user} (not as root), who cannot enter {folder}: choose a folder whose parents that user may traverse, under {Path.GetTempPath()} for example");
        return new PostgresCommands(binaries, folder, asUser);
    }

    public Task<CommandOutcome> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken stop) =>
        RunAsync([.. asUser, Path.Combine(binaries, program), .. arguments], folder, stop);

    private static string[] Onto(string user)
    {
        if (OnPath("setpriv")) return ["setpriv", $"--reuid={user}", "--clear-groups", "--"];
        if (OnPath("runuser")) return ["runuser", "-u", user, "--"];
        // su joins nothing by itself: the shell gets the command as its positional parameters.
        return ["su", "-s", "/bin/sh", "-c", "exec \"$0\" \"$@\"", user, "--"];
    }

    /// <summary>POSTGRES_BIN, else the newest under /usr/lib/postgresql, else the PATH.</summary>
    private static string FindBinaries()
    {
        var configured = Environment.GetEnvironmentVariable("POSTGRES_BIN");
        if (!string.IsNullOrEmpty(configured)) return HasServer(configured) ? configured : throw new InvalidOperationException($"POSTGRES_BIN names {configured}, where there is no initdb and pg_ctl");
        const string debian = "/usr/lib/postgresql";
        var versions = Directory.Exists(debian) ? Directory.GetDirectories(debian) : [];
        return versions.OrderByDescending(v => double.TryParse(Path.GetFileName(v), System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : 0)
            .Select(v => Path.Combine(v, "bin")).Concat(PathFolders()).FirstOrDefault(HasServer)
            ?? throw new InvalidOperationException("PostgreSQL's server programs (initdb, pg_ctl) were not found: install PostgreSQL, or set POSTGRES_BIN to the folder that has them");
    }

    private static bool HasServer(string folder) => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "pg_ctl"));

    private static bool OnPath(string program) => PathFolders().Any(folder => File.Exists(Path.Combine(folder, program)));

    private static string[] PathFolders() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    private static async Task<CommandOutcome> RunAsync(IReadOnlyList<string> command, string workingFolder, CancellationToken stop)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = workingFolder };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{command[0]} could not be started");
        var output = process.StandardOutput.ReadToEndAsync(stop);
        var errors = process.StandardError.ReadToEndAsync(stop);
        await process.WaitForExitAsync(stop);
        return new CommandOutcome(process.ExitCode, (await output + await errors).Trim());
    }
}

internal readonly record struct CommandOutcome(int ExitCode, string Output);
