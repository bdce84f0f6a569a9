using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Ingestion.IndexTask.Tests.Publish.S3;

/// <summary>Stands before an S3 server: notes what is asked of it, and lets a test answer instead, or change what passes.</summary>
internal sealed class S3Gate : IAsyncDisposable
{
    private readonly WebApplication web;
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly Uri server;

    private S3Gate(Uri server)
    {
        this.server = server;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null).UseUrls("http://127.0.0.1:0");
        web = builder.Build();
        web.Run(HandleAsync);
    }

    public Uri Address { get; private set; } = null!;

    /// <summary>Method and what of the query tells calls apart, such as <c>PUT partNumber=1</c>, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>True: the call is answered, or broken off, and does not reach the server.</summary>
    public Func<string, HttpContext, Task<bool>> Instead { get; set; } = (_, _) => Task.FromResult(false);

    /// <summary>Changes what a call brings to the server.</summary>
    public Func<string, byte[], byte[]> Change { get; set; } = (_, body) => body;

    public static async Task<S3Gate> StartAsync(Uri server)
    {
        var gate = new S3Gate(server);
        await gate.web.StartAsync();
        gate.Address = new Uri(gate.web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return gate;
    }

    /// <summary>Answers as S3 does when it refuses.</summary>
    public static async Task<bool> RefuseAsync(HttpContext context, int status, string code)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/xml";
        await context.Response.WriteAsync($"<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>says the gate</Message><RequestId>1</RequestId></Error>");
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await web.DisposeAsync();
        http.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        var call = Name(context.Request);
        Asked.Enqueue(call);
        if (await Instead(call, context)) return;
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), server.GetLeftPart(UriPartial.Authority) + target) { Content = new ByteArrayContent(Change(call, body.ToArray())) };
        foreach (var (name, values) in context.Request.Headers)
            if (!request.Headers.TryAddWithoutValidation(name, values.AsEnumerable())) request.Content.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
        try
        {
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
            context.Response.StatusCode = (int)answer.StatusCode;
            foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
                if (!name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase)) context.Response.Headers[name] = values.ToArray();
            if (context.Request.Method != "HEAD") await answer.Content.CopyToAsync(context.Response.Body);
        }
        catch (HttpRequestException)
        {
            context.Abort(); // the server is gone: so is the connection to it
        }
    }

    private static string Name(HttpRequest request) => (request.Method, request.Query["partNumber"].ToString(), request.Query.ContainsKey("uploadId"), request.Query.ContainsKey("uploads")) switch
    {
        (var method, { Length: > 0 } part, _, _) => $"{method} partNumber={part}",
        (var method, _, true, _) => $"{method} uploadId",
        (var method, _, _, true) => $"{method} uploads",
        var (method, _, _, _) => method,
    };
}
