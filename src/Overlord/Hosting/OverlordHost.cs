using System.Net;
using Ingestion.Access;
using Ingestion.Access.Http;
using Ingestion.Access.Users;
using Ingestion.Overlord.Api;
using Ingestion.Overlord.Api.Documentation;
using Ingestion.Overlord.Discovery;
using Ingestion.Overlord.Discovery.Health;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Schedules;
using Ingestion.Overlord.Stream;
using Ingestion.Overlord.Supervision;
using Ingestion.Overlord.Tasks;
using Ingestion.Overlord.Tasks.Kill;
using Ingestion.Supervisor;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Quartz;

namespace Ingestion.Overlord.Hosting;

/// <summary>Puts the overlord together: the composition root.</summary>
internal static class OverlordHost
{
    /// <exception cref="FormatException">The options must not be used like this.</exception>
    public static WebApplication Build(OverlordOptions options)
    {
        options.Access.EnsureMayListen(options.Listen);
        // Options are given by the command line. The host's own configuration files would be looked for where it is started, and that whole folder watched for changes.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, Args = ["--hostBuilder:reloadConfigOnChange=false"] });
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(options.Listen, listener => options.Access.Certificate?.Use(listener));
            kestrel.Limits.MaxRequestBodySize = RequestBody.HangUpAfter;
        });
        if (options.Access.Certificate is not null) builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Logging.ClearProviders().AddSimpleConsole(console => { console.SingleLine = true; console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ "; console.UseUtcTimestamp = true; });
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware", LogLevel.None).AddFilter("Quartz", LogLevel.Warning).AddFilter("System.Net.Http", LogLevel.Warning);
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true); // so that ErrorAnswer words it
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        AddServices(builder.Services, options);
        var app = builder.Build();
        app.UseRequestIds();
        app.UseRequestLog(options.Access);
        app.UseExceptionHandler(handler => handler.Run(ErrorAnswer.WriteAsync));
        app.Use((context, next) =>
        {
            // Load balancers ask by HEAD; the server leaves the body out by itself.
            if (HttpMethods.IsHead(context.Request.Method)) context.Request.Method = HttpMethods.Get;
            return next(context);
        });
        if (options.Console is { } console) app.UseDruidConsole(console);
        app.UseRouting(); // else it would come before
        app.UseAccess(options.Access, options.Listen, options.Url is { } url ? new Uri(url).Host : null);
        app.MapStatusApi();
        app.MapCoordinationApi(options.Coordination.ZooKeeper);
        app.MapDiscoveryApi();
        app.MapNodeApi();
        app.MapProcessApi();
        app.MapWorkersApi();
        app.MapSupervisorApi();
        app.MapTaskApi();
        app.MapApiDescription();
        return app;
    }

    /// <summary>Starts listening, learns its own URL, and stands for election.</summary>
    public static async Task StartAsync(WebApplication app, OverlordOptions options)
    {
        // The URL must be known before the election, which publishes it; with port 0 it is known only once the server listens.
        var url = app.Services.GetRequiredService<OverlordUrl>();
        url.Value = options.Url ?? $"{options.Access.Scheme}://{Host(options.Listen)}:{options.Listen.Port}";
        await app.StartAsync();
        _ = WarmUp.InBackgroundAsync(app.Services.GetRequiredService<ILogger<OverlordLeadership>>());
        if (options.Url is null && options.Listen.Port == 0)
            url.Value = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        await app.Services.GetRequiredService<OverlordRegistration>().StartAsync(CancellationToken.None);
        if (app.Services.GetService<OutsideDiscovery>() is { } discovery) await discovery.StartAsync(CancellationToken.None);
        await app.Services.GetRequiredService<OverlordLeadership>().StartAsync(CancellationToken.None);
    }

    /// <summary>Resigns, so that a standby leads at once, and stops listening. Tasks run on.</summary>
    public static async Task StopAsync(WebApplication app)
    {
        await app.Services.GetRequiredService<OverlordLeadership>().StopAsync(CancellationToken.None);
        if (app.Services.GetService<OutsideDiscovery>() is { } discovery) await discovery.StopAsync(CancellationToken.None);
        await app.Services.GetRequiredService<OverlordRegistration>().StopAsync(CancellationToken.None);
        await app.StopAsync();
    }

    private static void AddServices(IServiceCollection services, OverlordOptions options)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddApiDescription();
        services.AddAccess(options.Access, unsaid: new Needs.Everywhere(Right.Write));
        services.AddSingleton(new MetadataStorage(MetadataSetting.ToConnectionString(options.Metadata), MetadataTables.FromSettings(options.Tables), options.Coordination.Leadership.TransactionTimeout));
        services.AddCoordination(options);
        services.AddSingleton<SpecStore>();
        services.AddSingleton<TaskStore>();
        services.AddSingleton<CommittedOffsetsStore>();
        services.AddSingleton<RecordCommitter>();
        services.AddSingleton<AuditTrail>();
        services.AddSingleton<TaskActions>();
        services.AddSingleton<ITaskArchive>(s => new TaskArchive(options.Storage, s.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<Lockbox>();
        services.AddSingleton<SegmentFlags>();
        services.AddSingleton<WorkerConfigStore>();
        services.AddSingleton<KillRows>();
        services.AddSingleton<KillTasks>();
        services.AddSingleton<ISegmentFiles>(s => new SegmentFiles(options.Storage, s.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<ISampler, SamplerInProcess>();
        // Late: the fleet itself is made of what the actions' neighbours need.
        services.AddSingleton(s => new TaskActionListeners(
            (taskId, checkpoint, cancellation) => s.GetRequiredService<SupervisorFleet>().CheckpointAsync(taskId, checkpoint, cancellation),
            (supervisorId, committed) =>
            {
                s.GetRequiredService<SupervisorFleet>().Post(supervisorId, new Notice.OffsetsCommitted(committed));
                return ValueTask.CompletedTask;
            }));
        services.AddSingleton<SupervisorStore>();
        services.AddSingleton<StreamObserver>();
        services.AddSingleton<IWakeUps, QuartzWakeUps>();
        services.AddSingleton<SupervisorMetrics>();
        services.AddSingleton(new HeartbeatLines(options.Access));
        services.AddSingleton<SupervisorFleet>();
        services.AddSingleton(s => new AnnouncementRegistry(s.GetRequiredService<TimeProvider>(), options.Environment));
        services.AddSingleton<OverlordRows>();
        services.AddSingleton<OverlordRegistration>();
        if (options.DiscoveryServer is { } server) services.AddSingleton(s => new OutsideDiscovery(server, s.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(WorkerClient)), s.GetRequiredService<AnnouncementRegistry>(),
            () => s.GetRequiredService<OverlordRegistration>().Announcement, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<OutsideDiscovery>>()));
        services.AddHttpClient(nameof(WorkerClient)).RemoveAllLoggers().ConfigureHttpClient(options.Access.Authorize).ConfigurePrimaryHttpMessageHandler(() =>
        {
            var handler = new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2), AllowAutoRedirect = false, UseProxy = false };
            options.Access.Secure(handler);
            return handler;
        });
        services.AddQuartz(quartz =>
        {
            quartz.AddJob<WakeUpJob>(job => job.WithIdentity(QuartzWakeUps.Job).StoreDurably());
            quartz.ScheduleJob<PeriodicRunJob>(trigger => trigger.WithIdentity("periodic-run").StartNow().WithSimpleSchedule(s => s.WithInterval(TimeSpan.FromSeconds(1)).RepeatForever()));
        });
        services.AddQuartzHostedService();
    }

    private static string Host(IPEndPoint listen) => listen.Address.Equals(IPAddress.Any) || listen.Address.Equals(IPAddress.IPv6Any) ? Dns.GetHostName() : listen.Address.ToString();
}
