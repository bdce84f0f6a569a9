using Confluent.Kafka;

namespace Ingestion.Embedded;

/// <summary>The Kafka of a demo, test or bench: the brokers in <c>KAFKA_BOOTSTRAP_SERVERS</c>; else a real one started by the script that
/// <c>KAFKA_START</c> names; else librdkafka's mock cluster in a process of its own, which forgets everything when it ends.</summary>
public sealed class KafkaBroker : IAsyncDisposable
{
    private const int StartAttempts = 3;
    private const int OwnPorts = 3;
    private static readonly TimeSpan ScriptLimit = TimeSpan.FromSeconds(90);
    private readonly ChildProcess? devBroker;
    private readonly string? script;
    private readonly string folder;
    private readonly int port;
    private readonly string[] settings;
    private ServerProcess? suspended;

    private KafkaBroker(string bootstrapServers, bool forgets, string folder, string? script = null, int port = 0, string[]? settings = null, ChildProcess? devBroker = null) =>
        (BootstrapServers, Forgets, this.folder, this.script, this.port, this.settings, this.devBroker) = (bootstrapServers, forgets, folder, script, port, settings ?? [], devBroker);

    public string BootstrapServers { get; }

    /// <summary>Where nobody listens unless its settings say so.</summary>
    public string SpareAddress => Spare(port);

    /// <param name="port">A broker's.</param>
    public static string Spare(int port) => $"127.0.0.1:{port + 2}";

    /// <summary>True of the mock cluster: topics have 4 partitions, come into being on first use, and are gone when it ends.</summary>
    public bool Forgets { get; }

    /// <param name="folder">Where a broker of ours keeps its data; the same folder finds the same topics again.</param>
    /// <param name="ownBroker">Not one that is there.</param>
    /// <param name="settings">Of a broker that the script starts: Kafka's, <c>NAME=VALUE</c>, for its port, beside those of the script.</param>
    public static async Task<KafkaBroker> StartAsync(string folder, bool ownBroker = false, Func<int, string[]>? settings = null)
    {
        if (!ownBroker && Environment.GetEnvironmentVariable("KAFKA_BOOTSTRAP_SERVERS") is { Length: > 0 } servers) return new KafkaBroker(servers, false, folder);
        if (Environment.GetEnvironmentVariable("KAFKA_START") is { Length: > 0 } script) return await StartAsync(folder, script, ScriptLimit, settings);
        return await StartMockAsync(folder);
    }

    /// <summary>librdkafka's mock cluster, whatever the variables say.</summary>
    public static async Task<KafkaBroker> StartMockAsync(string folder)
    {
        Directory.CreateDirectory(folder);
        var (process, line) = await ChildProcess.StartAsync(Programs.Embedded, ["dev-broker"], Path.Combine(folder, "dev-broker.log"), DevBroker.Ready);
        return new KafkaBroker(line[(line.IndexOf(DevBroker.Ready, StringComparison.Ordinal) + DevBroker.Ready.Length)..].Trim(), true, folder, devBroker: process);
    }

    /// <summary>A real broker, by a script as <c>KAFKA_START</c> names one.</summary>
    /// <param name="limit">For each call of the script.</param>
    /// <param name="settings">Kafka's, <c>NAME=VALUE</c>, for a port, beside those of the script.</param>
    /// <exception cref="InvalidOperationException">The script failed, or did not end in time and was killed; the message has the end of its output.</exception>
    public static async Task<KafkaBroker> StartAsync(string folder, string script, TimeSpan limit, Func<int, string[]>? settings = null)
    {
        Directory.CreateDirectory(folder);
        await RunAsync(script, folder, limit, "stop", folder); // what an earlier run that was killed may have left
        for (var attempt = 1; ; attempt++)
        {
            var port = PortFor(folder);
            var own = settings?.Invoke(port) ?? [];
            try { await RunAsync(script, folder, limit, ["start", folder, $"{port}", .. own]); }
            catch (InvalidOperationException e) when (attempt < StartAttempts && e.Message.Contains("already in use", StringComparison.OrdinalIgnoreCase))
            {
                // A connection of somebody else has taken the port since it was found free.
                File.Delete(PortFile(folder));
                await RunAsync(script, folder, limit, "stop", folder);
                continue;
            }
            return new KafkaBroker($"127.0.0.1:{port}", false, folder, script, port, own);
        }
    }

    private static string PortFile(string folder) => Path.Combine(folder, "port");

    /// <summary>The port of the last time where that is free, because the specs that supervisors keep name it. The controller gets the next one, and one more is spare.</summary>
    private static int PortFor(string folder)
    {
        var file = PortFile(folder);
        if (File.Exists(file) && int.TryParse(File.ReadAllText(file), out var last) && Ports.AreFree(last, OwnPorts)) return last;
        var port = Ports.Free(OwnPorts);
        File.WriteAllText(file, $"{port}");
        return port;
    }

    /// <summary>kill -9 of a broker that <c>KAFKA_START</c> started; its data stays.</summary>
    public Task KillAsync() => RunAsync(Script, folder, ScriptLimit, "kill", folder);

    /// <summary>Has a broker that <c>KAFKA_START</c> started end in order; its data stays.</summary>
    public Task StopAsync() => RunAsync(Script, folder, ScriptLimit, "stop", folder);

    /// <summary>SIGSTOP of the broker: it stands still with its connections open, until <see cref="Resume"/>.</summary>
    public void Suspend() => suspended = ServerProcess.Suspended(port);

    public void Resume() => suspended?.Resume();

    /// <summary>Starts it again on the same port after <see cref="KillAsync"/> or <see cref="StopAsync"/>.</summary>
    public Task RestartAsync() => RunAsync(Script, folder, ScriptLimit, ["start", folder, $"{port}", .. settings]);

    private string Script => script ?? throw new InvalidOperationException("only a broker that KAFKA_START started can be ended");

    /// <summary>Makes a topic unless it is there.</summary>
    /// <param name="topic">Its name.</param>
    /// <param name="partitions">At least 1.</param>
    /// <param name="settings">Kafka's topic settings that are not to be the broker's.</param>
    public async Task CreateTopicAsync(string topic, int partitions, Dictionary<string, string>? settings = null)
    {
        if (Forgets) return;
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = BootstrapServers }).Build();
        try { await admin.CreateTopicsAsync([new() { Name = topic, NumPartitions = partitions, ReplicationFactor = 1, Configs = settings }]); }
        catch (Confluent.Kafka.Admin.CreateTopicsException e) when (e.Results.All(r => r.Error.Code is ErrorCode.NoError or ErrorCode.TopicAlreadyExists)) { return; }
    }

    public async ValueTask DisposeAsync()
    {
        if (devBroker is not null) await devBroker.DisposeAsync();
        if (script is not null) await RunAsync(script, folder, ScriptLimit, "stop", folder);
    }

    private static Task RunAsync(string script, string folder, TimeSpan limit, params string[] arguments) =>
        ServerScript.RunAsync(script, Path.Combine(folder, "kafka-script.log"), limit, arguments);
}
