using Ingestion.Overlord.Discovery;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Supervision;
using Ingestion.Overlord.ZooKeeper;

namespace Ingestion.Overlord.Hosting;

/// <summary>Composes what leadership is made of.</summary>
internal static class CoordinationServices
{
    public static void AddCoordination(this IServiceCollection services, OverlordOptions options)
    {
        var coordination = options.Coordination;
        services.AddSingleton(coordination);
        services.AddSingleton<OverlordUrl>();
        services.AddSingleton(s => coordination.Leadership with { Url = s.GetRequiredService<OverlordUrl>().Value });
        services.AddSingleton<FencedTransactions>();
        services.AddSingleton<PostgresElection>();
        services.AddSingleton(s => new StartConditions(s.GetRequiredService<MetadataStorage>(), s.GetRequiredService<LeadershipSettings>(), options.Environment, coordination.TakesOver));
        services.AddSingleton<EpochProclamation>();
        if (coordination.ZooKeeper is { } elects)
            services.AddSingleton<ILeaderElection>(s => new ZooKeeperElection(elects, coordination.SessionTimeout, s.GetRequiredService<PostgresElection>(),
                async stop => (await Migrator.ClusterIdAsync(s.GetRequiredService<MetadataStorage>(), stop)).ToString(), s.GetRequiredService<LeadershipSettings>(), s.GetRequiredService<ILogger<ZooKeeperElection>>()));
        else services.AddSingleton<ILeaderElection>(s => s.GetRequiredService<PostgresElection>());
        if (coordination.DruidZooKeeper is { } druid)
            services.AddSingleton(s => new DruidPresence(druid, coordination.SessionTimeout, holdsLatch: coordination.ZooKeeper?.IsSamePlace(druid) != true, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<DruidPresence>>()));
        services.AddSingleton<OverlordLeadership>();
        services.AddSingleton<ILeadership>(s => s.GetRequiredService<OverlordLeadership>());
    }
}
