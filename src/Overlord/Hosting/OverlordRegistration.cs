using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Discovery;
using Ingestion.Overlord.Metadata;
using Npgsql;

namespace Ingestion.Overlord.Hosting;

/// <summary>Makes this overlord known to the others by a row in the metadata database, and the others to whoever asks it (<c>/v1/service/druid-overlord</c>), whether it leads or not. While the database is away those that were
/// known stay.</summary>
internal sealed partial class OverlordRegistration(OverlordRows rows, AnnouncementRegistry registry, OverlordUrl url, ILogger<OverlordRegistration> logger) : BackgroundService
{
    private const string Source = "metadata database";
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(3), Soon = TimeSpan.FromMilliseconds(200), Patience = TimeSpan.FromSeconds(1);

    /// <summary>Of this overlord.</summary>
    public Announcement Announcement => Of(Own);

    private OverlordRow Own => new(url.Value.TrimEnd('/'), registry.Environment, WireProtocol.Release, $"{WireProtocol.Current}");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        registry.List(Source, [Announcement]); // it knows itself at once
        var (isReady, isAway) = (false, false);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (isReady || (isReady = await rows.IsReadyAsync(stoppingToken)))
                {
                    var (clusterId, overlords) = await rows.RenewAsync(Own, stoppingToken);
                    registry.ClusterId = clusterId;
                    registry.List(Source, [.. overlords.Select(Of)]);
                }
                if (isAway) LogBack();
                isAway = false;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { break; }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
            {
                if (!isAway) LogAway(e.Message);
                isAway = true;
            }
            await Task.Delay(isReady || isAway ? Period : Soon, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        if (isReady) await RemoveAsync();
    }

    private async Task RemoveAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(Patience);
            await rows.RemoveAsync(Own.Url, limit.Token);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException or OperationCanceledException) { LogNotRemoved(e.Message); } // it runs out by itself
    }

    private Announcement Of(OverlordRow overlord) => OverlordAnnouncement.Of(overlord.Url, overlord.Environment, overlord.Release, overlord.Protocol, registry.ClusterId);

    [LoggerMessage(450, LogLevel.Warning, "This overlord cannot make itself known to the others, and the list of overlords is frozen: the metadata database cannot be used: {Error}")]
    private partial void LogAway(string error);

    [LoggerMessage(451, LogLevel.Information, "This overlord makes itself known to the others again")]
    private partial void LogBack();

    [LoggerMessage(452, LogLevel.Debug, "The row that makes this overlord known runs out by itself: {Error}")]
    private partial void LogNotRemoved(string error);
}
