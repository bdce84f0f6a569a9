using System.Collections.Concurrent;
using Ingestion.Embedded;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Ingestion.EndToEnd;

/// <summary>Passes requests on to a server, and notes them with the status of their answers.</summary>
internal sealed class RecordingProxy : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly HttpClient http = new(new HttpClientHandler { AllowAutoRedirect = false, UseProxy = false }) { Timeout = TimeSpan.FromSeconds(30) };
    private readonly Uri target;

    private RecordingProxy(Uri target)
    {
        (this.target, Address) = (target, new Uri($"http://127.0.0.1:{Ports.Free()}/"));
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls(Address.ToString());
        app = builder.Build();
        app.Run(PassOnAsync);
    }

    public Uri Address { get; }

    public ConcurrentQueue<(string Method, string Path, string Body, int Status, string Answer)> Requests { get; } = new();

    public static async Task<RecordingProxy> StartAsync(Uri target)
    {
        var proxy = new RecordingProxy(target);
        await proxy.app.StartAsync();
        return proxy;
    }

    private async Task PassOnAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var (body, path) = (await reader.ReadToEndAsync(), context.Request.Path.ToUriComponent() + context.Request.QueryString);
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri(target, path));
        if (body.Length > 0) request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var response = await http.SendAsync(request);
        var (status, answer) = ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
        Requests.Enqueue((context.Request.Method, path, body, status, answer));
        context.Response.StatusCode = status;
        context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
        await context.Response.WriteAsync(answer);
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        http.Dispose();
    }
}
