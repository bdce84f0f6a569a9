using Ingestion.Overlord.Discovery;
using Ingestion.Overlord.Leadership;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Supervision;
using Ingestion.Overlord.Tasks;
using Ingestion.Overlord.Tasks.Kill;
using Ingestion.Overlord.ZooKeeper;
using Npgsql;

namespace Ingestion.Overlord.Hosting;

/// <summary>Stands for election as long as the process runs; while it leads, the fleet runs. Losing leadership stops the fleet, not the process:
/// the overlord stands again, whatever the reason was. The database being unreachable is such a loss, and is waited out. What must not be started at all ends the process.</summary>
internal sealed partial class OverlordLeadership(
    ILeaderElection election, StartConditions conditions, FencedTransactions transactions, MetadataStorage storage, SupervisorFleet fleet, KillTasks kills, EpochProclamation proclamation,
    CoordinationOptions coordination, IEnumerable<DruidPresence> presences, OverlordUrl url, IHostApplicationLifetime lifetime, ILogger<OverlordLeadership> logger) : BackgroundService, ILeadership
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1), ResignLimit = TimeSpan.FromSeconds(10), SuccessorLimit = TimeSpan.FromSeconds(3), SuccessorPoll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan FirstPractice = TimeSpan.FromSeconds(2), LongestPractice = TimeSpan.FromMinutes(10);
    private const int PracticeFactor = 5;
    private readonly DruidPresence? presence = presences.SingleOrDefault();
    private volatile ILeaderTerm? leading;
    private volatile Turn? turn;
    private volatile string? trouble;
    private bool mayStand;
    private TimeSpan untilPractice = FirstPractice;

    public bool IsLeading => leading is not null;
    public string OwnUrl => url.Value;
    public string Kind => election.Kind;
    public TimeSpan LeaseLeft => leading?.Left ?? TimeSpan.Zero;
    public (string ZooKeeper, string State)? Presence => presence is null ? null : (presence.Connect.ToString(), presence.State);
    public string? Trouble => trouble;

    /// <summary>Why this overlord must not run like this; null: it may.</summary>
    public string? Refusal { get; private set; }

    public async Task<string?> LeaderUrlAsync(CancellationToken cancellation) => IsLeading ? OwnUrl : (await CurrentAsync(cancellation))?.Url;

    public async Task<LeaderRow?> CurrentAsync(CancellationToken cancellation)
    {
        try { return await election.CurrentAsync(cancellation); }
        catch (NpgsqlException e)
        {
            LogLeaderUnknown(e.Message);
            return null;
        }
    }

    public async Task<LeaderRow?> ResignAsync(CancellationToken cancellation)
    {
        if (!IsLeading || turn is not { } current) return null;
        await current.Resigned.CancelAsync();
        try { return await current.Successor.Task.WaitAsync(ResignLimit, cancellation); }
        catch (TimeoutException) { return null; }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // When the process is asked to end: its requests are let end first, which is no reason to go on leading.
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);
        foreach (var warning in coordination.EnsembleWarnings) LogEnsemble(warning);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await Migrator.RunAsync(storage, stopping.Token);
                var clusterId = (await Migrator.ClusterIdAsync(storage, stopping.Token)).ToString();
                if (!mayStand && await RefusalAsync(clusterId, stopping.Token) is { } reason)
                {
                    (Refusal, trouble) = (reason, reason);
                    LogRefused(reason);
                    lifetime.StopApplication();
                    return;
                }
                (mayStand, trouble) = (true, null);
                await StandAsync(clusterId, stopping.Token);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested) { return; }
            catch (Exception e) // a term is the smallest owner of whatever failed in it: this one is over, the next may do better
            {
                trouble = e.Message;
                if (e is NpgsqlException or IOException or TimeoutException) LogUnusable(e.Message);
                else LogTermFailed(e);
                await Task.Delay(Retry, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<string?> RefusalAsync(string clusterId, CancellationToken stop)
    {
        if (await conditions.RefusalAsync(stop) is { } reason) return reason;
        foreach (var latch in coordination.Latches)
            if (await ForeignAsync(latch, clusterId, stop) is { } foreign) return foreign;
        return null;
    }

    private async Task<string?> ForeignAsync(ConnectString connect, string clusterId, CancellationToken stop)
    {
        await using var session = new ZooKeeperSession(connect, coordination.SessionTimeout, logger);
        try
        {
            await session.ConnectedAsync(coordination.SessionTimeout, stop);
            return await ForeignOverlords.FindAsync(session, connect, clusterId, stop);
        }
        // Where it does not elect, we lead without it. It is looked again before anything is announced there.
        catch (ZooKeeperException e) when (connect != coordination.ZooKeeper) { LogUnusable(e.Message); return null; }
    }

    private async Task StandAsync(string clusterId, CancellationToken stopping)
    {
        var term = await ElectedAsync(stopping);
        LogElected(term.Epoch);
        var mine = new Turn();
        await LeadAsync(term, mine, clusterId, stopping);
        if (stopping.IsCancellationRequested) LogResigned(term.Epoch, "this process ends");
        else if (mine.Resigned.IsCancellationRequested) await LetAnotherLeadAsync(term.Epoch, mine, stopping);
        else LogOver(term.Epoch, await CurrentAsync(stopping) is { } now && now.Epoch > term.Epoch ? $"[{now.Url}] leads with epoch {now.Epoch}" : "the lease or the connection is lost");
    }

    private async Task<ILeaderTerm> ElectedAsync(CancellationToken stopping)
    {
        using var standing = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var practising = PractiseAsync(standing.Token);
        try { return await election.AcquireAsync(stopping); }
        finally
        {
            await standing.CancelAsync();
            await practising;
        }
    }

    /// <summary>So what a leader begins with is not compiled while nobody leads. Again and again, and less and less often: there may have been nothing to read yet.</summary>
    private async Task PractiseAsync(CancellationToken stop)
    {
        while (true)
        {
            try
            {
                await Task.Delay(untilPractice, stop);
                untilPractice = untilPractice * PracticeFactor < LongestPractice ? untilPractice * PracticeFactor : LongestPractice;
                await fleet.PractiseAsync(stop);
                await proclamation.PractiseAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested) { return; } // it is elected, or ends
            catch (Exception e) { LogUnpractised(e.Message); } // what matters fails again where it counts
        }
    }

    private async Task LeadAsync(ILeaderTerm term, Turn mine, string clusterId, CancellationToken stopping)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(term.Lost, stopping, mine.Resigned.Token);
        var (announced, preparations) = (Task.CompletedTask, Task.CompletedTask);
        try
        {
            preparations = Task.WhenAll(proclamation.MakeAsync(term.Epoch, clusterId, over.Token), Lockbox.RemoveStaleAsync(transactions, storage.Tables, term.Epoch, over.Token), kills.StartAsync(term.Epoch, over.Token));
            await fleet.StartAsync(term.Epoch, clusterId, preparations, over.Token);
            turn?.Successor.TrySetResult(null); // who was asked to resign leads again
            (turn, leading) = (mine, term);
            LogLeading(OwnUrl, term.Epoch);
            if (presence is not null) announced = Task.Run(() => presence.RunAsync(new Uri(OwnUrl), clusterId, over.Token), CancellationToken.None);
            await Task.Delay(Timeout.Infinite, over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            leading = null;
            await over.CancelAsync();
            await preparations.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // one that failed has ended the term already
            await term.DisposeAsync(); // first: a successor need not wait until all has stopped here, what is left of it is fenced
            await Task.WhenAll(kills.StopAsync(), fleet.StopAsync());
            await announced;
        }
    }

    /// <summary>Does not stand for election again before another overlord leads; where none does within a while there is none, and this one leads on.</summary>
    private async Task LetAnotherLeadAsync(long epoch, Turn mine, CancellationToken stopping)
    {
        LogResigned(epoch, "it was asked to let another overlord lead");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        patience.CancelAfter(SuccessorLimit);
        try
        {
            while (true)
            {
                var current = await election.CurrentAsync(patience.Token);
                if (current.Epoch > epoch)
                {
                    mine.Successor.TrySetResult(current);
                    return;
                }
                await Task.Delay(SuccessorPoll, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested) { LogNoSuccessor(epoch); }
    }

    /// <summary>What an epoch of this overlord's is asked.</summary>
    private sealed class Turn
    {
        public CancellationTokenSource Resigned { get; } = new();

        /// <summary>Who led after it was asked to resign; null: this overlord again.</summary>
        public TaskCompletionSource<LeaderRow?> Successor { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    [LoggerMessage(20, LogLevel.Information, "overlord leads: {Url}, epoch {Epoch}")]
    private partial void LogLeading(string url, long epoch);

    [LoggerMessage(27, LogLevel.Information, "Elected, with epoch {Epoch}")]
    private partial void LogElected(long epoch);

    [LoggerMessage(21, LogLevel.Warning, "Leadership of epoch {Epoch} is over: {Reason}")]
    private partial void LogOver(long epoch, string reason);

    [LoggerMessage(26, LogLevel.Information, "Leadership of epoch {Epoch} is over: {Reason}")]
    private partial void LogResigned(long epoch, string reason);

    [LoggerMessage(30, LogLevel.Warning, "This standby could not read what a leader reads first; if it is elected, that takes longer: {Error}")]
    private partial void LogUnpractised(string error);

    [LoggerMessage(28, LogLevel.Warning, "No other overlord took over after epoch {Epoch}: standing for election again")]
    private partial void LogNoSuccessor(long epoch);

    [LoggerMessage(29, LogLevel.Warning, "{Warning}")]
    private partial void LogEnsemble(string warning);

    [LoggerMessage(22, LogLevel.Error, "The metadata database or what elects cannot be used; trying again: {Error}")]
    private partial void LogUnusable(string error);

    [LoggerMessage(23, LogLevel.Warning, "The leader's URL cannot be read: {Error}")]
    private partial void LogLeaderUnknown(string error);

    [LoggerMessage(24, LogLevel.Error, "Leadership ended by an error; standing for election again")]
    private partial void LogTermFailed(Exception error);

    [LoggerMessage(25, LogLevel.Critical, "This overlord must not run like this: {Reason}")]
    private partial void LogRefused(string reason);
}

/// <summary>The base URL that others reach this overlord at; known once the server listens.</summary>
internal sealed class OverlordUrl
{
    public string Value { get; set; } = "";
}
