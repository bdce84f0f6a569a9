using Ingestion.Contracts.Json;
using Ingestion.Contracts.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Ingestion.Overlord.Tests.Api;

/// <summary>A worker that says of some tasks that they run and does nothing else.</summary>
internal sealed class FakeWorker : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly CancellationTokenSource stop = new();

    private FakeWorker(int capacity, params string[] running)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.Run(async context =>
        {
            if (context.Request.Path != "/druid-internal/v1/worker/tasks") return;
            // Told once; after that nothing changes, and the poll is answered when it ends.
            if (context.Request.Query["after"] != "-1") await Task.Delay(Timeout.Infinite, CancellationTokenSource.CreateLinkedTokenSource(stop.Token, context.RequestAborted).Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await context.Response.WriteAsJsonAsync(new WorkerState
            {
                NodeId = "fake", BootId = "boot", Counter = 1, Capacity = capacity, Tasks = [.. running.Select(id => new TaskReport { Id = id, Outcome = TaskOutcome.Running, Phase = TaskPhase.Reading })],
            }, ContractsJson.Default.WorkerState);
        });
    }

    public Uri Address => new(app.Urls.First());

    /// <summary>One that has not announced itself.</summary>
    public static async Task<FakeWorker> StartAsync(int capacity)
    {
        var worker = new FakeWorker(capacity);
        await worker.app.StartAsync();
        return worker;
    }

    /// <summary>What it says of itself.</summary>
    /// <param name="properties">Further ones.</param>
    public string Announcement(string environment = "production", string properties = "") =>
        $$$"""{"environment":"{{{environment}}}","services":[{"id":"1","type":"{{{AnnouncedService.WorkerType}}}","properties":{"http":"{{{Address}}}"{{{properties}}} } }] }""";

    /// <summary>One that has announced itself to the overlord, which follows it.</summary>
    public static async Task<FakeWorker> StartAsync(RunningOverlord overlord, int capacity, params string[] running)
    {
        var worker = new FakeWorker(capacity, running);
        await worker.app.StartAsync();
        await overlord.SendAsync("PUT", "/v1/announcement/fake", worker.Announcement());
        await overlord.UntilAsync("the worker is followed", async () => (await overlord.SendAsync("GET", "/druid/indexer/v1/totalWorkerCapacity")).Body.Contains($"\"currentClusterCapacity\":{capacity}", StringComparison.Ordinal));
        return worker;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await app.DisposeAsync();
        stop.Dispose();
    }
}
