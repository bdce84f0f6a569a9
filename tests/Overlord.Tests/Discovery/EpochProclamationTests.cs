using System.Collections.Concurrent;
using System.Diagnostics;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Discovery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.Overlord.Tests.Discovery;

public sealed class EpochProclamationTests
{
    [Fact]
    public async Task Every_worker_that_answers_hears_of_the_epoch_and_none_is_waited_for()
    {
        var heard = new ConcurrentBag<string>();
        var never = new TaskCompletionSource();
        await using var well = await WorkerAsync(async context =>
        {
            heard.Add($"{context.Request.Headers[CommandHeaders.Epoch]} {context.Request.Headers[CommandHeaders.Cluster]}");
            await context.Response.WriteAsJsonAsync(new WorkerState { NodeId = "w", BootId = "b", Counter = 1, Capacity = 1, Tasks = [] }, ContractsJson.Default.WorkerState);
        });
        await using var silent = await WorkerAsync(_ => never.Task);
        var registry = new AnnouncementRegistry(TimeProvider.System, "production");
        foreach (var (id, address) in new[] { ("gone", "http://127.0.0.1:1"), ("silent", silent.Urls.First()), ("well", well.Urls.First()) })
            Assert.Null(registry.Put(id, new Announcement { Environment = "production", Services = [new AnnouncedService { Id = id, Type = AnnouncedService.WorkerType, Properties = new Dictionary<string, string> { [AnnouncedService.Http] = address } }] }, "127.0.0.1"));
        using var services = new ServiceCollection().AddHttpClient().BuildServiceProvider();

        var began = Stopwatch.GetTimestamp();
        await new EpochProclamation(registry, services.GetRequiredService<IHttpClientFactory>(), NullLogger<EpochProclamation>.Instance).MakeAsync(7, "cluster", CancellationToken.None);

        Assert.Equal(["7 cluster"], heard);
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(5), "a silent worker was waited for");
        never.SetResult();
    }

    private static async Task<WebApplication> WorkerAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var worker = builder.Build();
        worker.Run(answer);
        await worker.StartAsync();
        return worker;
    }
}
