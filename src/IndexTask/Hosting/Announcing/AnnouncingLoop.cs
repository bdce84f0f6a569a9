using System.Text.Json;
using Ingestion.Access;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Hosting.Announcing;

/// <summary>Announces this worker at one address, at once and again and again, on a thread of its own: one that is slow holds up no other, and a busy thread pool holds up none. Every now and then it asks there which
/// overlords there are.</summary>
internal sealed class AnnouncingLoop
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(2);
    private readonly Uri address;
    private readonly AccessOptions access;
    private readonly AnnouncingSettings settings;
    private readonly Action<AnnouncingLoop, IReadOnlyList<Uri>> learned;
    private readonly ILogger logger;
    private readonly ManualResetEvent stop = new(false);
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly AnnouncingTrouble trouble;
    private volatile bool withdraws, isAnnounced;

    /// <param name="learned">Told, on this loop's thread, of the overlords that the address names.</param>
    public AnnouncingLoop(Uri address, AccessOptions access, AnnouncingSettings settings, Action<AnnouncingLoop, IReadOnlyList<Uri>> learned, ILogger logger)
    {
        (this.address, this.access, this.settings, this.learned, this.logger, trouble) = (address, access, settings, learned, logger, new AnnouncingTrouble(settings.Time));
        new Thread(Run) { IsBackground = true, Name = $"announces to {address.Authority}" }.Start();
    }

    public Uri Address => address;

    /// <summary>The last announcement was taken.</summary>
    public bool IsAnnounced => isAnnounced;

    /// <param name="withdraw">Whether to take the announcement back.</param>
    /// <returns>Ends with the loop.</returns>
    public Task Stop(bool withdraw)
    {
        withdraws = withdraw;
        stop.Set();
        return ended.Task;
    }

    private void Run()
    {
        try
        {
            using var http = new BlockingHttp(address, access, CallTimeout);
            long? askedAt = null;
            var pause = TimeSpan.Zero;
            while (!stop.WaitOne(pause))
            {
                pause = Announce(http);
                if (!isAnnounced || askedAt is { } at && settings.Time.GetElapsedTime(at) < settings.AskEvery) continue;
                askedAt = settings.Time.GetTimestamp();
                Ask(http);
            }
            if (withdraws) Withdraw(http);
        }
        finally { ended.SetResult(); }
    }

    /// <returns>How long to wait before the next time.</returns>
    private TimeSpan Announce(BlockingHttp http)
    {
        var (problem, isAnswer) = Try(http);
        if (problem is null)
        {
            if (trouble.Over() is { } since) AnnouncingLog.Recovered(logger, address, (settings.Time.GetUtcNow() - since).TotalSeconds);
            else if (!isAnnounced) AnnouncingLog.Announced(logger, address);
            isAnnounced = true;
            return settings.Period;
        }
        isAnnounced = false;
        var (pause, tell) = trouble.Failed(problem, isAnswer);
        if (tell) AnnouncingLog.Fails(logger, address, trouble.Since!.Value, problem, pause.TotalSeconds);
        return pause;
    }

    private (string? Problem, bool IsAnswer) Try(BlockingHttp http)
    {
        try
        {
            var (status, body) = http.Send("PUT", Path, JsonSerializer.SerializeToUtf8Bytes(settings.Announcement(), ContractsJson.Default.Announcement));
            return status is >= 200 and < 300 ? (null, true) : ($"{status} {body.Trim()}".TrimEnd(), true);
        }
        catch (Exception e) { return (e is IOException ? e.Message : $"{e.GetType().Name}: {e.Message}", false); } // whatever it is: nobody else looks after this thread, and the worker must not end by it
    }

    private void Ask(BlockingHttp http)
    {
        try
        {
            var (status, body) = http.Send("GET", $"/v1/service/{AnnouncedService.OverlordType}", null);
            if (status != 200) return; // a discovery server or an overlord of another kind: what is known stays
            var listing = JsonSerializer.Deserialize(body, ContractsJson.Default.ServiceListing);
            learned(this, [.. listing?.Services.Select(s => s.BaseUrl).OfType<Uri>() ?? []]);
        }
        catch (Exception e) when (e is IOException or JsonException) { AnnouncingLog.NotAsked(logger, address, e.Message); }
    }

    private void Withdraw(BlockingHttp http)
    {
        try { http.Send("DELETE", Path, null); }
        catch (IOException e) { AnnouncingLog.NotWithdrawn(logger, address, e.Message); } // it will notice by itself
    }

    private string Path => $"/v1/announcement/{Uri.EscapeDataString(settings.NodeId)}";
}

/// <param name="Announcement">What to announce, asked for anew each time.</param>
/// <param name="Period">From one announcement to the next.</param>
/// <param name="AskEvery">From one question for the other overlords to the next.</param>
internal sealed record AnnouncingSettings(string NodeId, Func<Announcement> Announcement, TimeSpan Period, TimeSpan AskEvery, TimeProvider Time);
