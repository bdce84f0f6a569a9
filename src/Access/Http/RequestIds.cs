namespace Ingestion.Access.Http;

/// <summary>The header <c>X-Request-Id</c>: the caller's where it makes sense, else a new one. It is the request's <c>TraceIdentifier</c>, which ASP.NET Core puts into the scope of every log line, and comes back with the answer.</summary>
public static class RequestIds
{
    public const string Header = "X-Request-Id";
    private const int Longest = 64;

    public static void UseRequestIds(this IApplicationBuilder app) => app.Use(next => context =>
    {
        if (context.Request.Headers.TryGetValue(Header, out var given) && given is [{ } id] && IsSane(id)) context.TraceIdentifier = id;
        // Late: what handles exceptions clears the headers.
        context.Response.OnStarting(static state =>
        {
            var answered = (HttpContext)state;
            answered.Response.Headers[Header] = answered.TraceIdentifier;
            return Task.CompletedTask;
        }, context);
        return next(context);
    });

    /// <summary>It goes into logs as it is.</summary>
    private static bool IsSane(string id) => id.Length is > 0 and <= Longest && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':' or '/' or '+' or '=');
}
