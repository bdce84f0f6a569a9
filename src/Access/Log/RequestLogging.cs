using System.Diagnostics;

namespace Ingestion.Access.Log;

/// <summary>Tells the request log of every request, when it has been answered.</summary>
internal static class RequestLogging
{
    public static void UseRequestLog(this IApplicationBuilder app, RequestLog log, TimeProvider time) => app.Use(next => async context =>
    {
        var (at, began) = (time.GetUtcNow(), Stopwatch.GetTimestamp());
        var method = context.Request.Method; // a HEAD may be made a GET on the way
        CountedStream request = new(context.Request.Body), response = new(context.Response.Body);
        (context.Request.Body, context.Response.Body) = (request, response);
        try { await next(context); }
        finally
        {
            log.Add(new RequestLog.RequestLine(at, context.TraceIdentifier, context.User.Identity?.Name, context.Connection.RemoteIpAddress?.ToString(), method, context.Request.Path.ToString(),
                context.Response.StatusCode, request.Count, response.Count, Stopwatch.GetElapsedTime(began).TotalMilliseconds));
        }
    });
}
