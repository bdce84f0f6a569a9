using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Hosting;
using Ingestion.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.IndexTask.Tests.Hosting;

public sealed class WorkerHostTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("worker-host-tests").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Worker_that_cannot_warm_up_announces_itself_and_stops_all_the_same()
    {
        await using var overlord = await FakeOverlord.Start();
        await using var host = new WorkerHost(new WorkerOptions { Overlords = [overlord.Address], DeepStorage = folder, WorkDirectory = folder, NodeId = "cold" }, NullLoggerFactory.Instance);
        var own = Assert.Single(Directory.GetDirectories(folder));
        Directory.Delete(own, recursive: true);
        File.WriteAllText(own, "in the way of the warm-up");
        await host.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal("PUT /v1/announcement/cold", await overlord.Announced.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        await host.StopAsync();
    }

    [Fact]
    public async Task Leaders_of_other_clusters_are_refused_and_logged_once_per_change()
    {
        using var log = new RecordedLog();
        await using var overlord = await FakeOverlord.Start();
        await using var host = new WorkerHost(new WorkerOptions { Overlords = [overlord.Address], DeepStorage = folder, WorkDirectory = folder, NodeId = "w" }, log);
        await host.StartAsync(TestContext.Current.CancellationToken);
        using var http = new HttpClient { BaseAddress = host.Address };
        var answers = new List<(string Cluster, int Status)>();
        foreach (var cluster in new[] { "ours", "other", "other", "ours", "other", "third", "other" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/druid/worker/v1/enable") { Headers = { { CommandHeaders.Epoch, "1" }, { CommandHeaders.Cluster, cluster } } };
            using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
            answers.Add((cluster, (int)response.StatusCode));
        }
        Assert.All(answers, a => Assert.Equal(a.Cluster == "ours" ? 200 : 409, a.Status));
        Assert.Equal(new[] { "other", "third", "other" }.Select(c => $"a leader at 127.0.0.1 is refused from now on: this worker serves cluster [ours], not [{c}]"), log.Lines.Where(l => l.StartsWith("a leader at ", StringComparison.Ordinal)));
        await host.StopAsync();
    }
}
