using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging.Console;

namespace Ingestion.IndexTask.Hosting;

/// <summary>The <c>worker</c> process.</summary>
internal static class Worker
{
    public static async Task<int> Run(IReadOnlyList<string> arguments, Stream output)
    {
        var options = WorkerOptions.Parse(arguments);
        // A start that fails is thrown to us: the host's own stack trace would only hide our one line.
        using var loggers = LoggerFactory.Create(logging => logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff ";
            console.ColorBehavior = LoggerColorBehavior.Disabled;
        }).SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None));
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        await using var host = new WorkerHost(options, loggers);
        await host.StartAsync();
        await output.WriteAsync(Encoding.UTF8.GetBytes($"worker listening on {host.Address.GetLeftPart(UriPartial.Authority)}{Environment.NewLine}"));
        await output.FlushAsync();
        await stop.Task;
        await host.StopAsync();
        return 0;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.TrySetResult();
        }
    }
}
