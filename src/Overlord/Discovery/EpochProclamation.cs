using System.Text.Json;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Overlord.Discovery;

/// <summary>Makes a new epoch known to the workers that have announced themselves, before the new leader's first command: from then on they refuse its predecessor's, who may not know yet
/// that it is replaced. Asks all at once and waits for none that does not answer at once; that one learns the epoch with the first command that it gets.</summary>
internal sealed partial class EpochProclamation(AnnouncementRegistry announcements, IHttpClientFactory http, ILogger<EpochProclamation> logger)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(300);

    /// <exception cref="OperationCanceledException">The leadership is over.</exception>
    public async Task MakeAsync(long epoch, string clusterId, CancellationToken cancellation)
    {
        var heard = await Task.WhenAll(Workers().Select(worker => TellAsync(worker, epoch, clusterId, cancellation)));
        LogTold(epoch, heard.Count(h => h), heard.Length);
    }

    /// <summary>Asks each worker whether it is well, as anybody may, and does nothing with the answer: when there is an epoch to be made known, what that takes is compiled, and connections stand.</summary>
    public async Task PractiseAsync(CancellationToken cancellation)
    {
        foreach (var worker in Workers())
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(Limit);
            try { using var answer = await http.CreateClient(nameof(WorkerClient)).GetAsync(new Uri(worker, "/status/health"), limit.Token); }
            catch (Exception e) when (e is HttpRequestException || e is OperationCanceledException && !cancellation.IsCancellationRequested) { continue; } // whoever leads sees to that worker
        }
    }

    /// <summary>The base URLs of those that have announced themselves.</summary>
    private IEnumerable<Uri> Workers() =>
        from node in announcements.Live()
        from service in node.Services
        where service.Type == AnnouncedService.WorkerType
        let address = service.BaseUrl
        where address is not null
        select address;

    /// <summary>Any question carries the epoch; this one is answered at once.</summary>
    private async Task<bool> TellAsync(Uri address, long epoch, string clusterId, CancellationToken cancellation)
    {
        try
        {
            await new WorkerClient(http.CreateClient(nameof(WorkerClient)), address, epoch, clusterId).StateAsync(before: null, TimeSpan.Zero, Limit, cancellation);
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or WorkerRefusedException or JsonException or IOException)
        {
            LogNotTold(address, epoch, e.Message);
            return false;
        }
    }

    [LoggerMessage(2130, LogLevel.Information, "Epoch {Epoch} is made known: {Heard} of {Workers} workers heard of it")]
    private partial void LogTold(long epoch, int heard, int workers);

    [LoggerMessage(2131, LogLevel.Warning, "The worker at {Address} has not heard of epoch {Epoch} yet: {Error}")]
    private partial void LogNotTold(Uri address, long epoch, string error);
}
