using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Supervision;
using Ingestion.Overlord.Tasks;
using Ingestion.Overlord.Tasks.Kill;
using Npgsql;

namespace Ingestion.Overlord.Hosting;

/// <summary>Stands for election as long as the process runs; while it leads, the fleet runs. Losing leadership stops the fleet, not the process:
/// the overlord stands again, whatever the reason was. The database being unreachable is such a loss, and is waited out.</summary>
internal sealed partial class OverlordLeadership(
    LeaderElection election, FencedTransactions transactions, MetadataStorage storage, SupervisorFleet fleet, KillTasks kills, OverlordUrl url, ILogger<OverlordLeadership> logger) : BackgroundService, ILeadership
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);
    private volatile bool leading;
    private volatile string? trouble;

    public bool IsLeading => leading;
    public string OwnUrl => url.Value;
    public string? Trouble => trouble;

    public async Task<string?> LeaderUrlAsync(CancellationToken cancellation)
    {
        if (leading) return OwnUrl;
        try { return await election.LeaderUrlAsync(cancellation); }
        catch (NpgsqlException e)
        {
            LogLeaderUnknown(e.Message);
            return null;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Migrator.RunAsync(storage, stoppingToken);
                trouble = null;
                await using var term = await election.AcquireAsync(stoppingToken);
                LogElected(term.Epoch);
                await LeadAsync(term, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { return; }
            catch (Exception e) // a term is the smallest owner of whatever failed in it: this one is over, the next may do better
            {
                trouble = e.Message;
                if (e is NpgsqlException or IOException or TimeoutException) LogDatabase(e.Message);
                else LogTermFailed(e);
                await Task.Delay(Retry, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task LeadAsync(LeaderTerm term, CancellationToken stoppingToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(term.Lost, stoppingToken);
        try
        {
            var clusterId = (await Migrator.ClusterIdAsync(storage, over.Token)).ToString();
            await Lockbox.RemoveStaleAsync(transactions, storage.Tables, term.Epoch, over.Token);
            await fleet.StartAsync(term.Epoch, clusterId, over.Token);
            await kills.StartAsync(term.Epoch, over.Token);
            leading = true;
            LogLeading(OwnUrl, term.Epoch);
            await Task.Delay(Timeout.Infinite, over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            leading = false;
            await kills.StopAsync();
            await fleet.StopAsync();
        }
        if (stoppingToken.IsCancellationRequested) LogResigned(term.Epoch);
        else LogOver(term.Epoch);
    }

    [LoggerMessage(20, LogLevel.Information, "overlord leads: {Url}, epoch {Epoch}")]
    private partial void LogLeading(string url, long epoch);

    [LoggerMessage(27, LogLevel.Information, "Elected, with epoch {Epoch}")]
    private partial void LogElected(long epoch);

    [LoggerMessage(21, LogLevel.Warning, "Leadership of epoch {Epoch} is over: the lease or the connection is lost")]
    private partial void LogOver(long epoch);

    [LoggerMessage(26, LogLevel.Information, "Leadership of epoch {Epoch} is over: this process ends")]
    private partial void LogResigned(long epoch);

    [LoggerMessage(22, LogLevel.Error, "The metadata database cannot be used; trying again: {Error}")]
    private partial void LogDatabase(string error);

    [LoggerMessage(23, LogLevel.Warning, "The leader's URL cannot be read: {Error}")]
    private partial void LogLeaderUnknown(string error);

    [LoggerMessage(24, LogLevel.Error, "Leadership ended by an error; standing for election again")]
    private partial void LogTermFailed(Exception error);
}

/// <summary>The base URL that others reach this overlord at; known once the server listens.</summary>
internal sealed class OverlordUrl
{
    public string Value { get; set; } = "";
}
