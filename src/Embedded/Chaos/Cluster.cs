using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Ingestion.Embedded.Chaos;

/// <summary>Some overlords and workers as processes over one database, each of which can be ended and started again.</summary>
public sealed class Cluster : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3), Retry = TimeSpan.FromMilliseconds(100);
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(2) }) { Timeout = TimeSpan.FromSeconds(10) };
    private readonly HttpClient local = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(1) }) { Timeout = TimeSpan.FromSeconds(1) };
    private readonly string folder;
    private readonly IReadOnlyList<string> workerOptions;

    /// <param name="folder">For logs, segments and work files.</param>
    /// <param name="metadata">The connection string of each overlord: there are as many.</param>
    /// <param name="overlordHost">The name of this machine under which others reach an overlord, by its index; null: 127.0.0.1, where it listens.</param>
    /// <param name="workerHost">The same of workers.</param>
    /// <param name="options">Of every overlord.</param>
    public Cluster(string folder, IReadOnlyList<string> metadata, int workers, int capacity, Func<int, string>? overlordHost = null, Func<int, string>? workerHost = null, IReadOnlyList<string>? options = null)
    {
        this.folder = folder;
        var ports = metadata.Select(_ => Ports.Lasting()).ToList();
        OverlordUrls = [.. ports.Select((port, i) => new Uri($"http://{overlordHost?.Invoke(i) ?? "127.0.0.1"}:{port}"))];
        Overlords = [.. ports.Select((port, i) => new Part($"overlord-{i + 1}", Programs.Overlord,
            ["--metadata", metadata[i], "--listen", $"127.0.0.1:{port}", "--url", OverlordUrls[i].GetLeftPart(UriPartial.Authority), .. options ?? []], folder, port))];
        workerOptions = ["--overlords", string.Join(',', OverlordUrls.Select(u => u.GetLeftPart(UriPartial.Authority))), "--capacity", $"{capacity}", "--deep-storage", DeepStorage];
        Directory.CreateDirectory(DeepStorage);
        Workers = [.. Enumerable.Range(0, workers).Select(i => NewWorker(i, workerHost?.Invoke(i)))];
    }

    public string DeepStorage => Path.Combine(folder, "segments");

    /// <summary>Where others reach the overlords.</summary>
    public IReadOnlyList<Uri> OverlordUrls { get; }
    public IReadOnlyList<Part> Overlords { get; }
    public IReadOnlyList<Part> Workers { get; }

    /// <summary>Starts all, and waits for a leader that knows as many workers.</summary>
    public async Task StartAsync()
    {
        foreach (var part in Overlords.Concat(Workers)) await part.StartAsync();
        await UntilAsync($"there is a leader with {Workers.Count} workers", async () => await LeaderAsync() is { } leader && (await LeaderSaysAsync(leader, "/druid/indexer/v1/workers")).GetArrayLength() == Workers.Count);
    }

    /// <summary>The overlord that says that it leads; null: none does.</summary>
    public async Task<Part?> LeaderAsync()
    {
        foreach (var overlord in Overlords)
            if (overlord.IsRunning && await LeadsAsync(overlord)) return overlord;
        return null;
    }

    public async Task<Part> UntilLeaderAsync()
    {
        Part? leader = null;
        await UntilAsync("an overlord leads", async () => (leader = await LeaderAsync()) is not null);
        return leader!;
    }

    /// <summary>Whether the overlord answers, within a second, that it leads.</summary>
    public async Task<bool> LeadsAsync(Part overlord)
    {
        try
        {
            using var response = await local.GetAsync(new Uri(overlord.Address, "/druid/indexer/v1/isLeader"));
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException) { return false; }
    }

    public async Task<bool> IsHealthyAsync(Part part)
    {
        try { return await local.GetFromJsonAsync<JsonElement>(new Uri(part.Address, "/status/health")) is { ValueKind: JsonValueKind.True }; }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException) { return false; }
    }

    public Task<JsonElement> LeaderSaysAsync(Part leader, string path) => http.GetFromJsonAsync<JsonElement>(new Uri(leader.Address, path));

    /// <summary>Asks overlord after overlord, following redirects, until one answers with success.</summary>
    /// <exception cref="TimeoutException">None did within 3 minutes.</exception>
    public async Task<JsonElement> AskAsync(HttpMethod method, string path, string? body = null)
    {
        JsonElement answer = default;
        var problem = "";
        await UntilAsync($"{method} {path} is answered", async () =>
        {
            foreach (var overlord in Overlords.Where(o => o.IsRunning))
            {
                try
                {
                    using var request = new HttpRequestMessage(method, new Uri(overlord.Address, path));
                    if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
                    using var response = await http.SendAsync(request);
                    problem = $"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}";
                    if (!response.IsSuccessStatusCode) continue;
                    answer = await response.Content.ReadFromJsonAsync<JsonElement>();
                    return true;
                }
                catch (Exception e) when (e is HttpRequestException or TaskCanceledException) { problem = e.Message; }
            }
            return false;
        }, () => problem);
        return answer;
    }

    /// <param name="detail">Of the exception's message.</param>
    /// <exception cref="TimeoutException">It did not come about within 3 minutes.</exception>
    public async Task UntilAsync(string what, Func<Task<bool>> condition, Func<string>? detail = null, TimeSpan? limit = null)
    {
        var clock = Stopwatch.StartNew();
        while (!await TryAsync(condition))
        {
            if (clock.Elapsed > (limit ?? Patience)) throw new TimeoutException($"not within {clock.Elapsed.TotalSeconds:0} s: {what}; {detail?.Invoke()} (logs are in {folder})");
            await Task.Delay(Retry);
        }
    }

    /// <summary>All are killed, at once: a worker that is to end in order would first see its tasks replaced.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Overlords.Concat(Workers).Select(p => p.KillAsync()));
        await Task.WhenAll(Overlords.Concat(Workers).Select(p => p.DisposeAsync().AsTask()));
        http.Dispose();
        local.Dispose();
    }

    private static async Task<bool> TryAsync(Func<Task<bool>> condition)
    {
        try { return await condition(); }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException) { return false; } // who was asked has just ended
    }

    /// <summary>Every other one has an id that stays, as a worker whose id is configured; the others have a new one each time that they start.</summary>
    private Part NewWorker(int index, string? host)
    {
        var (name, port) = ($"worker-{index + 1}", Ports.Lasting());
        string[] identity = index % 2 == 0 ? ["--node-id", name] : [];
        return new Part(name, Programs.Worker, [.. workerOptions, "--listen", $"127.0.0.1:{port}", "--host", host ?? "127.0.0.1", "--work-dir", Path.Combine(folder, name), .. identity], folder, port);
    }
}
