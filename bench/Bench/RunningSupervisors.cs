using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Ingestion.Embedded;

namespace Ingestion.Bench;

/// <summary>Waits for supervisors as somebody does who asks the leader again and again.</summary>
internal static class RunningSupervisors
{
    private const int Askers = 8; // requests at a time

    /// <summary>Until each supervisor is RUNNING, and of each of its partitions it is known how far a task has read and how much is left.</summary>
    /// <param name="pause">From one look to the next.</param>
    /// <exception cref="TimeoutException">Some are not within the limit.</exception>
    public static async Task UntilAsync(OverlordClient leader, IEnumerable<string> ids, int partitions, TimeSpan limit, TimeSpan pause)
    {
        var patience = Stopwatch.StartNew();
        var open = ids.ToList();
        while (true)
        {
            var states = (await StatesAsync(leader)).EnumerateArray().ToDictionary(s => s.GetProperty("id").GetString()!, s => s.GetProperty("state").GetString());
            if (open.All(id => states.GetValueOrDefault(id) == "RUNNING"))
            {
                open = await UnknownAsync(leader, open, partitions);
                if (open.Count == 0) return;
            }
            if (patience.Elapsed > limit)
                throw new TimeoutException($"{open.Count} supervisors do not run after {limit.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s, {open[0]} is {states.GetValueOrDefault(open[0])}");
            await Task.Delay(pause);
        }
    }

    /// <summary>None while nobody leads, as after kill -9 until another does.</summary>
    private static async Task<JsonElement> StatesAsync(OverlordClient leader)
    {
        try { return await leader.GetAsync("/druid/indexer/v1/supervisor?state=true"); }
        catch (HttpRequestException e) when (e.StatusCode == HttpStatusCode.ServiceUnavailable) { return JsonDocument.Parse("[]").RootElement; }
    }

    /// <summary>Those of whose partitions not all is known.</summary>
    private static async Task<List<string>> UnknownAsync(OverlordClient leader, List<string> ids, int partitions)
    {
        var unknown = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(ids, new ParallelOptions { MaxDegreeOfParallelism = Askers }, async (id, _) =>
        {
            var tasks = (await leader.StatusAsync(id)).GetProperty("activeTasks").EnumerateArray().ToList();
            if (tasks.Sum(t => Count(t, "lag")) < partitions || tasks.Sum(t => Count(t, "currentOffsets")) < partitions) unknown.Add(id);
        });
        return [.. unknown];
    }

    private static int Count(JsonElement task, string member) => task.TryGetProperty(member, out var byPartition) && byPartition.ValueKind == JsonValueKind.Object ? byPartition.EnumerateObject().Count() : 0;
}
