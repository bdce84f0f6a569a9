using System.Net.Http.Json;
using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Overlord.Discovery;

/// <summary>A discovery server outside of the overlords (<c>--discovery-uri</c>; Presto's protocol): tells it of this overlord, and takes the workers and overlords that it lists into the registry. While it is away what it
/// listed last stays: losing it freezes the list of workers and never empties it. Restarted, it knows nobody, so who is no longer listed counts for as long as it takes to announce oneself anew.</summary>
internal sealed partial class OutsideDiscovery(Uri server, HttpClient http, AnnouncementRegistry registry, Func<Announcement> self, TimeProvider time, ILogger<OutsideDiscovery> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2), CallTimeout = TimeSpan.FromSeconds(5), TellEvery = TimeSpan.FromMinutes(1);
    private volatile Trouble? trouble;

    public Uri Server => server;

    /// <summary>Since when its list is frozen, and why; null: it is not.</summary>
    public (DateTimeOffset Since, string Reason)? Frozen => trouble is { } current ? (current.Since, current.Reason) : null;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var toldAt = time.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await AnnounceAsync(stoppingToken);
                registry.List(server.ToString(), await ListAsync(stoppingToken), AnnouncementRegistry.MaxAge);
                if (trouble is { } over) LogBack(server, (time.GetUtcNow() - over.Since).TotalSeconds);
                trouble = null;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { break; }
            catch (Exception e) when (e is HttpRequestException or JsonException or IOException or OperationCanceledException)
            {
                var isFirst = trouble is null;
                var current = trouble = new Trouble(trouble?.Since ?? time.GetUtcNow(), e is OperationCanceledException ? $"no answer within {CallTimeout.TotalSeconds:0} s" : e.Message);
                if (isFirst || time.GetElapsedTime(toldAt) >= TellEvery)
                {
                    toldAt = time.GetTimestamp();
                    LogAway(server, current.Since, current.Reason, Period.TotalSeconds);
                }
            }
            await Task.Delay(Period, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await WithdrawAsync();
    }

    private async Task AnnounceAsync(CancellationToken stop)
    {
        var announcement = self();
        using var limit = Limit(stop);
        using var response = await http.PutAsJsonAsync(At(announcement), announcement, ContractsJson.Default.Announcement, limit.Token);
        if (!response.IsSuccessStatusCode) throw new HttpRequestException($"it does not take this overlord's announcement: {(int)response.StatusCode} {(await response.Content.ReadAsStringAsync(limit.Token)).Trim()}");
    }

    /// <exception cref="HttpRequestException">It does not answer as it should, or is of another environment.</exception>
    private async Task<IReadOnlyList<Announcement>> ListAsync(CancellationToken stop)
    {
        using var limit = Limit(stop);
        var listing = await http.GetFromJsonAsync(new Uri(server, "/v1/service"), ContractsJson.Default.ServiceListing, limit.Token) ?? throw new JsonException("the list of services is null");
        if (listing.Environment != registry.Environment) throw new HttpRequestException($"it is of environment [{listing.Environment}], this overlord of [{registry.Environment}]");
        return
        [
            .. from service in listing.Services ?? []
               where service is { NodeId: not null, Type: AnnouncedService.WorkerType or AnnouncedService.OverlordType }
               group service by service.NodeId into node
               select new Announcement
               {
                   Environment = listing.Environment, NodeId = node.Key, Pool = node.First().Pool, Location = node.First().Location,
                   Services = [.. node.Select(s => new AnnouncedService { Id = s.Id, Type = s.Type, Properties = s.Properties, Others = s.Others })],
               },
        ];
    }

    private async Task WithdrawAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            (await http.DeleteAsync(At(self()), limit.Token)).Dispose();
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException) { LogNotWithdrawn(server, e.Message); } // it will notice by itself
    }

    private Uri At(Announcement announcement) => new(server, $"/v1/announcement/{Uri.EscapeDataString(announcement.NodeId!)}");

    private static CancellationTokenSource Limit(CancellationToken stop)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(CallTimeout);
        return limit;
    }

    private sealed record Trouble(DateTimeOffset Since, string Reason);

    [LoggerMessage(440, LogLevel.Warning, "The list of workers is frozen since {Since:O}: the discovery server {Server} cannot be used: {Reason}; trying again every {Seconds:0} s")]
    private partial void LogAway(Uri server, DateTimeOffset since, string reason, double seconds);

    [LoggerMessage(441, LogLevel.Information, "The discovery server {Server} answers again, after {Seconds:0.0} s: the list of workers is no longer frozen")]
    private partial void LogBack(Uri server, double seconds);

    [LoggerMessage(442, LogLevel.Debug, "The discovery server {Server} cannot be told that this overlord ends: {Reason}")]
    private partial void LogNotWithdrawn(Uri server, string reason);
}
