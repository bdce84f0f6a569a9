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

    private RunningOverlord(WebApplication app, Uri address) => (this.app, http, Address) = (app, new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = address }, address);

    public Uri Address { get; }

    /// <param name="more">Options.</param>
    public static async Task<RunningOverlord> StartAsync(string connectionString, bool waitForLeadership = true, params string[] more)
    {
        var options = OverlordOptions.Parse(["--metadata", connectionString, "--listen", "127.0.0.1:0", .. more], _ => null);
        var app = OverlordHost.Build(options);
        await OverlordHost.StartAsync(app, options);
        var overlord = new RunningOverlord(app, new Uri(app.Urls.First()));
        if (waitForLeadership) await overlord.UntilAsync("it leads", () => Task.FromResult(app.Services.GetRequiredService<ILeadership>().IsLeading));
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
        await OverlordHost.StopAsync(app);
        await app.DisposeAsync();
    }
}
