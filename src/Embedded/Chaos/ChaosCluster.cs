using System.Net;

namespace Ingestion.Embedded.Chaos;

/// <summary>A whole installation of its own (Kafka, PostgreSQL, overlords, workers) in which every part can fail, and every way between two parts: each part is reached through a proxy.
/// A part listens on 127.0.0.1; the proxy has the same port of another loopback address, under which the part is known to the others.</summary>
public sealed class ChaosCluster : IAsyncDisposable
{
    private const string Database = "chaos";

    private ChaosCluster(KafkaBroker kafka, PrivatePostgres postgres, string folder, int overlords, int workers, int capacity)
    {
        (Kafka, Postgres) = (kafka, postgres);
        var spare = IPEndPoint.Parse(kafka.SpareAddress);
        KafkaProxy = TcpProxy.Start(spare, () => IPEndPoint.Parse(kafka.BootstrapServers));
        DatabaseProxies = [.. Enumerable.Range(0, overlords).Select(_ => TcpProxy.Start(new IPEndPoint(IPAddress.Loopback, Ports.Lasting()), () => new IPEndPoint(IPAddress.Loopback, postgres.Port)))];
        Cluster = new Cluster(folder, [.. DatabaseProxies.Select(p => new Npgsql.NpgsqlConnectionStringBuilder(postgres.ConnectionString(Database)) { Port = p.Port }.ConnectionString)], workers, capacity,
            i => $"127.0.1.{i + 1}", i => $"127.0.2.{i + 1}");
        OverlordProxies = [.. Cluster.Overlords.Select((o, i) => ProxyOf(o, $"127.0.1.{i + 1}"))];
        WorkerProxies = [.. Cluster.Workers.Select((w, i) => ProxyOf(w, $"127.0.2.{i + 1}"))];
    }

    public KafkaBroker Kafka { get; }
    public PrivatePostgres Postgres { get; }
    public Cluster Cluster { get; }
    public TcpProxy KafkaProxy { get; }

    /// <summary>Each overlord's way to PostgreSQL.</summary>
    public IReadOnlyList<TcpProxy> DatabaseProxies { get; }

    /// <summary>Everybody's way to each overlord.</summary>
    public IReadOnlyList<TcpProxy> OverlordProxies { get; }
    public IReadOnlyList<TcpProxy> WorkerProxies { get; }

    /// <summary>What clients are given: the way through the proxy.</summary>
    public string BootstrapServers => Kafka.SpareAddress;

    /// <summary>Past all proxies.</summary>
    public string ConnectionString => Postgres.ConnectionString(Database);

    /// <summary>Starts the servers; overlords and workers are started by <see cref="Cluster.StartAsync"/>.</summary>
    /// <param name="folder">Of its own; PostgreSQL's user must be able to enter it.</param>
    public static async Task<ChaosCluster> StartAsync(string folder, int overlords, int workers, int capacity)
    {
        var kafka = await KafkaBroker.StartAsync(Path.Combine(folder, "kafka"), ownBroker: true, port => [$"advertised.listeners=PLAINTEXT://{KafkaBroker.Spare(port)}"]);
        var postgres = await PrivatePostgres.StartAsync(Path.Combine(folder, "postgres"));
        await postgres.EnsureDatabaseAsync(Database);
        return new ChaosCluster(kafka, postgres, folder, overlords, workers, capacity);
    }

    /// <summary>The data of Kafka, PostgreSQL and deep storage stays where it is.</summary>
    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        foreach (var proxy in (TcpProxy[])[KafkaProxy, .. DatabaseProxies, .. OverlordProxies, .. WorkerProxies]) await proxy.DisposeAsync();
        await Kafka.DisposeAsync();
        await Postgres.DisposeAsync();
    }

    private static TcpProxy ProxyOf(Part part, string host) => TcpProxy.Start(new IPEndPoint(IPAddress.Parse(host), part.Port), () => new IPEndPoint(IPAddress.Loopback, part.Port));
}
