namespace Ingestion.Access.Http;

/// <summary>The header <c>X-Request-Id</c>: the caller's where it makes sense, else a new one. It is the request's <c>TraceIdentifier</c>, which ASP.NET Core puts into the scope of every log line, comes back with
/// the answer, and is passed on to the processes that are called on the request's behalf.</summary>
public static class RequestIds
{
    public const string Header = "X-Request-Id";
    private const int Longest = 64;
    private static readonly AsyncLocal<Work?> Working = new();

    /// <summary>Of the request that the calling code works for; null: it works for none.</summary>
    public static string? Current => Working.Value?.RequestId;

    /// <summary>For a call that no request has brought about.</summary>
    public static string New() => Guid.NewGuid().ToString("N");

    /// <summary>From here on the calling code, and what it begins, works for this request, whatever it was begun by itself; null: for none. An <c>async</c> method's caller is not concerned.</summary>
    public static void WorkFor(string? id)
    {
        if (id != Current) Working.Value = id is null ? null : new Work { RequestId = id };
    }

    public static void UseRequestIds(this IApplicationBuilder app) => app.Use(next => async context =>
    {
        if (context.Request.Headers.TryGetValue(Header, out var given) && given is [{ } id] && IsSane(id)) context.TraceIdentifier = id;
        // Late: what handles exceptions clears the headers.
        context.Response.OnStarting(static state =>
        {
            var answered = (HttpContext)state;
            answered.Response.Headers[Header] = answered.TraceIdentifier;
            return Task.CompletedTask;
        }, context);
        var work = Working.Value = new Work { RequestId = context.TraceIdentifier };
        try { await next(context); }
        finally { work.RequestId = null; } // what was begun by the way and goes on, a loop perhaps, works for others
    });

    /// <summary>It goes into logs as it is.</summary>
    private static bool IsSane(string id) => id.Length is > 0 and <= Longest && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':' or '/' or '+' or '=');

    private sealed class Work
    {
        public volatile string? RequestId;
    }
}
