using System.Text.Json.Nodes;
using Ingestion.IndexTask.Hosting;
using Ingestion.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.Overlord.Tests.Api;

/// <summary>A real worker that is told to take no new tasks.</summary>
public sealed class WorkerControlTests(PostgresFixture postgres) : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("worker-control-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Worker_is_disabled_and_enabled_by_way_of_the_overlord_and_by_itself()
    {
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        await using var worker = new WorkerHost(WorkerOptions.Parse(["--overlords", overlord.Address.ToString(), "--deep-storage", folder.FullName, "--work-dir", Path.Combine(folder.FullName, "work"), "--capacity", "2"]), NullLoggerFactory.Instance);
        await worker.StartAsync();
        var host = "";
        await overlord.UntilAsync("the worker is followed", async () => (host = (string?)(await WorkerAsync(overlord))?["host"] ?? "").Length > 0 && (await CapacityAsync(overlord)) == 2);
        using var http = new HttpClient { BaseAddress = new Uri($"http://{host}") };

        Assert.Equal((200, $$"""{"{{host}}":"disabled"}"""), await PostAsync(overlord, $"worker/{host}/disable"));
        Assert.Equal($$"""{"{{host}}":false}""", await http.GetStringAsync("/druid/worker/v1/enabled"));
        await overlord.UntilAsync("the overlord knows", async () => (string?)(await WorkerAsync(overlord))!["version"] == "");
        Assert.Equal((200, $$"""{"{{host}}":"enabled"}"""), await PostAsync(overlord, $"worker/{host}/enable"));
        await overlord.UntilAsync("the overlord knows", async () => (string?)(await WorkerAsync(overlord))!["version"] == "0");

        using var answer = await http.PostAsync("/druid/worker/v1/disable", null);
        Assert.Equal($$"""{"{{host}}":"disabled"}""", await answer.Content.ReadAsStringAsync());
        await overlord.UntilAsync("the overlord knows", async () => (string?)(await WorkerAsync(overlord))!["version"] == "");
        Assert.Equal((404, """{"error":"Worker on host nowhere:1 does not exists"}"""), await PostAsync(overlord, "worker/nowhere:1/disable"));
    }

    [Fact]
    public async Task Command_to_a_worker_has_the_id_of_the_request_that_it_is_for_and_questions_have_one_of_their_own()
    {
        var log = Path.Combine(folder.FullName, "requests");
        await using var overlord = await RunningOverlord.StartAsync(await postgres.CreateDatabaseAsync());
        await using (var worker = new WorkerHost(WorkerOptions.Parse(["--overlords", overlord.Address.ToString(), "--deep-storage", folder.FullName, "--work-dir", Path.Combine(folder.FullName, "work"), "--request-log", log]), NullLoggerFactory.Instance))
        {
            await worker.StartAsync();
            var host = "";
            await overlord.UntilAsync("the worker is followed", async () => (host = (string?)(await WorkerAsync(overlord))?["host"] ?? "").Length > 0);
            using var client = new HttpClient { BaseAddress = overlord.Address };
            client.DefaultRequestHeaders.Add("X-Request-Id", "disable-1");
            using var answer = await client.PostAsync($"/druid/indexer/v1/worker/{host}/disable", null, TestContext.Current.CancellationToken);
            Assert.Equal(200, (int)answer.StatusCode);
        }
        var lines = File.ReadLines(Path.Combine(log, "requests.log")).Select(l => JsonNode.Parse(l)!).Select(l => (Path: (string)l["path"]!, Id: (string)l["id"]!)).ToList();
        Assert.Equal([("/druid/worker/v1/disable", "disable-1")], lines.Where(l => l.Id == "disable-1"));
        Assert.Contains(lines, l => l.Path == "/druid-internal/v1/worker/tasks" && l.Id.Length == 32);
    }

    private static async Task<JsonNode?> WorkerAsync(RunningOverlord overlord) => JsonNode.Parse((await overlord.SendAsync("GET", "/druid/indexer/v1/workers")).Body)!.AsArray().SingleOrDefault()?["worker"];

    private static async Task<int> CapacityAsync(RunningOverlord overlord) => (int)JsonNode.Parse((await overlord.SendAsync("GET", "/druid/indexer/v1/totalWorkerCapacity")).Body)!["currentClusterCapacity"]!;

    private static async Task<(int Status, string Body)> PostAsync(RunningOverlord overlord, string path)
    {
        var answer = await overlord.SendAsync("POST", $"/druid/indexer/v1/{path}", "{}");
        return (answer.Status, answer.Body);
    }
}
