using Ingestion.Overlord.Leadership;
using Microsoft.AspNetCore.Diagnostics;
using Npgsql;

namespace Ingestion.Overlord.Hosting;

/// <summary>What a caller hears of an exception that no endpoint handled: 503 for what passes (the database is away, leadership was lost under
/// way), 400 for what the database cannot take, 500 for a bug; never a stack trace.</summary>
internal static partial class ErrorAnswer
{
    private const string DatabaseAway = "the metadata database cannot be used just now: see the overlord's log", Bug = "internal error: see the overlord's log";

    public static Task WriteAsync(HttpContext context)
    {
        var error = context.Features.Get<IExceptionHandlerFeature>()?.Error;
        var status = error switch
        {
            BadHttpRequestException bad => bad.StatusCode,
            PostgresException { SqlState: ['2', '2', ..] } => StatusCodes.Status400BadRequest, // data that it cannot take: a NUL in an id, one that is too long
            NpgsqlException or FencedException or TimeoutException or OperationCanceledException => StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status500InternalServerError,
        };
        var logger = context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Ingestion.Overlord.Api");
        if (status == StatusCodes.Status503ServiceUnavailable) LogUnavailable(logger, context.Request.Method, context.Request.Path, context.TraceIdentifier, error!.Message);
        else if (status < StatusCodes.Status500InternalServerError) LogRefused(logger, context.Request.Method, context.Request.Path, context.TraceIdentifier, status, error!.Message);
        else if (error is not null) LogError(logger, context.Request.Method, context.Request.Path, context.TraceIdentifier, status, error);
        context.Response.StatusCode = status;
        if (status == StatusCodes.Status503ServiceUnavailable) context.Response.Headers.RetryAfter = "1";
        return context.Response.WriteAsJsonAsync(new { error = Words(status, error) });
    }

    /// <summary>Of the database only what it says of the caller's data is repeated: its other messages name hosts, ports and users.</summary>
    private static string? Words(int status, Exception? error) => (status, error) switch
    {
        (StatusCodes.Status500InternalServerError, _) => Bug,
        (StatusCodes.Status503ServiceUnavailable, NpgsqlException) => DatabaseAway,
        _ => error?.Message,
    };

    [LoggerMessage(30, LogLevel.Error, "{Method} {Path} (request {RequestId}) ends with {Status}")]
    private static partial void LogError(ILogger logger, string method, PathString path, string requestId, int status, Exception error);

    [LoggerMessage(32, LogLevel.Information, "{Method} {Path} (request {RequestId}) ends with {Status}: {Reason}")]
    private static partial void LogRefused(ILogger logger, string method, PathString path, string requestId, int status, string reason);

    [LoggerMessage(31, LogLevel.Warning, "{Method} {Path} (request {RequestId}) ends with 503: {Reason}")]
    private static partial void LogUnavailable(ILogger logger, string method, PathString path, string requestId, string reason);
}
