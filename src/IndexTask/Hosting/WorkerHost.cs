using System.Net;
using Ingestion.Access;
using Ingestion.Access.Http;
using Ingestion.IndexTask.Hosting.Announcing;
using Ingestion.IndexTask.Hosting.Logs;
using Ingestion.IndexTask.Hosting.Memory;
using Ingestion.IndexTask.Kafka;
using Ingestion.IndexTask.Publish;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Ingestion.IndexTask.Hosting;

/// <summary>A worker: HTTP server, tasks, announcements. Can be started inside another process.</summary>
public sealed class WorkerHost : IAsyncDisposable
{
    private static readonly TimeSpan AnnouncePeriod = TimeSpan.FromSeconds(2), AskForOverlordsEvery = TimeSpan.FromSeconds(10), LongestWithdrawal = TimeSpan.FromSeconds(3);

    private readonly WorkerOptions options;
    private readonly ILoggerFactory loggers;
    private readonly HttpClient http;
    private readonly CancellationTokenSource stopping = new();
    private readonly WorkFolder folder;
    private readonly IDeepStorage storage;
    private readonly PreparedReaders readers;
    private readonly TaskTable tasks;
    private readonly WorkerLife life;
    private readonly Draining draining;
    private readonly TaskLogs logs;
    private readonly WebApplication web;
    private readonly OverlordClient overlord;
    private readonly TimeProvider time;
    private Announcer? announcer;
    private Task announcing = Task.CompletedTask;

    /// <param name="options">Settings.</param>
    /// <param name="loggers">Where to log; stays the caller's.</param>
    /// <param name="time">The clock of leases and limits.</param>
    /// <exception cref="FormatException">Others could reach it, and nobody would ask who they are.</exception>
    public WorkerHost(WorkerOptions options, ILoggerFactory loggers, TimeProvider? time = null)
    {
        if (!options.Listen.Address.Equals(IPAddress.None)) options.Access.EnsureMayListen(options.Listen);
        (this.options, this.loggers, this.time, http) = (options, loggers, time ?? TimeProvider.System, OverlordClient.NewHttpClient(options.Access));
        overlord = new OverlordClient(options.Overlords, http, loggers.CreateLogger<OverlordClient>());
        folder = new WorkFolder(options.WorkDirectory, loggers.CreateLogger<WorkFolder>());
        try { storage = DeepStorage.Open(options.DeepStorage, options.S3, folder.FullPath, loggers); }
        catch { folder.Dispose(); throw; }
        var memory = new MemoryBudget(options.MemoryBytes, options.Capacity);
        if (memory.IsTight) NativeHeap.HasOneArenaPerCore();
        readers = new PreparedReaders(this.time, loggers.CreateLogger<PreparedReaders>(), memory.Prefetch);
        var services = new WorkerServices(options, overlord, storage, readers, loggers, this.time, folder.FullPath) { Memory = memory };
        logs = services.Logs;
        tasks = new TaskTable(services);
        life = services.Life;
        life.Changed += tasks.LifeChanged;
        draining = new Draining(tasks, life, options.DrainTimeout, services.Time, loggers.CreateLogger<WorkerHost>());
        web = Build();
    }

