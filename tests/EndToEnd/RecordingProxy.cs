using System.Collections.Concurrent;
using System.Net;
using Ingestion.Embedded;

namespace Ingestion.EndToEnd;

/// <summary>Passes requests on to a server, and notes them with the status of their answers.</summary>
internal sealed class RecordingProxy : IAsyncDisposable
{
    private readonly HttpListener listener = new();
    private readonly HttpClient http = new(new HttpClientHandler { AllowAutoRedirect = false, UseProxy = false }) { Timeout = TimeSpan.FromSeconds(30) };
    private readonly Uri target;
    private readonly Task serving;

    public RecordingProxy(Uri target)
    {
        this.target = target;
        Address = new Uri($"http://127.0.0.1:{Ports.Free()}/");
        listener.Prefixes.Add(Address.ToString());
        listener.Start();
        serving = ServeAsync();
    }

    public Uri Address { get; }

    /// <summary>Method, path and query, body, status.</summary>
    public ConcurrentQueue<(string Method, string Path, string Body, int Status, string Answer)> Requests { get; } = new();

    private async Task ServeAsync()
    {
        while (listener.IsListening)
        {
            HttpListenerContext context;
            try { context = await listener.GetContextAsync(); }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException) { return; } // it is stopped
            _ = PassOnAsync(context);
        }
    }

    private async Task PassOnAsync(HttpListenerContext context)
    {
        using var reader = new StreamReader(context.Request.InputStream);
        var body = await reader.ReadToEndAsync();
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.HttpMethod), new Uri(target, context.Request.RawUrl));
        if (body.Length > 0) request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        var status = (int)HttpStatusCode.BadGateway;
        var answer = "";
        try
        {
            using var response = await http.SendAsync(request);
            (status, answer) = ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
            context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException) { answer = e.Message; }
        Requests.Enqueue((context.Request.HttpMethod, context.Request.RawUrl!, body, status, answer));
        try
        {
            context.Response.StatusCode = status;
            context.Response.Close(System.Text.Encoding.UTF8.GetBytes(answer), willBlock: false);
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException) { context.Response.Abort(); } // the asker has gone
    }

    public async ValueTask DisposeAsync()
    {
        listener.Close();
        await serving;
        http.Dispose();
    }
}
