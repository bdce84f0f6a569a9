using Ingestion.IndexTask.Hosting;
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
}
