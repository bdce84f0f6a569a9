using Ingestion.Embedded;
using Ingestion.Support;

namespace Ingestion.EndToEnd;

/// <summary>The demo in a folder of its own. Whatever it starts carries a variable of its environment, by which it is found among all processes.</summary>
public sealed class DemoRun : IAsyncDisposable
{
    public const int HangUp = 1;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly string root = Directory.CreateTempSubdirectory("ingestion-demo-").FullName;
    private readonly string mark = $"INGESTION_RUN={Guid.NewGuid()}";
    private int starts;

    public DemoRun()
    {
        File.SetUnixFileMode(root, (UnixFileMode)0b111_101_101); // PostgreSQL's user must get in
        File.CreateSymbolicLink(Path.Combine(root, "samples"), Path.GetDirectoryName(Sample.Find())!);
    }

    /// <summary><c>./run --exit</c>, as far as a line of output with this text.</summary>
    /// <param name="kafkaScript">As in <c>KAFKA_START</c>; empty: the mock broker.</param>
    public async Task<ChildProcess> StartAsync(string marker, string kafkaScript = "", params string[] more)
    {
        var (variable, value) = (mark.Split('=')[0], mark.Split('=')[1]);
        var (process, _) = await ChildProcess.StartAsync(Programs.Embedded, ["demo", root, "--exit", .. more], Path.Combine(root, $"demo-{++starts}.log"), marker, TimeSpan.FromSeconds(120),
            new Dictionary<string, string> { [variable] = value, ["KAFKA_START"] = kafkaScript, ["KAFKA_BOOTSTRAP_SERVERS"] = "", ["METADATA_URL"] = "" });
        return process;
    }

    /// <summary>Command lines of the processes of this demo that run now.</summary>
    public IReadOnlyList<string> Processes() => [.. AllProcesses().Where(p => p.Environment.Split('\0').Contains(mark)).Select(p => p.CommandLine)];

    /// <summary>demo, dev-broker, overlord, worker or postgres.</summary>
    public static string Role(string commandLine)
    {
        var words = commandLine.Split(' ');
        var program = Path.GetFileName(words[0]).TrimEnd(':');
        return program == "embedded" ? words[1] : program;
    }

    public static IEnumerable<(string CommandLine, string Environment)> AllProcesses() =>
        Directory.EnumerateDirectories("/proc").Where(p => int.TryParse(Path.GetFileName(p), out _)).Select(p => (Text(p, "cmdline").Replace('\0', ' ').Trim(), Text(p, "environ")));

    public static async Task UntilAsync(Func<bool> condition, Func<string> otherwise)
    {
        if (!await Waiting.UntilAsync(() => Task.FromResult(condition()), Patience)) Assert.Fail($"not within {Patience.TotalSeconds} s: {otherwise()}");
    }

    public async ValueTask DisposeAsync()
    {
        await Leftovers.StopAsync(root);
        await PrivatePostgres.StopLeftoverAsync(Path.Combine(root, ".run", "postgres"));
        Directory.Delete(root, recursive: true);
    }

    private static string Text(string process, string file)
    {
        try { return File.ReadAllText(Path.Combine(process, file)); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return ""; } // it has just ended, or is another user's
    }
}
