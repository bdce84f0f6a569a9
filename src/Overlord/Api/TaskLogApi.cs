using System.Globalization;
using System.Text;
using Ingestion.Access.Users;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Discovery;
using Ingestion.Overlord.Metadata;
using Ingestion.Overlord.Supervision;
using Ingestion.Overlord.Tasks;
using Ingestion.Overlord.Tasks.Kill;

namespace Ingestion.Overlord.Api;

/// <summary>A task's log and report: of one that runs from its worker, else from where workers push those of finished ones, else from any worker that has it. Streamed, never held in memory.</summary>
internal static class TaskLogApi
{
    private const string NoLog = "No log was found for this task. The task may not exist, or it may not have begun running yet.";
    private const string NoReports = "No task reports were found for this task. The task may not exist, or it may not have completed yet.";
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    public static void MapTaskLogApi(this IEndpointRouteBuilder group)
    {
        group.MapGet("/task/{id}/reports", ReportsAsync).Needs(Right.Read, DataSourceOf.Task);
        group.MapGet("/task/{id}/log", LogAsync).Needs(Right.Read, DataSourceOf.Task);
    }

    private static async Task<IResult> ReportsAsync(string id, TaskStore tasks, SupervisorFleet fleet, ITaskArchive archive, KillTasks kills, CancellationToken cancellation)
    {
        if (await tasks.FindAsync(id, cancellation) is null) return DruidErrors.NoTask(id);
        if (kills.Find(id) is { } ours) return Results.Text(ours.Report(), "application/json");
        var (found, missing) = await FindAsync(id, "reports", () => archive.ReportAsync(id, cancellation), fleet, cancellation);
        return found is not null ? new StreamedFile(found, "application/json") : DruidErrors.NotFoundText($"{NoReports} ({missing})");
    }

    /// <summary><c>offset</c>: bytes from the beginning, or from the end where it is negative; beyond the end nothing is left.</summary>
    private static async Task<IResult> LogAsync(string id, HttpRequest request, TaskStore tasks, SupervisorFleet fleet, ITaskArchive archive, KillTasks kills, CancellationToken cancellation)
    {
        var text = request.Query["offset"].ToString();
        var offset = 0L;
        if (text.Length > 0 && !long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out offset)) return DruidErrors.BadRequest($"offset [{text}] is not a number of bytes");
        if (await tasks.FindAsync(id, cancellation) is null) return DruidErrors.NoTask(id);
        if (kills.Find(id) is { } ours) return LogOf(ours, offset);
        var (found, missing) = await FindAsync(id, string.Create(CultureInfo.InvariantCulture, $"log?offset={offset}"), () => archive.LogAsync(id, offset, cancellation), fleet, cancellation);
        return found is not null ? new StreamedFile(found, "text/plain;charset=utf-8") : DruidErrors.NotFoundText($"{NoLog} ({missing})");
    }

    private static StreamedFile LogOf(KillProgress ours, long offset)
    {
        var bytes = Encoding.UTF8.GetBytes(ours.Log);
        return new StreamedFile(new MemoryStream(bytes) { Position = TaskLogFiles.Begin(bytes.Length, offset) }, "text/plain;charset=utf-8");
    }

    /// <param name="what">Of a worker.</param>
    /// <returns>Either what was asked for or where it was sought.</returns>
    private static async Task<(System.IO.Stream? Found, string? Missing)> FindAsync(string id, string what, Func<Task<(System.IO.Stream?, string?)>> fromArchive, SupervisorFleet fleet, CancellationToken cancellation)
    {
        var its = fleet.Tasks?.WorkerOf(id)?.Client;
        if (its is not null && await its.TryOpenAsync(id, what, CallTimeout, cancellation) is { } running) return (running, null);
        var (content, reason) = await fromArchive();
        if (content is not null) return (content, null);
        // Workers without a shared folder have their own tasks' files.
        var others = (fleet.Tasks?.Clients() ?? []).Where(w => w != its);
        var answers = (await Task.WhenAll(others.Select(w => w.TryOpenAsync(id, what, CallTimeout, cancellation)))).OfType<System.IO.Stream>().ToList();
        foreach (var another in answers.Skip(1)) await another.DisposeAsync();
        return answers.Count > 0 ? (answers[0], null) : (null, $"no worker that answers has it, and {reason}");
    }
}
