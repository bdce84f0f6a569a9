using System.Globalization;

namespace Ingestion.Embedded;

/// <summary>A server that a script or program of its own started: found by the port on which it listens, so that it can be stopped with SIGSTOP, with the processes that it has forked.</summary>
internal sealed class ServerProcess
{
    private const string Listening = "0A", Loopback = "0100007F"; // as proc_net_tcp(5) writes them

    private readonly IReadOnlyList<int> ids;

    private ServerProcess(IReadOnlyList<int> ids) => this.ids = ids;

    /// <summary>SIGSTOP. Its connections stand, and whoever connects anew waits.</summary>
    /// <param name="port">Of 127.0.0.1.</param>
    /// <exception cref="InvalidOperationException">Nobody listens there whose open files can be seen.</exception>
    public static ServerProcess Suspended(int port)
    {
        var server = At(port);
        ChildProcess.Suspend(server); // it forks no more
        var forked = Running().Where(p => p.Parent == server).Select(p => p.Id).ToList();
        forked.ForEach(ChildProcess.Suspend);
        return new ServerProcess([server, .. forked]);
    }

    /// <summary>SIGCONT.</summary>
    public void Resume()
    {
        foreach (var id in ids) ChildProcess.Resume(id);
    }

    private static int At(int port)
    {
        var sockets = Sockets(port).Select(inode => $"socket:[{inode}]").ToHashSet(StringComparer.Ordinal);
        // Whom the server has forked may have its socket too: the one that all come from is it.
        var holders = Running().Where(p => Holds(p.Id, sockets)).ToList();
        var (server, _) = holders.Find(p => holders.All(h => h.Id != p.Parent));
        return server > 0 ? server : throw new InvalidOperationException($"no process is seen to listen on port {port}");
    }

    /// <summary>By proc_net_tcp(5): the second field is the local address and port, the fourth the state, the tenth the inode.</summary>
    private static IEnumerable<string> Sockets(int port) => ((string[])["/proc/net/tcp", "/proc/net/tcp6"]).Where(File.Exists).SelectMany(File.ReadLines)
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(f => f.Length > 9 && f[3] == Listening && f[1].EndsWith(string.Create(CultureInfo.InvariantCulture, $"{Loopback}:{port:X4}"), StringComparison.Ordinal)).Select(f => f[9]);

    private static bool Holds(int id, HashSet<string> sockets)
    {
        try { return Directory.EnumerateFiles($"/proc/{id}/fd").Any(file => new FileInfo(file).LinkTarget is { } target && sockets.Contains(target)); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return false; } // it has just ended, or is somebody else's
    }

    /// <summary>All processes, by proc_pid_stat(5), whose second field, the program's name in brackets, may hold anything; the parent is the fourth.</summary>
    private static List<(int Id, int Parent)> Running()
    {
        var running = new List<(int, int)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id)) continue;
            try
            {
                var stat = File.ReadAllText(Path.Combine(folder, "stat"));
                running.Add((id, int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture)));
            }
            catch (IOException) { continue; } // it has just ended
        }
        return running;
    }
}
