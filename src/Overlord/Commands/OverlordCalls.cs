using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Ingestion.Access.Tls;

namespace Ingestion.Overlord.Commands;

/// <summary>Calls to the overlords of a context: the first that answers is asked, and whom it names as the leader. A change is asked for once: where it may have arrived, nobody else is asked.</summary>
internal sealed class OverlordCalls : IDisposable
{
    /// <summary>A standby names the leader; one that has just lost its leadership may name a standby.</summary>
    private const int Redirects = 3;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5), Timeout = TimeSpan.FromSeconds(60);

    private readonly HttpClient http;
    private readonly IReadOnlyList<string> overlords;
    private readonly AuthenticationHeaderValue? authorization;
    private int answering;

    /// <exception cref="CommandFailure">Credentials or certificates cannot be read.</exception>
    public OverlordCalls(OverlordContext context, Func<string, string?> variable)
    {
        (overlords, authorization) = (context.Overlords, context.Authorization(variable));
        // Redirects are followed here: the client would leave the credentials out.
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = ConnectTimeout };
        if (context.CaFile is { } authorities) handler.SslOptions = Trusted(authorities).ClientOptions();
        http = new HttpClient(handler) { Timeout = System.Threading.Timeout.InfiniteTimeSpan }; // each call has its own
    }

    /// <summary>The overlord that answered last, or will be asked first.</summary>
    public string Url => overlords[answering];

    public Task<Answer> GetAsync(string path, CancellationToken stop) => SendAsync(HttpMethod.Get, path, null, stop);

    public Task<Answer> PostAsync(string path, ReadOnlyMemory<byte>? body, CancellationToken stop) => SendAsync(HttpMethod.Post, path, body, stop);

    /// <exception cref="CommandFailure">No overlord answers, or the answer is no success: 4xx is <see cref="ExitCode.Refused"/>, 5xx <see cref="ExitCode.Unavailable"/>.</exception>
    private async Task<Answer> SendAsync(HttpMethod method, string path, ReadOnlyMemory<byte>? body, CancellationToken stop)
    {
        var (status, text, url) = await AnsweredAsync(method, path, body, stop);
        if (status is >= 200 and < 300) return new Answer(text, url);
        var words = Said(text);
        throw status switch
        {
            401 => CommandFailure.Refused($"{url} wants to know who asks: {(authorization is null ? "give --user and --password-env, or --token-env, or a context that has them" : "it does not take these credentials")}"),
            403 => CommandFailure.Refused($"{url} forbids it to who asks: {words}"),
            < 500 => CommandFailure.Refused(words.Length > 0 ? words : $"{url} answers {status}"),
            _ => CommandFailure.Unavailable($"{url} answers {status}: {words}"),
        };
    }

    private async Task<(int Status, string Text, string Url)> AnsweredAsync(HttpMethod method, string path, ReadOnlyMemory<byte>? body, CancellationToken stop)
    {
        var failures = new List<string>();
        for (var tried = 0; tried < overlords.Count; tried++, answering = (answering + 1) % overlords.Count)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
            limit.CancelAfter(Timeout);
            try { return await FollowedAsync(method, overlords[answering], path, body, limit.Token); }
            catch (Exception e) when (e is HttpRequestException || e is OperationCanceledException && !stop.IsCancellationRequested)
            {
                var failure = $"{overlords[answering]}: {(limit.IsCancellationRequested ? $"no answer within {Timeout.TotalSeconds} s" : e.InnerException?.Message ?? e.Message)}";
                // It may be done already, or be done later: another overlord would do it again.
                if (method == HttpMethod.Post && !HasNotConnected(e, limit)) throw CommandFailure.Unavailable($"it is not known whether it is done, and nobody else is asked to do it: {failure}", e);
                failures.Add(failure);
            }
        }
        throw CommandFailure.Unavailable($"no overlord answers: {string.Join("; ", failures)}");
    }

    /// <summary>Nothing can have been sent: nobody listens, or is not who is expected. A connection that is not made in time is cancelled too, but not by the limit of the whole call.</summary>
    private static bool HasNotConnected(Exception failure, CancellationTokenSource limit) => failure is HttpRequestException http
        ? http.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or HttpRequestError.NameResolutionError
        : !limit.IsCancellationRequested;

    private async Task<(int Status, string Text, string Url)> FollowedAsync(HttpMethod method, string url, string path, ReadOnlyMemory<byte>? body, CancellationToken stop)
    {
        var target = new Uri(url + path);
        for (var redirects = 0; ; redirects++)
        {
            using var request = new HttpRequestMessage(method, target);
            if (body is { } json) request.Content = new ReadOnlyMemoryContent(json) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            if (authorization is not null) request.Headers.Authorization = authorization;
            using var response = await http.SendAsync(request, stop);
            if (response.StatusCode is not (HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect) || response.Headers.Location is not { } location)
                return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(stop), target.GetLeftPart(UriPartial.Authority));
            if (redirects == Redirects) throw CommandFailure.Unavailable($"{url} and those it names redirect to each other: there is no leader that stays");
            var next = new Uri(target, location);
            if (authorization is not null && target.Scheme == Uri.UriSchemeHttps && next.Scheme != Uri.UriSchemeHttps) throw CommandFailure.Refused($"{url} redirects to {next}, without TLS: credentials are not sent there");
            target = next;
        }
    }

    /// <summary>What an error says: each problem with its path, else the text.</summary>
    private static string Said(string body)
    {
        if (!body.StartsWith('{')) return body.Trim();
        try
        {
            using var document = JsonDocument.Parse(body);
            var problems = document.RootElement.Items("problems").Select(p => $"{p.Text("path")}: {p.Text("message")}").ToList();
            return problems.Count > 0 ? string.Join('\n', problems) : document.RootElement.Text("error") ?? document.RootElement.Text("errorMessage") ?? body;
        }
        catch (JsonException) { return body; }
    }

    private static TrustedAuthorities Trusted(string file)
    {
        try { return TrustedAuthorities.Read(file, "--ca-file"); }
        catch (FormatException e) { throw CommandFailure.Usage(e.Message); }
    }

    public void Dispose() => http.Dispose();
}

/// <param name="Text">As it came.</param>
/// <param name="Url">Who answered.</param>
internal sealed record Answer(string Text, string Url)
{
    /// <exception cref="CommandFailure">It is no JSON: something else than an overlord answers there.</exception>
    public JsonElement Json
    {
        get
        {
            try { return JsonDocument.Parse(Text).RootElement; }
            catch (JsonException) { throw CommandFailure.Unavailable($"{Url} answers with something that is no JSON: is it an overlord?"); }
        }
    }
}
