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
        WorkerHost? started = null;
        var wasTerminated = false;
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Terminate);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        await using var host = new WorkerHost(options, loggers);
        await host.StartAsync();
        await output.WriteAsync(Encoding.UTF8.GetBytes($"worker listening on {host.Address.GetLeftPart(UriPartial.Authority)}{Environment.NewLine}"));
        await output.FlushAsync();
        Volatile.Write(ref started, host);
        await Task.WhenAny(stop.Task, host.Drained);
        await host.StopAsync();
        return 0;

        // The first SIGTERM drains where that is of use; the second ends at once.
        void Terminate(PosixSignalContext signal)
        {
            signal.Cancel = true;
            if (!Interlocked.Exchange(ref wasTerminated, true) && Volatile.Read(ref started)?.TryDrain() == true) return;
            stop.TrySetResult();
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.TrySetResult();
        }
    }
}
