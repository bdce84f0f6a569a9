using System.Net.Sockets;
using System.Text;

namespace Ingestion.Embedded;

/// <summary>A real ZooKeeper ensemble on this machine: a process (<c>QuorumPeerMain</c>) and a folder for each member, on free ports of 127.0.0.1. Members can be stopped, killed and started again
/// over what they had. The jars are those that the script of DRUID_START unpacks, or Debian's package zookeeper.</summary>
public sealed class ZooKeeperEnsemble : IAsyncDisposable
{
    private const int SigInt = 2, SigStop = 19, SigCont = 18, PortsPerMember = 3;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60), AskLimit = TimeSpan.FromSeconds(1), Poll = TimeSpan.FromMilliseconds(50);
    private readonly string folder;
    private readonly string classPath;
    private readonly int firstPort;
    private readonly TimeSpan tick;
    private readonly ChildProcess?[] members;

    private ZooKeeperEnsemble(string folder, string classPath, int count, TimeSpan tick)
    {
        (this.folder, this.classPath, this.tick) = (folder, classPath, tick);
        firstPort = Ports.Free(count * PortsPerMember);
        members = new ChildProcess?[count];
    }

    public int Count => members.Length;

    /// <summary>HOST:PORT of each member, whether it runs or not.</summary>
    public IReadOnlyList<string> Addresses => [.. Enumerable.Range(0, Count).Select(i => $"127.0.0.1:{ClientPort(i)}")];

    /// <summary>Of all members, as clients take it; a path may follow.</summary>
    public string Connect => string.Join(',', Addresses);

    /// <summary>Why none can be started; null: one can.</summary>
    public static string? Missing => !SearchPath.Has("java") ? "needs a real ZooKeeper: there is no java"
        : DruidLibraries() is null && DruidScript is null && !File.Exists(DebianJar) ? "needs a real ZooKeeper: DRUID_START names no script, and Debian's package zookeeper is not installed" : null;

    private static string? DruidScript => Environment.GetEnvironmentVariable("DRUID_START") is { Length: > 0 } script && File.Exists(script) ? script : null;
    private const string DebianJar = "/usr/share/java/zookeeper.jar";

    /// <param name="folder">For data and logs; made where it is absent.</param>
    /// <param name="count">Of members.</param>
    /// <param name="tick">ZooKeeper's unit of time: sessions last between 2 and 20. Null: half a second.</param>
    /// <exception cref="InvalidOperationException">It did not start; the message has the end of a log.</exception>
    public static async Task<ZooKeeperEnsemble> StartAsync(string folder, int count, TimeSpan? tick = null)
    {
        Directory.CreateDirectory(folder);
        var ensemble = new ZooKeeperEnsemble(folder, await ClassPathAsync(folder), count, tick ?? TimeSpan.FromMilliseconds(500));
        await Task.WhenAll(Enumerable.Range(0, count).Select(ensemble.StartMemberAsync));
        await ensemble.UntilServingAsync(count);
        return ensemble;
    }

    /// <summary>Starts a member, again where it was before.</summary>
    public async Task StartMemberAsync(int member)
    {
        var home = Path.Combine(folder, $"member-{member + 1}");
        Directory.CreateDirectory(Path.Combine(home, "data"));
        await File.WriteAllTextAsync(Path.Combine(home, "data", "myid"), $"{member + 1}");
        await File.WriteAllTextAsync(Path.Combine(home, "zoo.cfg"), Configuration(member, Path.Combine(home, "data")));
        await File.WriteAllTextAsync(Path.Combine(home, "log4j2.xml"), """
            <Configuration status="WARN"><Appenders><Console name="C" target="SYSTEM_OUT"><PatternLayout pattern="%d{ISO8601} %p %c{1} - %m%n"/></Console></Appenders><Loggers><Root level="info"><AppenderRef ref="C"/></Root></Loggers></Configuration>
            """);
        (members[member], _) = await ChildProcess.StartAsync("java",
            ["-Xmx96m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", $"-Dlog4j.configurationFile={Path.Combine(home, "log4j2.xml")}", "-cp", classPath, "org.apache.zookeeper.server.quorum.QuorumPeerMain", Path.Combine(home, "zoo.cfg")],
            Path.Combine(folder, $"member-{member + 1}.log"));
    }

    /// <summary>SIGTERM, and waits until it has ended.</summary>
    public Task StopMemberAsync(int member) => EndAsync(member, p => p.StopAsync());

    /// <summary>SIGINT, as Ctrl-C is, and waits until it has ended.</summary>
    public Task InterruptMemberAsync(int member) => EndAsync(member, p =>
    {
        p.Signal(SigInt);
        return p.WaitAsync(StartLimit);
    });

    /// <summary>SIGKILL, as a crash would be.</summary>
    public Task KillMemberAsync(int member) => EndAsync(member, p => p.KillAsync());

    /// <summary>SIGSTOP: it is there and does nothing.</summary>
    public void FreezeMember(int member) => members[member]?.Signal(SigStop);

    public void ContinueMember(int member) => members[member]?.Signal(SigCont);

    /// <summary>The member that leads the ensemble; -1: none does.</summary>
    public async Task<int> LeaderAsync()
    {
        var modes = await ModesAsync();
        return Array.FindIndex(modes, m => m is "leader" or "standalone");
    }

    /// <summary>Of each member: leader, follower, standalone; empty where it does not serve.</summary>
    public Task<string[]> ModesAsync() => Task.WhenAll(Enumerable.Range(0, Count).Select(ModeAsync));

    /// <summary>Waits until this many members serve.</summary>
    public async Task UntilServingAsync(int count)
    {
        using var patience = new CancellationTokenSource(StartLimit);
        using var timer = new PeriodicTimer(Poll);
        while ((await ModesAsync()).Count(m => m.Length > 0) < count)
        {
            try { await timer.WaitForNextTickAsync(patience.Token); }
            catch (OperationCanceledException) { throw new InvalidOperationException($"not {count} of {Count} ZooKeeper members serve after {StartLimit.TotalSeconds} s; the end of a log:\n{ChildProcess.Tail(Path.Combine(folder, "member-1.log"), 15)}"); }
        }
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(members.OfType<ChildProcess>().Select(async m =>
    {
        m.Signal(SigCont);
        await m.KillAsync();
        await m.DisposeAsync();
    }));

    private async Task EndAsync(int member, Func<ChildProcess, Task> end)
    {
        if (members[member] is not { } process) return;
        members[member] = null;
        await end(process);
        await process.DisposeAsync();
    }

    private int ClientPort(int member) => firstPort + (member * PortsPerMember);

    private string Configuration(int member, string data)
    {
        var text = new StringBuilder($"tickTime={(int)tick.TotalMilliseconds}\ninitLimit=20\nsyncLimit=6\ndataDir={data}\nclientPort={ClientPort(member)}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\nmaxClientCnxns=0\n");
        for (var i = 0; i < Count && Count > 1; i++) text.Append(System.Globalization.CultureInfo.InvariantCulture, $"server.{i + 1}=127.0.0.1:{ClientPort(i) + 1}:{ClientPort(i) + 2}\n");
        return text.ToString();
    }

    /// <summary>By the four-letter word <c>srvr</c>.</summary>
    private async Task<string> ModeAsync(int member)
    {
        using var limit = new CancellationTokenSource(AskLimit);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", ClientPort(member), limit.Token);
            await client.GetStream().WriteAsync("srvr"u8.ToArray(), limit.Token);
            using var reader = new StreamReader(client.GetStream());
            var answer = await reader.ReadToEndAsync(limit.Token);
            return answer.Split('\n').FirstOrDefault(l => l.StartsWith("Mode: ", StringComparison.Ordinal))?["Mode: ".Length..].Trim() ?? "";
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException) { return ""; }
    }

    private static string? DruidLibraries()
    {
        var libraries = Environment.GetEnvironmentVariable("DRUID_LIBS") ?? Path.Combine(Environment.GetEnvironmentVariable("TMPDIR") ?? "/tmp", "druid-33.0.0-libs");
        return File.Exists(Path.Combine(libraries, ".complete")) ? Path.Combine(libraries, "lib", "*") : null;
    }

    private static async Task<string> ClassPathAsync(string folder)
    {
        // To stop what does not run makes the script unpack its jars, and no more.
        if (DruidLibraries() is null && DruidScript is { } script) await ServerScript.RunAsync(script, Path.Combine(folder, "unpack.log"), StartLimit * 4, ["stop", Path.Combine(folder, "unpack")]);
        return DruidLibraries() ?? (File.Exists(DebianJar) ? Path.Combine(Path.GetDirectoryName(DebianJar)!, "*") : throw new InvalidOperationException(Missing ?? "ZooKeeper's jars are not where they are looked for"));
    }
}
