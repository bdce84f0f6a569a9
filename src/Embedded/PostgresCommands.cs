using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace Ingestion.Embedded;

/// <summary>Runs PostgreSQL's programs in a folder; where we are root, which they refuse, as another user that owns the folder.
/// A folder that this user cannot enter (a clone under /root, say) is replaced by one under /var/tmp that is named after it.</summary>
internal sealed class PostgresCommands
{
    private static readonly string[] Users = ["postgres", "nobody"];

    private readonly string binaries;
    private readonly IReadOnlyList<string> asUser;

    private PostgresCommands(string binaries, string folder, IReadOnlyList<string> asUser)
    {
        this.binaries = binaries;
        Folder = folder;
        this.asUser = asUser;
    }

    /// <summary>The folder asked for, or the one that replaces it.</summary>
    public string Folder { get; }

    /// <exception cref="InvalidOperationException">There are no binaries, or no user who can run them in this folder.</exception>
    public static async Task<PostgresCommands> ForFolderAsync(string folder, CancellationToken stop)
    {
        var binaries = FindBinaries();
        if (!Environment.IsPrivilegedProcess) return new PostgresCommands(binaries, folder, []);

        var accounts = File.ReadLines("/etc/passwd").Select(line => line.Split(':')[0]).ToHashSet();
        var user = Array.Find(Users, accounts.Contains) ?? throw new InvalidOperationException("PostgreSQL does not run as root, and there is neither a user postgres nor nobody");
        var asUser = Onto(user);
        if (await MayEnterAsync(asUser, Path.GetDirectoryName(folder)!, stop))
        {
            var chown = await RunAsync(["chown", "-R", user, folder], "/", stop);
            if (chown.ExitCode != 0) throw new InvalidOperationException($"{folder} cannot be handed to the user {user}: {chown.Output}");
            return new PostgresCommands(binaries, folder, asUser);
        }
        return new PostgresCommands(binaries, await ReplaceAsync(folder, user, asUser, stop), asUser);
    }

    private static async Task<bool> MayEnterAsync(string[] asUser, string folder, CancellationToken stop) =>
        (await RunAsync([.. asUser, "/bin/sh", "-c", "cd \"$0\"", folder], "/", stop)).ExitCode == 0;

    /// <summary>Made by the user itself, and refused where it is another's: anyone may write to /var/tmp.</summary>
    private static async Task<string> ReplaceAsync(string folder, string user, string[] asUser, CancellationToken stop)
    {
        var replacement = "/var/tmp/ingestion-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folder)))[..16];
        var make = await RunAsync([.. asUser, "/bin/sh", "-c", "mkdir -m 700 \"$0\" 2> /dev/null; [ -d \"$0\" ] && [ -O \"$0\" ] && [ ! -L \"$0\" ]", replacement], "/", stop);
        if (make.ExitCode == 0) return replacement;
        throw new InvalidOperationException($"PostgreSQL runs as the user {user} (not as root), who can neither enter {folder} nor make {replacement}: {make.Output}");
    }

    public Task<CommandOutcome> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken stop) =>
        RunAsync([.. asUser, Path.Combine(binaries, program), .. arguments], Folder, stop);

    private static string[] Onto(string user)
    {
        if (SearchPath.Has("setpriv")) return ["setpriv", $"--reuid={user}", "--clear-groups", "--"];
        if (SearchPath.Has("runuser")) return ["runuser", "-u", user, "--"];
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
            .Select(v => Path.Combine(v, "bin")).Concat(SearchPath.Folders).FirstOrDefault(HasServer)
            ?? throw new InvalidOperationException("PostgreSQL's server programs (initdb, pg_ctl) were not found: install PostgreSQL, or set POSTGRES_BIN to the folder that has them");
    }

    private static bool HasServer(string folder) => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "pg_ctl"));

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
