using Ingestion.Access.Http;
using Ingestion.Contracts.Specs;

namespace Ingestion.Overlord.Api;

/// <summary>The one place that speaks Druid's error JSON and texts.</summary>
internal static class DruidErrors
{
    private const string NoLeader = "overlord is not the leader or not initialized yet";

    /// <summary><c>{"error": "..."}</c>, Druid's answer to a bad request.</summary>
    public static IResult BadRequest(string message) => Json(message, StatusCodes.Status400BadRequest);

    /// <summary>Every problem: together in <c>error</c> for Druid's clients, and one by one with its JSON path.</summary>
    public static IResult BadRequest(IReadOnlyList<SpecProblem> problems) =>
        Results.Json(new { error = string.Join("; ", problems), problems = problems.Select(p => new { path = p.Path, message = p.Message }) }, statusCode: StatusCodes.Status400BadRequest);

    /// <summary>Druid's answer to a body that is not said to be JSON: no words.</summary>
    public static IResult NotJson() => Results.StatusCode(StatusCodes.Status415UnsupportedMediaType);

    /// <summary>Where Druid answers a bad request with bare text.</summary>
    public static IResult BadRequestText(string message, string contentType = "text/plain") => Results.Text(message, contentType, statusCode: StatusCodes.Status400BadRequest);

    /// <summary>Druid's answer to who may not.</summary>
    public static IResult Forbidden(string why) => Results.Json(AccessRefusal.Body(why), statusCode: StatusCodes.Status403Forbidden);

    public static IResult NoSupervisor(string id) => NotFoundText($"Cannot find any supervisor with id: [{id}]");
    public static IResult NoTask(string id) => NotFoundText($"Cannot find any task with id: [{id}]");
    public static IResult NotFound(string message) => Json(message, StatusCodes.Status404NotFound);
    public static IResult NotFoundText(string message) => Results.Text(message, "text/plain", statusCode: StatusCodes.Status404NotFound);

    /// <summary>A request to all supervisors, of which some could not be told: Druid answers with 500.</summary>
    public static IResult Failed(string message) => Json(message, StatusCodes.Status500InternalServerError);

    /// <summary>Druid's answer to a task whose id another has.</summary>
    public static IResult TaskExists(string id) => Results.Json(new { error = "druidException", errorCode = "entryAlreadyExists", persona = "USER", category = "INVALID_INPUT", errorMessage = $"Task[{id}] already exists", context = new { } }, statusCode: StatusCodes.Status400BadRequest);

    /// <summary>It could not be done as things are; nothing is wrong with the request.</summary>
    public static IResult Conflict(string message) => Json(message, StatusCodes.Status409Conflict);

    /// <summary>A worker that it takes does not answer.</summary>
    public static IResult Unavailable(string message) => Json(message, StatusCodes.Status503ServiceUnavailable);

    /// <summary>What is asked for takes more than there is just now.</summary>
    public static IResult TooMany(HttpContext context, string message)
    {
        context.Response.Headers.RetryAfter = "1";
        return Json(message, StatusCodes.Status429TooManyRequests);
    }

    /// <param name="trouble">Why this overlord cannot lead, if it has tried in vain.</param>
    public static IResult NotLeading(string? trouble = null) => Json(trouble is null ? NoLeader : $"{NoLeader}: {trouble}", StatusCodes.Status503ServiceUnavailable);

    private static IResult Json(string message, int status) => Results.Json(new { error = message }, statusCode: status);
}
