using System.Globalization;
using Ingestion.Embedded;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.ZooKeeper;
using Microsoft.Extensions.Logging.Abstractions;

[assembly: AssemblyFixture(typeof(Ingestion.Overlord.Tests.ZooKeeper.ZooKeeperFixture))]

namespace Ingestion.Overlord.Tests.ZooKeeper;

/// <summary>One real ZooKeeper server for all tests, started when the first asks for it; each test takes a base path of its own.</summary>
public sealed class ZooKeeperFixture : IAsyncDisposable
{
    private readonly SemaphoreSlim gate = new(1);
    private readonly string folder = Path.Combine(Path.GetTempPath(), $"ingestion-tests-zookeeper-{Environment.ProcessId}");
    private ZooKeeperEnsemble? server;
    private int paths;

    /// <summary>Of sessions: short, so that a lost one is soon forgotten.</summary>
    public static readonly TimeSpan SessionTimeout = TimeSpan.FromSeconds(3);

    /// <summary>A path that nobody else uses; skips the test where there is no ZooKeeper.</summary>
    public async Task<ConnectString> NewAsync()
    {
        Assert.SkipUnless(ZooKeeperLibrary.Missing is null, ZooKeeperLibrary.Missing ?? "");
        Assert.SkipUnless(ZooKeeperEnsemble.Missing is null, ZooKeeperEnsemble.Missing ?? "");
        await gate.WaitAsync();
        try
        {
            server ??= await ZooKeeperEnsemble.StartAsync(folder, 1);
            return ConnectString.Parse(string.Create(CultureInfo.InvariantCulture, $"{server.Connect}/test/{++paths}"), "--zookeeper");
        }
        finally { gate.Release(); }
    }

    /// <summary>Of a candidate at a path of its own.</summary>
    public async Task<ILeaderElection> ElectionAsync(MetadataStorage storage, string url) => Election(await NewAsync(), storage, url);

    public static ILeaderElection Election(ConnectString connect, MetadataStorage storage, string url)
    {
        var settings = new LeadershipSettings { Url = url };
        return new ZooKeeperElection(connect, SessionTimeout, new PostgresElection(storage, settings, NullLogger<PostgresElection>.Instance),
            async stop => (await Migrator.ClusterIdAsync(storage, stop)).ToString(), settings, NullLogger<ZooKeeperElection>.Instance);
    }

    internal static async Task<ZooKeeperSession> SessionAsync(ConnectString connect, CancellationToken stop)
    {
        var session = new ZooKeeperSession(connect, SessionTimeout, NullLogger.Instance);
        await session.ConnectedAsync(TimeSpan.FromSeconds(20), stop);
        return session;
    }

    public async ValueTask DisposeAsync()
    {
        gate.Dispose();
        if (server is null) return;
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
