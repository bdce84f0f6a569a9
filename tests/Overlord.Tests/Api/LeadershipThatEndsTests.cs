using System.Text;
using Ingestion.IndexTask.Hosting;
using Ingestion.Overlord.Api;
using Ingestion.Overlord.Hosting;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Supervision;
using Ingestion.Overlord.Tasks;
using Ingestion.Overlord.Tasks.Kill;
using Ingestion.Overlord.Tests.Metadata;
using Ingestion.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ingestion.Overlord.Tests.Api;

public sealed class LeadershipThatEndsTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Request_that_the_end_of_leadership_overtakes_is_answered_with_503()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        // The filter has let the request through; by now the fleet has nothing any more.
        builder.Services.AddSingleton<ILeadership>(new StillLeading()).AddSingleton(world.Tasks).AddSingleton(world.Actions).AddSingleton(world.Specs).AddSingleton(world.Committer).AddSingleton(world.Lockbox).AddSingleton<ITaskArchive>(s => new TaskArchive(StorageOptions.None, s.GetRequiredService<ILoggerFactory>()))
            .AddSingleton(new SegmentFlags(world.Storage, world.Transactions, TimeProvider.System)).AddSingleton(new WorkerConfigStore(world.Storage, world.Transactions, TimeProvider.System))
            .AddSingleton(new AuditTrail(world.Storage, world.Transactions, TimeProvider.System)).AddSingleton<ISampler>(s => new SamplerInProcess(null!, s.GetRequiredService<ILogger<SamplerInProcess>>()))
            .AddSingleton(new KillRows(world.Storage, world.Transactions, world.Lockbox, TimeProvider.System)).AddSingleton<ISegmentFiles>(s => new SegmentFiles(StorageOptions.None, s.GetRequiredService<ILoggerFactory>())).AddSingleton(TimeProvider.System).AddSingleton<KillTasks>()
            .AddSingleton(s => new SupervisorFleet(null!, null!, null!, null!, null!, null!, null!, null!, TimeProvider.System, s.GetRequiredService<ILoggerFactory>(), s.GetRequiredService<ILogger<SupervisorFleet>>()));
        await using var app = builder.Build();
        app.UseExceptionHandler(handler => handler.Run(ErrorAnswer.WriteAsync));
        app.MapTaskApi();
        app.MapSupervisorApi();
        await app.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First() + "/druid/indexer/v1/") };

        var answers = new List<int>();
        foreach (var path in new[] { "tasks", "runningTasks", "workers", "totalWorkerCapacity", "task/t1/status" }) answers.Add((int)(await http.GetAsync(path)).StatusCode);
        answers.Add((int)(await http.PostAsync("taskStatus", new StringContent("""["t1"]"""))).StatusCode);
        answers.Add((int)(await http.PostAsync("supervisor", new StringContent(MetadataWorld.Spec("a").Json, Encoding.UTF8, "application/json"))).StatusCode);

        Assert.All(answers, status => Assert.Equal(503, status));
    }

    private sealed class StillLeading : ILeadership
    {
        public bool IsLeading => true;
        public string? Trouble => null;
        public string OwnUrl => "http://127.0.0.1";
        public string Kind => "postgresql";
        public TimeSpan LeaseLeft => TimeSpan.Zero;
        public (string ZooKeeper, string State)? Presence => null;
        public Task<string?> LeaderUrlAsync(CancellationToken cancellation) => Task.FromResult<string?>(OwnUrl);
        public Task<LeaderRow?> CurrentAsync(CancellationToken cancellation) => Task.FromResult<LeaderRow?>(null);
        public Task<LeaderRow?> ResignAsync(CancellationToken cancellation) => Task.FromResult<LeaderRow?>(null);
    }
}
