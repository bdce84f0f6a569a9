using System.Net;
using System.Text.Json.Nodes;
using Ingestion.Embedded;
using Ingestion.Embedded.Chaos;
using Ingestion.IndexTask.Hosting;
using Ingestion.Overlord.Tests.Api;
using Ingestion.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.Overlord.Tests.Discovery;

/// <summary>Real overlords and real workers, in this process.</summary>
public sealed class SeveralOverlordsTests(PostgresFixture postgres) : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("several-overlords-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Worker_that_is_given_one_address_in_front_of_all_overlords_announces_itself_to_each()
    {
        var database = await postgres.CreateDatabaseAsync();
        var first = await RunningOverlord.StartAsync(database);
        await using var second = await RunningOverlord.StartAsync(database, waitForLeadership: false);
        var both = new[] { first, second }.Select(o => o.Address.GetLeftPart(UriPartial.Authority)).Order(StringComparer.Ordinal).ToList();
        foreach (var overlord in (RunningOverlord[])[first, second])
            await overlord.UntilAsync("the overlords know each other", async () => (await ServicesAsync(overlord, "druid-overlord")).SequenceEqual(both));

        var (isFirstThere, port) = (true, Ports.Free());
        await using var balancer = TcpProxy.Start(new IPEndPoint(IPAddress.Loopback, port), () => new IPEndPoint(IPAddress.Loopback, (Volatile.Read(ref isFirstThere) ? first : second).Address.Port));
        await using var worker = await StartAsync("w", new Uri($"http://127.0.0.1:{port}"));
        foreach (var overlord in (RunningOverlord[])[first, second])
            await overlord.UntilAsync("the worker has announced itself", async () => (await ServicesAsync(overlord, "druid-worker")).Contains(worker.Address.GetLeftPart(UriPartial.Authority)));
        await first.UntilAsync("the leader follows it", async () => await WorkerAsync(first) is { } line && (int?)line["capacity"] == 2);

        Volatile.Write(ref isFirstThere, false);
        await first.DisposeAsync();
        await second.UntilAsync("the standby leads and follows the worker", async () => await WorkerAsync(second) is { } line && (int?)line["capacity"] == 2);
        await second.UntilAsync("the overlord that has ended is no longer told of", async () => (await ServicesAsync(second, "druid-overlord")).SequenceEqual([second.Address.GetLeftPart(UriPartial.Authority)]));
    }

    [Fact]
    public async Task Leaders_with_databases_of_their_own_at_one_worker_do_not_disturb_each_other()
    {
        await using var one = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        await using var two = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        await using var worker = await StartAsync("w", one.Address);
        await one.UntilAsync("its leader follows the worker", async () => await WorkerAsync(one) is { } line && (int?)line["capacity"] == 2 && line["clusterId"] is not null);
        await using var worse = await StartAsync("x", one.Address, two.Address); // serves whichever is first
        var (owner, other) = (one, two);
        await one.UntilAsync("one of them has the second worker", async () =>
        {
            if ((int?)(await WorkerAsync(two, "x"))?["capacity"] == 2) (owner, other) = (two, one);
            return (int?)(await WorkerAsync(owner, "x"))?["capacity"] == 2;
        });
        await other.UntilAsync("the other one has let go of it", async () => await WorkerAsync(other, "x") is { } line && (string?)line["announcement"]!["standing"] == "refused" && (bool?)line["followed"] == false);

        var (ownerId, otherId) = (await ClusterAsync(owner), await ClusterAsync(other));
        Assert.Equal($"wrong cluster (Cluster mismatch. Expected: {otherId}, Provided: {ownerId})", (string?)(await WorkerAsync(other, "x"))!["announcement"]!["reason"]);
        Assert.Equal(("ACTIVE", true, ownerId), ((string?)(await WorkerAsync(owner, "x"))!["state"], (bool?)(await WorkerAsync(owner, "x"))!["followed"], (string?)(await WorkerAsync(owner, "x"))!["clusterId"]));
        using var http = new HttpClient { BaseAddress = worse.Address };
        http.DefaultRequestHeaders.Add("X-Ingestion-Epoch", "1000000");
        http.DefaultRequestHeaders.Add("X-Ingestion-Cluster", otherId);
        using var refused = await http.PostAsync("/druid/worker/v1/disable", null);
        Assert.Equal((409, $$"""{"error":"this worker serves cluster [{{ownerId}}], not [{{otherId}}]"}"""), ((int)refused.StatusCode, await refused.Content.ReadAsStringAsync()));
        Assert.False((bool?)(await WorkerAsync(owner, "x"))!["disabled"]);
        Assert.Equal(ownerId, (string?)JsonNode.Parse(await http.GetStringAsync("/v1/info"))!["clusterId"]);
    }

    private async Task<WorkerHost> StartAsync(string nodeId, params IReadOnlyList<Uri> overlords)
    {
        var worker = new WorkerHost(new WorkerOptions { Overlords = overlords, DeepStorage = Path.Combine(folder, "segments"), WorkDirectory = Path.Combine(folder, nodeId), Capacity = 2, NodeId = nodeId }, NullLoggerFactory.Instance);
        await worker.StartAsync();
        return worker;
    }

    private static async Task<IEnumerable<string>> ServicesAsync(RunningOverlord overlord, string type) =>
        JsonNode.Parse((await overlord.SendAsync("GET", $"/v1/service/{type}")).Body)!["services"]!.AsArray().Select(s => (string)s!["properties"]!["http"]!).Order(StringComparer.Ordinal).ToList();

    private static async Task<JsonNode?> WorkerAsync(RunningOverlord overlord, string nodeId = "w") =>
        JsonNode.Parse((await overlord.SendAsync("GET", "/status/workers")).Body)!["workers"]!.AsArray().SingleOrDefault(w => (string?)w!["nodeId"] == nodeId);

    private static async Task<string?> ClusterAsync(RunningOverlord overlord) => (string?)JsonNode.Parse((await overlord.SendAsync("GET", "/v1/info")).Body)!["clusterId"];
}
