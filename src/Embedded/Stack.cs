namespace Ingestion.Embedded;

/// <summary>An overlord and workers as real processes over a metadata database and a deep storage folder.</summary>
public sealed class Stack : IAsyncDisposable
{
    private const int SigInt = 2;
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private readonly string folder;
    private readonly string metadata;
    private readonly List<ChildProcess> workers = [];
    private int workersStarted;

    /// <param name="folder">For logs and work files.</param>
    /// <param name="metadata">Connection string or URL of the metadata database.</param>
    /// <param name="deepStorage">A folder, or <c>s3://BUCKET/BASE_KEY</c>: how that is reached goes with each worker's options.</param>
    /// <param name="client">Where the overlord is to listen on this machine, and how it is called; disposed with this. Null: at <paramref name="overlordPort"/>, without credentials.</param>
    public Stack(string folder, string metadata, string deepStorage, int overlordPort = 0, OverlordClient? client = null)
    {
        (this.folder, this.metadata, DeepStorage) = (folder, metadata, deepStorage);
        Client = client ?? new OverlordClient(new Uri($"http://127.0.0.1:{(overlordPort == 0 ? Ports.Free() : overlordPort)}"));
        OverlordPort = Client.Address.Port;
        Directory.CreateDirectory(folder);
        if (!deepStorage.Contains("://", StringComparison.Ordinal)) Directory.CreateDirectory(deepStorage);
    }

    public string DeepStorage { get; }
    public int OverlordPort { get; }
    public OverlordClient Client { get; }

    /// <summary>Options and variables of every process.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();
    public ChildProcess? Overlord { get; private set; }
    public IReadOnlyList<ChildProcess> Workers => workers;

    public async Task StartOverlordAsync(params string[] more)
    {
        (Overlord, _) = await ChildProcess.StartAsync(Programs.Overlord, ["--metadata", metadata, "--listen", $"127.0.0.1:{OverlordPort}", .. Options, .. more],
            Path.Combine(folder, "overlord.log"), "overlord leads", StartTimeout, Variables);
    }

    public async Task<ChildProcess> StartWorkerAsync(int capacity = 4, params string[] more)
    {
        var name = $"worker-{++workersStarted}";
        var (worker, _) = await ChildProcess.StartAsync(Programs.Worker,
            ["--overlords", Client.Address.ToString(), "--listen", "127.0.0.1:0", "--capacity", $"{capacity}", "--deep-storage", DeepStorage, "--work-dir", Path.Combine(folder, name), .. Options, .. more],
            Path.Combine(folder, $"{name}.log"), "worker listening", StartTimeout, Variables);
        workers.Add(worker);
        return worker;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        // All at once: an overlord that outlives its workers would replace their tasks. Workers end at once by SIGINT; by SIGTERM they would drain.
        foreach (var worker in workers) worker.Signal(SigInt);
        await Task.WhenAll(workers.Append(Overlord).OfType<ChildProcess>().Select(p => p.DisposeAsync().AsTask()));
    }
}
