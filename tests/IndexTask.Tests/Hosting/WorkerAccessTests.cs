using System.Net.Http.Headers;
using System.Text.Json;
using Ingestion.Access;
using Ingestion.Contracts.Json;
using Ingestion.Contracts.Tasks;
using Ingestion.IndexTask.Hosting;
using Ingestion.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.IndexTask.Tests.Hosting;

/// <summary>A worker with users and TLS, over real sockets.</summary>
public sealed class WorkerAccessTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly string folder = Directory.CreateTempSubdirectory("worker-access-tests").FullName;
    private readonly AccessFiles files;

    public WorkerAccessTests() => files = new AccessFiles(Path.Combine(folder, "access"));

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Only_internal_callers_reach_tasks_and_nobody_else_can_raise_the_epoch()
    {
        await using var worker = new WorkerHost(Options(new Uri("http://127.0.0.1:1")), NullLoggerFactory.Instance);
        await worker.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal(Uri.UriSchemeHttps, worker.Address.Scheme);
        const string chat = "/druid/worker/v1/chat/t/status", assign = "/druid-internal/v1/worker/assignTask", state = "/druid-internal/v1/worker/tasks";
        foreach (var path in (string[])[chat, state, "/druid/worker/v1/tasks", "/druid/worker/v1/task/t/log", "/status"]) Assert.Equal((path, 401), (path, await SendAsync(worker, null, "GET", path)));
        foreach (var path in (string[])[chat, state, "/druid/worker/v1/tasks", "/druid/worker/v1/task/t/log"]) Assert.Equal((path, 403), (path, await SendAsync(worker, AccessFiles.Basic(AccessFiles.Operator, AccessFiles.Operator), "GET", path)));
        Assert.Equal((200, 200), (await SendAsync(worker, null, "GET", "/status/health"), await SendAsync(worker, AccessFiles.Basic(AccessFiles.Reader, AccessFiles.Reader), "GET", "/status")));
        Assert.Equal((503, 200), (await SendAsync(worker, AccessFiles.Bearer(), "GET", chat), await SendAsync(worker, AccessFiles.Bearer(), "GET", state))); // there is no such task
        // An epoch that a stranger names does not shut the leader out.
        foreach (var path in (string[])[state, "/status/health", "/nowhere"])
            foreach (var method in (string[])["GET", "POST"]) await SendAsync(worker, null, method, path, epoch: 1_000);
        Assert.Equal(400, await SendAsync(worker, AccessFiles.Bearer(), "POST", assign, epoch: 1)); // the body is none
        await SendAsync(worker, AccessFiles.Bearer(), "GET", state, epoch: 2);
        Assert.Equal(409, await SendAsync(worker, AccessFiles.Bearer(), "POST", assign, epoch: 1));
    }

    [Fact]
    public async Task Worker_announces_its_https_address_with_its_credentials_over_TLS()
    {
        var heard = new TaskCompletionSource<(string? Authorization, byte[] Body)>(TaskCreationOptions.RunContinuationsAsynchronously);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listener => Access().Certificate!.Use(listener)));
        await using var overlord = builder.Build();
        overlord.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            heard.TrySetResult((context.Request.Headers.Authorization, body.ToArray()));
            context.Response.StatusCode = 202;
        });
        await overlord.StartAsync(TestContext.Current.CancellationToken);
        await using var worker = new WorkerHost(Options(new Uri(overlord.Urls.First())), NullLoggerFactory.Instance);
        await worker.StartAsync(TestContext.Current.CancellationToken);
        var (authorization, json) = await heard.Task.WaitAsync(Limit, TestContext.Current.CancellationToken);
        var properties = JsonSerializer.Deserialize(json, ContractsJson.Default.Announcement)!.Services.Single().Properties;
        Assert.Equal(($"Bearer {AccessFiles.Token}", $"https://127.0.0.1:{worker.Address.Port}", false), (authorization, properties[AnnouncedService.Https], properties.ContainsKey(AnnouncedService.Http)));
    }

    [Fact]
    public async Task Address_that_others_reach_is_not_listened_on_without_users()
    {
        var open = new WorkerOptions { Overlords = [new Uri("http://127.0.0.1:1")], DeepStorage = folder, WorkDirectory = folder, Listen = new(System.Net.IPAddress.Any, 0) };
        Assert.StartsWith("0.0.0.0:0 can be reached from other machines", Assert.Throws<FormatException>(() => new WorkerHost(open, NullLoggerFactory.Instance)).Message, StringComparison.Ordinal);
        var errors = new StringWriter();
        Assert.Equal(2, await Commands.Run(["--overlords", "http://127.0.0.1:1", "--deep-storage", folder, "--work-dir", folder, "--listen", "0.0.0.0:0"], Stream.Null, errors));
        Assert.StartsWith("worker: 0.0.0.0:0 can be reached from other machines", errors.ToString(), StringComparison.Ordinal);
        await using var insecure = new WorkerHost(open with { Access = new AccessOptions { IsInsecure = true } }, NullLoggerFactory.Instance);
        await insecure.StartAsync(TestContext.Current.CancellationToken);
        using var http = new HttpClient();
        Assert.Equal("true", await http.GetStringAsync($"http://127.0.0.1:{insecure.Address.Port}/status/health", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Requests_are_logged()
    {
        var logs = Path.Combine(folder, "requests");
        await using (var worker = new WorkerHost(Options(new Uri("http://127.0.0.1:1"), "--request-log", logs), NullLoggerFactory.Instance))
        {
            await worker.StartAsync(TestContext.Current.CancellationToken);
            await SendAsync(worker, AccessFiles.Bearer(), "GET", "/druid/worker/v1/tasks");
        }
        var line = JsonDocument.Parse(File.ReadLines(Path.Combine(logs, "requests.log")).Single()).RootElement;
        Assert.Equal(("cluster", "/druid/worker/v1/tasks", 200, 2), (line.GetProperty("caller").GetString(), line.GetProperty("path").GetString(), line.GetProperty("status").GetInt32(), line.GetProperty("responseBytes").GetInt32()));
    }

    private AccessOptions Access() => AccessOptions.Take(files.Options, files.Variables.GetValueOrDefault).Access;

    private WorkerOptions Options(Uri overlord, params string[] more) =>
        WorkerOptions.Parse(["--overlords", overlord.ToString(), "--deep-storage", Path.Combine(folder, "segments"), "--work-dir", Path.Combine(folder, "work"), .. files.Options, .. more], files.Variables.GetValueOrDefault);

    private async Task<int> SendAsync(WorkerHost worker, AuthenticationHeaderValue? credentials, string method, string path, long? epoch = null)
    {
        using var client = files.NewClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(worker.Address, path));
        request.Headers.Authorization = credentials;
        if (epoch is { } number) request.Headers.Add(CommandHeaders.Epoch, $"{number}");
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return (int)response.StatusCode;
    }
}
