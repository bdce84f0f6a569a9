using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;

namespace Ingestion.Access;

/// <summary>Reads users and certificate again when the process is sent SIGHUP; where either is wrong both stay as they were. Without it a worker would have to give up its tasks for a new certificate.</summary>
internal sealed partial class Rereading(AccessOptions access, ILogger<Rereading> logger) : IHostedService, IDisposable
{
    private PosixSignalRegistration? hangUp;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            ReadAgain();
        });
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void ReadAgain()
    {
        try
        {
            // Both before either holds: what is wrong with the one leaves the other as it was too.
            Action?[] read = [access.Users?.ReadAgain(), access.Certificate?.ReadAgain()];
            foreach (var hold in read) hold?.Invoke();
            LogRead();
        }
        catch (FormatException e) { LogRefused(e.Message); }
    }

    public void Dispose() => hangUp?.Dispose();

    [LoggerMessage(320, LogLevel.Information, "Users and certificate have been read again")]
    private partial void LogRead();

    [LoggerMessage(321, LogLevel.Error, "Users or certificate cannot be read again, and stay as they are: {Reason}")]
    private partial void LogRefused(string reason);
}
