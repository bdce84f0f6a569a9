using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Ingestion.Access;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Publish;

/// <summary>
/// Task actions at <c>POST /druid/indexer/v1/action</c> of whichever overlord leads. Goes from overlord to overlord, follows redirects, and
/// tries again, with growing pauses up to 2 s, until it is cancelled: a task outlives its overlords. Only a clear refusal ends it.
/// </summary>
/// <param name="given">Base URLs of overlords; others may be learned.</param>
public sealed class OverlordClient(IReadOnlyList<Uri> given, HttpClient http, ILogger logger)
{
    private const int MaxRedirects = 3;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50), LongestPause = TimeSpan.FromSeconds(2), CallTimeout = TimeSpan.FromSeconds(60);
    private readonly IReadOnlyList<Uri> configured = given;
    private volatile IReadOnlyList<Uri> overlords = given;
    private volatile Uri? leader = given.Count > 0 ? given[0] : null;
    private volatile CancellationTokenSource term = new(); // of whoever leads as far as is known here

    /// <summary>Takes note of overlords beside those that were given.</summary>
    public void Learn(IReadOnlyList<Uri> learned) => overlords = [.. configured, .. learned.Where(l => !configured.Contains(l))];

    /// <summary>A client that leaves redirects to <see cref="OverlordClient"/>, which remembers where they lead.</summary>
    /// <param name="access">With which credentials, and whose certificates it takes.</param>
    public static HttpClient NewHttpClient(AccessOptions? access = null)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30), ConnectTimeout = TimeSpan.FromSeconds(5), UseProxy = false };
        access?.Secure(handler);
        var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        access?.Authorize(client);
        return client;
    }

    /// <summary>Does an action.</summary>
    /// <param name="trouble">Told why there is no answer yet, and null once there is.</param>
    /// <returns>The member <c>result</c>.</returns>
    /// <exception cref="TaskActionRefusedException">The overlord refuses.</exception>
    public async Task<JsonElement> Do(TaskActionRequest request, Action<string?> trouble, CancellationToken cancellation)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(request, ContractsJson.Default.TaskActionRequest);
        var pause = new GrowingPause(FirstPause, LongestPause);
        for (var attempt = 0; ; attempt++)
        {
            var (all, overlord, asked) = (overlords, leader, term);
            string problem;
            try
            {
                if (overlord is null && all.Count > 0) leader = overlord = all[0];
                var (answer, error) = overlord is null ? (null, "none is known yet") : await Try(overlord, body, asked.Token, cancellation);
                if (answer is { } result)
                {
                    trouble(null);
                    return result;
                }
                problem = error!;
            }
            catch (HttpRequestException failure) { problem = $"{overlord}: {failure.Message}"; }
            catch (IOException failure) { problem = $"{overlord}: {failure.Message}"; }
            catch (JsonException failure) { problem = $"{overlord}: {failure.Message}"; }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested && term != asked) { problem = $"{overlord}: another one has begun to lead before it answered"; }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested) { problem = $"{overlord}: no answer within {CallTimeout.TotalSeconds:0} s"; }
            if (attempt == 0) PublishLog.OverlordTrouble(logger, request.Task.Id, request.Action.GetType().Name, problem);
            trouble($"no overlord answers: {problem}");
            leader = all.Count > 0 ? all[(IndexOf(all, overlord) + 1) % all.Count] : null;
            await pause.WaitAsync(cancellation);
        }
    }

    // After a redirect the leader may be one that was not configured; then the search starts at the first.
    private static int IndexOf(IReadOnlyList<Uri> overlords, Uri? overlord)
    {
        for (var i = 0; i < overlords.Count; i++)
            if (overlords[i] == overlord) return i;
        return -1;
    }

    /// <summary>Another overlord leads now: nobody waits any longer for the answer of the one before, which may hang, and be given up only after <see cref="CallTimeout"/>.</summary>
    public void LeaderHasChanged()
    {
        var over = term;
        term = new CancellationTokenSource();
        _ = over.CancelAsync();
    }

    private async Task<(JsonElement? Answer, string? Problem)> Try(Uri overlord, byte[] body, CancellationToken termIsOver, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation, termIsOver);
        limit.CancelAfter(CallTimeout);
        var target = new Uri(overlord, "/druid/indexer/v1/action");
        for (var hop = 0; hop <= MaxRedirects; hop++)
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, target) { Content = new ByteArrayContent(body) };
            message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await http.SendAsync(message, limit.Token);
            var status = (int)response.StatusCode;
            if (status is 307 or 308 or 301 or 302 && response.Headers.Location is { } location)
            {
                var next = new Uri(target, location);
                if (target.Scheme == Uri.UriSchemeHttps && next.Scheme != Uri.UriSchemeHttps) return (null, $"{target} redirects to {next}: credentials are not sent there, since it is not encrypted");
                target = next;
                leader = new Uri(target.GetLeftPart(UriPartial.Authority));
                continue;
            }
            var text = await response.Content.ReadAsByteArrayAsync(limit.Token);
            if (response.StatusCode == HttpStatusCode.OK)
                return (JsonSerializer.Deserialize(text, ContractsJson.Default.TaskActionAnswer)?.Result ?? throw new JsonException("the answer has no result"), null);
            var problem = $"{target} answered {status}: {System.Text.Encoding.UTF8.GetString(text.AsSpan(0, Math.Min(text.Length, 1000)))}";
            var isRefusal = status == 500 && response.Headers.TryGetValues(CommandHeaders.Refused, out var values) && values.Contains("true");
            // Refused credentials (401, 403) say nothing of the action: a task outlives the time until they are put right.
            if (isRefusal || status is >= 400 and < 500 and not 401 and not 403 and not 408 and not 429) throw new TaskActionRefusedException(problem);
            return (null, problem);
        }
        return (null, $"{overlord} redirects in a circle");
    }
}
