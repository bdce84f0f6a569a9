using Microsoft.AspNetCore.Builder;

namespace Ingestion.Overlord.Hosting;

internal static class WorkerInProcess
{
    public static Task<IAsyncDisposable> StartAsync(OverlordOptions options, WebApplication app) => throw new FormatException("the worker is not linked in yet");
}
