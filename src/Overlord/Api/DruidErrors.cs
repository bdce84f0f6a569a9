using Ingestion.Contracts.Specs;

namespace Ingestion.Overlord.Api;

/// <summary>The one place that speaks Druid's error JSON and texts.</summary>
internal static class DruidErrors
{
    /// <summary><c>{"error": "..."}</c>, Druid's answer to a bad request.</summary>
    public static IResult BadRequest(string message) => Results.Json(new { error = message }, statusCode: StatusCodes.Status400BadRequest);

    /// <summary>Every problem: together in <c>error</c> for Druid's clients, and one by one with its JSON path.</summary>
    public static IResult BadRequest(IReadOnlyList<SpecProblem> problems) =>
        Results.Json(new { error = string.Join("; ", problems), problems = problems.Select(p => new { path = p.Path, message = p.Message }) }, statusCode: StatusCodes.Status400BadRequest);

    public static IResult NoSupervisor(string id) => Results.Text($"Cannot find any supervisor with id: [{id}]", "text/plain", statusCode: StatusCodes.Status404NotFound);
    public static IResult NoTask(string id) => Results.Text($"Cannot find any task with id: [{id}]", "text/plain", statusCode: StatusCodes.Status404NotFound);
    public static IResult NotFoundText(string message) => Results.Text(message, "text/plain", statusCode: StatusCodes.Status404NotFound);
    public static IResult NotFound(string message) => Results.Json(new { error = message }, statusCode: StatusCodes.Status404NotFound);

    /// <summary>A task action, or a request to all supervisors, that failed: Druid answers all of them with 500.</summary>
    public static IResult ActionFailed(string message) => Results.Json(new { error = message }, statusCode: StatusCodes.Status500InternalServerError);

    /// <param name="trouble">Why this overlord cannot lead, if it has tried in vain.</param>
    public static IResult NotLeading(string? trouble = null) =>
        Results.Json(new { error = "overlord is not the leader or not initialized yet" + (trouble is null ? "" : $": {trouble}") }, statusCode: StatusCodes.Status503ServiceUnavailable);
}