    /// <summary>The base URL once started.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    public async Task StartAsync(CancellationToken cancellation = default)
    {
        await web.StartAsync(cancellation);
        logs.Start();
        var bound = new Uri(web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Address = new UriBuilder(options.Access.Scheme, options.Host, bound.Port).Uri;
        var serviceId = Guid.NewGuid().ToString();
        var settings = new AnnouncingSettings(options.NodeId, () => WorkerAnnouncement.Of(options, serviceId, Address, tasks.Cluster), AnnouncePeriod, AskForOverlordsEvery, time);
        announcer = new Announcer(options.AnnounceTo, options.Access, settings, overlord.Learn, loggers.CreateLogger<Announcer>());
        announcing = AnnounceAsync(announcer);
    }

    /// <summary>Announces itself once it is warm: a task that came earlier would wait for the same compilation.</summary>
    private async Task AnnounceAsync(Announcer to)
    {
        try
        {
            await Task.Run(() => WarmUp.Run(folder.FullPath, options));
            await AskItselfAsync();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested) { return; }
        catch (Exception problem)
        {
            HostLog.WarmUpFails(loggers.CreateLogger<WorkerHost>(), problem); // it is slower then, and works
        }
        life.IsStarting = false;
        to.Start();
    }

    /// <summary>Server and client once over HTTP, for what <see cref="WarmUp"/> cannot reach. By the address that is bound here: the announced one may lead elsewhere.</summary>
    private async Task AskItselfAsync()
    {
        if (options.Access.Users is not null || options.Access.Certificate is not null) return; // it may not know its own credentials, and its certificate not this address
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        limit.CancelAfter(TimeSpan.FromSeconds(2));
        var bound = new UriBuilder(web.Urls.First());
        if (IPAddress.TryParse(bound.Host.Trim('[', ']'), out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))) bound.Host = "localhost";
        await http.GetByteArrayAsync(new Uri(bound.Uri, "/druid-internal/v1/worker/tasks"), limit.Token);
    }

    /// <summary>Done when the worker was told to drain and has: the process is to end.</summary>
    public Task Drained => draining.Ended;

    /// <summary>Gives the tasks away before the process ends: see <see cref="Drained"/>.</summary>
    /// <returns>False: no overlord could take them, or there are none; stop at once.</returns>
    public bool TryDrain()
    {
        if (!draining.IsOfUse) return false;
        draining.Begin(forGood: true);
        return true;
    }

    /// <summary>Stops the tasks without publishing and takes the announcements back.</summary>
    public async Task StopAsync()
    {
        if (stopping.IsCancellationRequested) return;
        await stopping.CancelAsync();
        await announcing;
        foreach (var task in tasks.Running) task.Stop("The worker was stopped");
        if (announcer is not null) await Task.WhenAny(announcer.StopAsync(), Task.Delay(LongestWithdrawal));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await web.StopAsync(limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await web.DisposeAsync();
        http.Dispose();
        stopping.Dispose();
        await tasks.AllEnded(TimeSpan.FromSeconds(2));
        await logs.DisposeAsync();
        readers.Dispose();
        storage.Dispose();
        folder.Dispose();
    }

    // The empty builder leaves out what a worker has no use for: configuration files, host filtering, static assets.
    private WebApplication Build()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 256 << 20; // a wide schema is a large task
            kestrel.Listen(options.Listen.Address.Equals(IPAddress.None) ? IPAddress.Loopback : options.Listen.Address, options.Listen.Port, listener => options.Access.Certificate?.Use(listener));
        });
        if (options.Access.Certificate is not null) builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(loggers);
        builder.Services.AddAccess(options.Access, unsaid: new Needs.Internal());
        var app = builder.Build();
        var logger = loggers.CreateLogger<WorkerHost>();
        var endpoints = new WorkerEndpoints(tasks, life, draining, options, logger);
        app.UseRequestIds();
        app.UseRequestLog(options.Access);
        app.Use(next => context => Guard(context, next, logger));
        app.UseRouting();
        app.UseAccess(options.Access, options.Listen, options.Host);
        app.Use(next => context => endpoints.Admit(context, next));
        endpoints.Map(app);
        new ChatEndpoints(tasks).Map(app);
        new TaskLogEndpoints(tasks, logs).Map(app);
        app.UseEndpoints(_ => { });
        return app;
    }

    private static async Task Guard(HttpContext context, RequestDelegate next, ILogger logger)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested) { context.Abort(); }
        catch (Exception problem)
        {
            HostLog.RequestFails(logger, context.Request.Method, context.Request.Path, context.TraceIdentifier, problem);
            if (!context.Response.HasStarted) await Answer.Error(context, 500, problem.Message);
        }
    }
}
