using System.Text;
using Ingestion.Overlord.Hosting;
using Ingestion.Overlord.Supervision;
using Ingestion.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Ingestion.Overlord.Tests.Api;

/// <summary>The real overlord on a real port over a real database, in this process.</summary>
public sealed class RunningOverlord : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly HttpClient http;
    private IAsyncDisposable? worker;

    private RunningOverlord(WebApplication app, Uri address, HttpClient http)
    {
        (this.app, this.http, Address) = (app, http, address);
        http.BaseAddress = address;
    }

    public Uri Address { get; }
    public IServiceProvider Services => app.Services;

    /// <param name="more">Options; with <c>--with-worker</c> a real worker runs beside it.</param>
    public static Task<RunningOverlord> StartAsync(string connectionString, bool waitForLeadership = true, params string[] more) => StartAsync(connectionString, access: null, waitForLeadership, more);

    /// <param name="access">Who may call it, and its certificate; null: anybody may.</param>
    /// <param name="more">Options; with <c>--with-worker</c> a real worker runs beside it.</param>
    public static async Task<RunningOverlord> StartAsync(string connectionString, AccessFiles? access, bool waitForLeadership = true, params string[] more)
    {
        var options = OverlordOptions.Parse(["--metadata", connectionString, "--listen", "127.0.0.1:0", .. access?.Options ?? [], .. more], name => access?.Variables.GetValueOrDefault(name));
        var app = OverlordHost.Build(options);
        await OverlordHost.StartAsync(app, options);
        var overlord = new RunningOverlord(app, new Uri(app.Urls.First()), access?.NewClient(AccessFiles.Operator) ?? new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }));
        if (waitForLeadership) await overlord.UntilAsync("it leads", () => Task.FromResult(app.Services.GetRequiredService<ILeadership>().IsLeading));
        if (options.WithWorker) overlord.worker = await WorkerInProcess.StartAsync(options, app);
        return overlord;
    }

    public async Task<(int Status, string? ContentType, string Body, string? Location)> SendAsync(string method, string path, string? body = null, string? contentType = "application/json")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            if (contentType is not null) request.Content.Headers.Add("Content-Type", contentType);
        }
        using var response = await http.SendAsync(request);
        return ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync(), response.Headers.Location?.ToString());
    }

    public async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        if (!await Waiting.UntilAsync(condition, TimeSpan.FromSeconds(30))) Assert.Fail($"not within 30 s: {what}");
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        if (worker is not null) await worker.DisposeAsync();
        await OverlordHost.StopAsync(app);
        await app.DisposeAsync();
    }
}
