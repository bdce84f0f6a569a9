using System.Net;
using Ingestion.IndexTask.Hosting;

namespace Ingestion.Overlord.Hosting;

/// <summary><c>overlord --with-worker</c>: a worker of its own in the same process, which talks to the overlord over HTTP like any other.</summary>
internal static class WorkerInProcess
{
    public static async Task<IAsyncDisposable> StartAsync(OverlordOptions options, WebApplication overlord)
    {
        var url = overlord.Services.GetRequiredService<OverlordUrl>().Value;
        var worker = new WorkerHost(Arguments(options, url), overlord.Services.GetRequiredService<ILoggerFactory>());
        await worker.StartAsync();
        return worker;
    }

    /// <exception cref="FormatException">A worker's option is missing or wrong.</exception>
    public static WorkerOptions Arguments(OverlordOptions options, string url)
    {
        // One certificate serves both, so both go by the name in it.
        string[] host = options is { Access.Certificate: not null, Url: { } own } && Uri.TryCreate(own, UriKind.Absolute, out var named) ? ["--host", named.Host] : [];
        return WorkerOptions.Parse(["--overlords", url, "--environment", options.Environment, "--listen", new IPEndPoint(options.Listen.Address, 0).ToString(), .. host, .. options.WorkerArguments], _ => null) with { Access = options.Access };
    }
}
