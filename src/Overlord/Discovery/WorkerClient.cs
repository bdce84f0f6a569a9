using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Overlord.Discovery;

/// <summary>The calls to one worker: assignments and its state, and the chat endpoints of its tasks. Every command carries the leader's epoch
/// and the cluster's id. Calls to one worker share a cap, so that a slow one holds up only itself; what people ask of tasks has one of its own, so that commands do not
/// wait for it. A call's timeout includes its wait for a turn.</summary>
internal sealed class WorkerClient(HttpClient http, Uri address, long epoch, string clusterId)
{
    private const int ConcurrentCalls = 32, ConcurrentReports = 8;
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(1);
    private readonly SemaphoreSlim calls = new(ConcurrentCalls), reports = new(ConcurrentReports);

    public Uri Address => address;

    /// <summary>On whose behalf it is called.</summary>
    public string ClusterId => clusterId;
    public TaskLocation Location { get; } = address.Scheme == Uri.UriSchemeHttps ? new() { Host = address.Host, TlsPort = address.Port } : new() { Host = address.Host, Port = address.Port };

    /// <summary>Waits for the worker's next state, which is asked for and answered as <see cref="WorkerState"/> says.</summary>
    /// <param name="before">The last answer, on which the next one builds; null: none.</param>
    public async Task<WorkerState> StateAsync(WorkerState? before, TimeSpan wait, TimeSpan timeout, CancellationToken cancellation)
    {
        var known = before is null ? "after=-1" : $"after={before.Counter}&boot={before.BootId}&since={before.Revision}";
        using var response = await SendAsync(HttpMethod.Get, $"druid-internal/v1/worker/tasks?timeoutMillis={(long)wait.TotalMilliseconds}&{known}", null, null, timeout, cancellation);
        await ThrowIfRefusedAsync(response, cancellation);
        var answer = await response.Content.ReadFromJsonAsync(ContractsJson.Default.WorkerState, cancellation) ?? throw new JsonException("the worker answered null");
        if (answer.Since is { } since && (answer.BootId != before?.BootId || since != before.Revision)) throw new JsonException($"the worker's answer builds on revision {since} of boot [{answer.BootId}], not on what it was asked with");
        return answer;
    }

    /// <exception cref="WorkerRefusedException">The worker will not run the task; the message says why.</exception>
    public async Task AssignAsync(IndexTaskPayload task, TimeSpan timeout, CancellationToken cancellation)
    {
        using var response = await CappedAsync(calls, HttpMethod.Post, "druid-internal/v1/worker/assignTask", task.ToJson(), null, timeout, cancellation);
        await ThrowIfRefusedAsync(response, cancellation);
    }

    public async Task ShutDownAsync(string taskId, TimeSpan timeout, CancellationToken cancellation)
    {
        using var response = await CappedAsync(calls, HttpMethod.Post, $"druid/worker/v1/task/{taskId}/shutdown", "", null, timeout, cancellation);
        if (response.StatusCode != HttpStatusCode.NotFound) await ThrowIfRefusedAsync(response, cancellation);
    }

    /// <summary>Has the worker take new tasks, or none.</summary>
    /// <exception cref="WorkerRefusedException">It will not.</exception>
    public async Task EnableAsync(bool isEnabled, TimeSpan timeout, CancellationToken cancellation)
    {
        using var response = await CappedAsync(calls, HttpMethod.Post, $"druid/worker/v1/{(isEnabled ? "enable" : "disable")}", "", null, timeout, cancellation);
        await ThrowIfRefusedAsync(response, cancellation);
    }

    /// <summary>Pauses a task. A 202 means that it will pause a moment later: asked again until <paramref name="timeout"/>.</summary>
    /// <returns>Where it stands: the next offset to read by partition.</returns>
    public async Task<PartitionOffsets> PauseAsync(string taskId, TimeSpan timeout, CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        while (timeout - Stopwatch.GetElapsedTime(began) is var left && left > TimeSpan.Zero)
        {
            using var response = await ChatAsync(HttpMethod.Post, taskId, "pause", null, left, cancellation);
            if (response.StatusCode == HttpStatusCode.Accepted) continue; // the worker waited 2 s before it said so
            await ThrowIfRefusedAsync(response, cancellation);
            return await response.Content.ReadFromJsonAsync(ContractsJson.Default.PartitionOffsets, cancellation) ?? throw new JsonException("pause was answered with null");
        }
        throw new HttpRequestException($"task [{taskId}] did not pause within {timeout.TotalSeconds:0.#} s");
    }

    public async Task ResumeAsync(string taskId, TimeSpan timeout, CancellationToken cancellation)
    {
        using var response = await ChatAsync(HttpMethod.Post, taskId, "resume", "", timeout, cancellation);
        await ThrowIfRefusedAsync(response, cancellation);
    }

    /// <summary>Has a task read nothing for a while; zero: read on.</summary>
    public async Task HoldAsync(string taskId, TimeSpan lease, TimeSpan timeout, CancellationToken cancellation)
    {
        using var response = await ChatAsync(HttpMethod.Post, taskId, $"hold?leaseMillis={(long)lease.TotalMilliseconds}", "", timeout, cancellation);
        await ThrowIfRefusedAsync(response, cancellation);
    }

