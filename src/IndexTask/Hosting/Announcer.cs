using System.Net.Http.Headers;
using System.Text.Json;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Hosting;

/// <summary>Tells every overlord, each on its own loop, that this worker is there: at once and every 2 s. One that does not answer is
/// logged when that begins, not each time.</summary>
internal sealed class Announcer(WorkerOptions options, Uri self, HttpClient http, ILogger logger)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2), CallTimeout = TimeSpan.FromSeconds(2);
    private readonly byte[] body = JsonSerializer.SerializeToUtf8Bytes(new Announcement
    {
        Environment = options.EnvironmentName,
        NodeId = options.NodeId,
        Location = $"/{options.Host}/{options.NodeId}",
        Services =
        [
            new AnnouncedService
            {
                Id = Guid.NewGuid().ToString(),
                Type = AnnouncedService.WorkerType,
                Properties = new SortedDictionary<string, string>(StringComparer.Ordinal)
                {
                    ["capacity"] = options.Capacity.ToString(System.Globalization.CultureInfo.InvariantCulture),
                    ["category"] = options.Category,
                    [self.Scheme == Uri.UriSchemeHttps ? AnnouncedService.Https : AnnouncedService.Http] = self.GetLeftPart(UriPartial.Authority),
                    ["node_version"] = WorkerHost.Version,
                },
            },
        ],
    }, ContractsJson.Default.Announcement);

    public Task Run(CancellationToken cancellation) => Task.WhenAll(options.Overlords.Select(overlord => Announce(overlord, cancellation)));

    /// <summary>Takes the announcements back; overlords that cannot be told will notice by themselves.</summary>
    public Task Withdraw() => Task.WhenAll(options.Overlords.Select(async overlord => await Call(HttpMethod.Delete, overlord, CancellationToken.None)));

    private async Task Announce(Uri overlord, CancellationToken cancellation)
    {
        string? known = "not announced yet";
        using var timer = new PeriodicTimer(Period);
        do
        {
            var problem = await Call(HttpMethod.Put, overlord, cancellation);
            if (cancellation.IsCancellationRequested) return;
            if (problem is null && known is not null) HostLog.Announced(logger, overlord);
            if (problem is not null && problem != known) HostLog.AnnouncementFails(logger, overlord, problem);
            known = problem;
        }
        while (await Next(timer, cancellation));
    }

    private static async Task<bool> Next(PeriodicTimer timer, CancellationToken cancellation)
    {
        Task tick = timer.WaitForNextTickAsync(cancellation).AsTask();
        await tick.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !cancellation.IsCancellationRequested;
    }

    private async Task<string?> Call(HttpMethod method, Uri overlord, CancellationToken cancellation)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(CallTimeout);
            using var request = new HttpRequestMessage(method, new Uri(overlord, "/v1/announcement/" + Uri.EscapeDataString(options.NodeId)));
            if (method == HttpMethod.Put)
            {
                request.Content = new ByteArrayContent(body);
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            }
            using var response = await http.SendAsync(request, limit.Token);
            return response.IsSuccessStatusCode ? null : $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(limit.Token)}";
        }
        catch (HttpRequestException problem) { return problem.Message; }
        catch (OperationCanceledException) { return $"no answer within {CallTimeout.TotalSeconds:0} s"; }
    }
}
