using System.Text;
using System.Text.Json.Nodes;
using Ingestion.Embedded;
using Ingestion.Overlord.Api;
using Ingestion.Overlord.Discovery;
using Ingestion.Overlord.Tests.Api;
using Ingestion.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ingestion.Overlord.Tests.Discovery;

/// <summary>An overlord that is told of a discovery server of its own.</summary>
public sealed class OutsideDiscoveryTests(PostgresFixture postgres)
{
    private readonly int port = Ports.Free();

    [Fact]
    public async Task Workers_are_learned_from_the_server_and_losing_it_freezes_their_list()
    {
        var server = await ServeAsync("production");
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync(), true, "--discovery-uri", $"http://127.0.0.1:{port}");
        await using var worker = await FakeWorker.StartAsync(capacity: 5);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        async Task AnnounceAsync() => (await http.PutAsync("/v1/announcement/fake", new StringContent(worker.Announcement(), Encoding.UTF8, "application/json"))).EnsureSuccessStatusCode();
        await AnnounceAsync();
        await overlord.UntilAsync("the worker is followed", async () => await CapacityAsync(overlord) == 5);
        Assert.Equal([$"druid-overlord {overlord.Address.GetLeftPart(UriPartial.Authority)}", $"druid-worker {worker.Address.GetLeftPart(UriPartial.Authority)}"],
            JsonNode.Parse(await http.GetStringAsync("/v1/service"))!["services"]!.AsArray().Select(s => $"{s!["type"]} {s["properties"]!["http"]!.ToString().TrimEnd('/')}"));

        await server.DisposeAsync();
        await overlord.UntilAsync("the overlord notices", async () => await FrozenSinceAsync(overlord) is not null);
        Assert.Equal((5, "live"), (await CapacityAsync(overlord), (string?)(await ListAsync(overlord))["workers"]!.AsArray().Single()!["announcement"]!["standing"]));

        await using var again = await ServeAsync("production");
        await AnnounceAsync();
        await overlord.UntilAsync("the overlord notices", async () => await FrozenSinceAsync(overlord) is null);
        Assert.Equal(5, await CapacityAsync(overlord));
    }

    [Fact]
    public async Task Server_that_is_restarted_and_knows_nobody_takes_no_worker_from_leaders_old_or_new()
    {
        var database = await postgres.CreateDatabaseAsync();
        var server = await ServeAsync("production");
        var leader = await RunningOverlord.StartAsync(database, true, "--discovery-uri", $"http://127.0.0.1:{port}");
        await using var standby = await RunningOverlord.StartAsync(database, waitForLeadership: false, "--discovery-uri", $"http://127.0.0.1:{port}");
        await using var worker = await FakeWorker.StartAsync(capacity: 5);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        (await http.PutAsync("/v1/announcement/fake", new StringContent(worker.Announcement(), Encoding.UTF8, "application/json"))).EnsureSuccessStatusCode();
        foreach (var overlord in (RunningOverlord[])[leader, standby])
            await overlord.UntilAsync("the worker is known", async () => (await KnownWorkersAsync(overlord)).SequenceEqual(["fake"]));
        await leader.UntilAsync("the worker is followed", async () => await CapacityAsync(leader) == 5);

        await server.DisposeAsync();
        foreach (var overlord in (RunningOverlord[])[leader, standby])
            await overlord.UntilAsync("the overlord notices", async () => await FrozenSinceAsync(overlord) is not null);
        await using var empty = await ServeAsync("production");
        foreach (var overlord in (RunningOverlord[])[leader, standby])
        {
            await overlord.UntilAsync("the overlord notices", async () => await FrozenSinceAsync(overlord) is null);
            Assert.Equal(["fake"], await KnownWorkersAsync(overlord));
        }
        await leader.DisposeAsync();
        await standby.UntilAsync("the new leader follows the worker", async () => (await standby.SendAsync("GET", "/druid/indexer/v1/totalWorkerCapacity")).Status == 200 && await CapacityAsync(standby) == 5);
    }

    [Fact]
    public async Task Server_of_another_environment_is_not_believed_and_both_are_named()
    {
        await using var server = await ServeAsync("staging");
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync(), true, "--discovery-uri", $"http://127.0.0.1:{port}");
        await overlord.UntilAsync("the overlord notices", async () => await FrozenSinceAsync(overlord) is not null);
        Assert.Equal("it does not take this overlord's announcement: 400 Environment mismatch. Expected: staging, Provided: production", (string?)(await ListAsync(overlord))["discovery"]!["reason"]);
    }

    /// <summary>Nothing but the protocol.</summary>
    private async Task<WebApplication> ServeAsync(string environment)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Services.AddSingleton(new AnnouncementRegistry(TimeProvider.System, environment));
        var server = builder.Build();
        server.MapDiscoveryApi();
        await server.StartAsync();
        return server;
    }

    private static async Task<int> CapacityAsync(RunningOverlord overlord) => (int)JsonNode.Parse((await overlord.SendAsync("GET", "/druid/indexer/v1/totalWorkerCapacity")).Body)!["currentClusterCapacity"]!;

    private static async Task<IEnumerable<string?>> KnownWorkersAsync(RunningOverlord overlord) =>
        JsonNode.Parse((await overlord.SendAsync("GET", "/v1/service/druid-worker")).Body)!["services"]!.AsArray().Select(s => (string?)s!["nodeId"]).ToList();

    private static async Task<string?> FrozenSinceAsync(RunningOverlord overlord) => (string?)(await ListAsync(overlord))["discovery"]!["frozenSince"];

    private static async Task<JsonNode> ListAsync(RunningOverlord overlord) => JsonNode.Parse((await overlord.SendAsync("GET", "/status/workers")).Body)!;
}