    public async Task SetEndOffsetsAsync(string taskId, PartitionOffsets end, bool finish, bool staysPaused, TimeSpan timeout, CancellationToken cancellation)
    {
        var body = JsonSerializer.Serialize(end, ContractsJson.Default.PartitionOffsets);
        using var response = await ChatAsync(HttpMethod.Post, taskId, $"offsets/end?finish={(finish ? "true" : "false")}{(staysPaused ? "&staysPaused=true" : "")}", body, timeout, cancellation);
        await ThrowIfRefusedAsync(response, cancellation);
    }

    public async Task<PartitionOffsets> CurrentOffsetsAsync(string taskId, TimeSpan timeout, CancellationToken cancellation)
    {
        using var response = await ChatAsync(HttpMethod.Get, taskId, "offsets/current", null, timeout, cancellation);
        await ThrowIfRefusedAsync(response, cancellation);
        return await response.Content.ReadFromJsonAsync(ContractsJson.Default.PartitionOffsets, cancellation) ?? throw new JsonException("offsets/current was answered with null");
    }

    /// <summary>One of the chat API's reports (<c>rowStats</c>, <c>unparseableEvents</c>, <c>liveReports</c>), as the task writes it.</summary>
    public async Task<JsonNode?> AskAsync(string taskId, string report, TimeSpan timeout, CancellationToken cancellation)
    {
        using var response = await CappedAsync(reports, HttpMethod.Get, ChatPath(taskId, report), null, taskId, timeout, cancellation);
        await ThrowIfRefusedAsync(response, cancellation);
        return await JsonNode.ParseAsync(await response.Content.ReadAsStreamAsync(cancellation), cancellationToken: cancellation);
    }

    /// <summary>As <see cref="AskAsync"/>; null where the task does not answer, or not as it should.</summary>
    public async Task<JsonNode?> TryAskAsync(string taskId, string report, TimeSpan timeout, CancellationToken cancellation)
    {
        try { return await AskAsync(taskId, report, timeout, cancellation); }
        catch (Exception e) when (e is HttpRequestException or WorkerRefusedException or JsonException or IOException) { return null; }
    }

    /// <summary>A task's <c>log?offset=N</c> or <c>reports</c>, as the worker sends it: not more of it is read than the caller reads.</summary>
    /// <returns>Null where the worker has none or does not answer; else to be disposed.</returns>
    public async Task<System.IO.Stream?> TryOpenAsync(string taskId, string what, TimeSpan timeout, CancellationToken cancellation)
    {
        try
        {
            var response = await CappedAsync(reports, HttpMethod.Get, $"druid/worker/v1/task/{Uri.EscapeDataString(taskId)}/{what}", null, null, timeout, cancellation, HttpCompletionOption.ResponseHeadersRead);
            if (response.IsSuccessStatusCode) return await response.Content.ReadAsStreamAsync(cancellation);
            response.Dispose();
            return null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException) { return null; }
    }

    private Task<HttpResponseMessage> ChatAsync(HttpMethod method, string taskId, string path, string? body, TimeSpan timeout, CancellationToken cancellation) =>
        CappedAsync(calls, method, ChatPath(taskId, path), body, taskId, timeout, cancellation);

    private static string ChatPath(string taskId, string path) => $"druid/worker/v1/chat/{taskId}/{path}";

    private async Task<HttpResponseMessage> CappedAsync(SemaphoreSlim turns, HttpMethod method, string path, string? body, string? taskId, TimeSpan timeout, CancellationToken cancellation, HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead)
    {
        var began = Stopwatch.GetTimestamp();
        if (!await turns.WaitAsync(timeout, cancellation)) throw new HttpRequestException($"{method} {new Uri(address, path)} did not get its turn among the calls to this worker within {timeout.TotalSeconds:0.#} s");
        try
        {
            var left = timeout - Stopwatch.GetElapsedTime(began);
            return await SendAsync(method, path, body, taskId, left > Least ? left : Least, cancellation, completion);
        }
        finally { turns.Release(); }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body, string? taskId, TimeSpan timeout, CancellationToken cancellation, HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        using var request = new HttpRequestMessage(method, new Uri(address, path));
        request.Headers.Add(CommandHeaders.Epoch, epoch.ToString(System.Globalization.CultureInfo.InvariantCulture));
        request.Headers.Add(CommandHeaders.Cluster, clusterId);
        request.Headers.Add(CommandHeaders.Protocol, WireProtocol.Header);
        if (taskId is not null) request.Headers.Add(CommandHeaders.TaskId, taskId);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        try { return await http.SendAsync(request, completion, limit.Token); }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new HttpRequestException($"{method} {request.RequestUri} was not answered within {timeout.TotalSeconds:0.#} s", e);
        }
    }

    private static async Task ThrowIfRefusedAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.IsSuccessStatusCode) return;
        throw new WorkerRefusedException(response.StatusCode, $"{(int)response.StatusCode}: {(await response.Content.ReadAsStringAsync(cancellation)).Trim()}");
    }
}

/// <summary>A worker or task answered, and said no.</summary>
internal sealed class WorkerRefusedException(HttpStatusCode status, string message) : Exception(message)
{
    public HttpStatusCode Status => status;
}
