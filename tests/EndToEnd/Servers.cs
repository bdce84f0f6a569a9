using Ingestion.Embedded;
using Ingestion.Support;

[assembly: AssemblyFixture(typeof(Ingestion.EndToEnd.Servers))]
// Each test is several processes: more at a time only makes each of them slower.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]

namespace Ingestion.EndToEnd;

/// <summary>One real Kafka broker and one PostgreSQL server for all tests; each test has a topic and a database of its own.</summary>
public sealed class Servers : IAsyncLifetime
{
    private readonly string folder = Path.Combine(Path.GetTempPath(), $"ingestion-e2e-{Environment.ProcessId}");
    private KafkaBroker? kafka;
    private PrivatePostgres? postgres;
    private int counter;

    public KafkaBroker Kafka => kafka!;
    public PrivatePostgres Postgres => postgres!;
    public static string? KafkaScript => Environment.GetEnvironmentVariable("KAFKA_START");
    public static string? DruidScript => Environment.GetEnvironmentVariable("DRUID_START");

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101); // the server's user must get in
        postgres = await PrivatePostgres.StartAsync(Path.Combine(folder, "postgres"), durable: false);
        if (KafkaScript is { Length: > 0 }) kafka = await KafkaBroker.StartAsync(Path.Combine(folder, "kafka"), ownBroker: true);
    }

    /// <summary>A fresh folder, database, topic and stack; skips the test where there is no real broker.</summary>
    /// <param name="partitions">Of the topic.</param>
    /// <param name="ownBroker">With a broker of its own, which the test may kill.</param>
    /// <param name="deepStorage">Another than a folder of its own.</param>
    /// <param name="settings">Of a broker of its own, for its port: <c>NAME=VALUE</c>.</param>
    /// <param name="access">With users and TLS; null: without.</param>
    public async Task<Pipeline> PipelineAsync(int partitions = 2, bool ownBroker = false, string? deepStorage = null, Func<int, string[]>? settings = null, AccessFiles? access = null)
    {
        Assert.SkipUnless(kafka is not null, "needs a real Kafka broker: KAFKA_START names no script");
        var name = $"wiki{Interlocked.Increment(ref counter)}";
        var own = Path.Combine(folder, name);
        return await Pipeline.CreateAsync(Postgres, Kafka, ownBroker ? await KafkaBroker.StartAsync(Path.Combine(own, "kafka"), ownBroker: true, settings) : null, name, own, partitions, deepStorage, access);
    }

    /// <summary>A folder for a server of a test's own.</summary>
    public string NewFolder(string name) => Path.Combine(folder, $"{name}{Interlocked.Increment(ref counter)}");

    public async ValueTask DisposeAsync()
    {
        if (kafka is not null) await kafka.DisposeAsync();
        if (postgres is not null) await postgres.DisposeAsync();
        if (Environment.GetEnvironmentVariable("E2E_KEEP") is null) Directory.Delete(folder, recursive: true);
    }
}
