using System.Text.Json;
using Ingestion.Access.Http;
using Ingestion.Access.Users;
using Ingestion.Contracts.Segments;
using Ingestion.Contracts.Specs;
using Ingestion.Contracts.Tasks;
using Ingestion.Overlord.Tasks;

namespace Ingestion.Overlord.Api;

/// <summary>Druid's endpoints by which a Coordinator learns which intervals tasks have locked, so that it leaves them alone.</summary>
internal static class LocksApi
{
    public static void MapLocksApi(this IEndpointRouteBuilder group)
    {
        group.MapPost("/lockedIntervals/v2", (HttpRequest request, Lockbox locks, CancellationToken c) => AnswerAsync(request, locks, IntervalsOf, c)).Needs(new Needs.Everywhere(Right.Read));
        group.MapPost("/activeLocks", (HttpRequest request, Lockbox locks, CancellationToken c) => AnswerAsync(request, locks, held => new { datasourceToLocks = held }, c)).Needs(new Needs.Everywhere(Right.Read));
    }

    /// <summary>Each once, in their order.</summary>
    private static object IntervalsOf(SortedDictionary<string, List<TaskLock>> held) => held.ToDictionary(d => d.Key, d => d.Value.Select(l => l.Interval).Distinct().Order().Select(i => i.ToString()).ToList());

    private static async Task<IResult> AnswerAsync(HttpRequest request, Lockbox locks, Func<SortedDictionary<string, List<TaskLock>>, object> answer, CancellationToken cancellation)
    {
        var (filters, refusal) = await RequestBody.ReadAsync(request, RequestJson.Default.IReadOnlyListLockFilter, "The body is not an array of lock filters", cancellation);
        if (refusal is not null) return refusal;
        if (filters is not { Count: > 0 }) return DruidErrors.BadRequestText("No filter provided", "application/json"); // bare text that is called JSON, as Druid has it
        var problems = Problems(filters).ToList();
        if (problems.Count > 0) return DruidErrors.BadRequest(problems);
        var held = new SortedDictionary<string, List<TaskLock>>(StringComparer.Ordinal);
        foreach (var filter in filters)
        {
            var found = (await locks.HeldAsync(filter.Datasource!, cancellation)).Select(h => h.Lock).Where(l => Counts(l, filter)).ToList();
            if (found.Count > 0) held[filter.Datasource!] = [.. held.GetValueOrDefault(filter.Datasource!) ?? [], .. found];
        }
        return Results.Json(answer(held));
    }

    private static IEnumerable<SpecProblem> Problems(IReadOnlyList<LockFilter> filters)
    {
        for (var i = 0; i < filters.Count; i++)
            if (string.IsNullOrEmpty(filters[i]?.Datasource)) yield return new SpecProblem($"$[{i}].datasource", "is missing: a dataSource is expected");
    }

    /// <summary>Who replaces segments, or appends beside others, need not mind those that append.</summary>
    private static bool Counts(TaskLock held, LockFilter filter) =>
        !held.Revoked && !(held.Type == TaskLock.Append && MindsNoAppending(filter.Context)) && !(filter.Priority > held.Priority) && (filter.Intervals is not { Count: > 0 } intervals || intervals.Any(held.Interval.Overlaps));

    private static bool MindsNoAppending(JsonElement? context) => context is { ValueKind: JsonValueKind.Object } given
        && (given.TryGetProperty("useConcurrentLocks", out var concurrent) && concurrent.ValueKind == JsonValueKind.True
            || given.TryGetProperty("taskLockType", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals(TaskLock.Replace));
}
