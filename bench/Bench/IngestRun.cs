using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Ingestion.Embedded;
using Npgsql;

namespace Ingestion.Bench;

/// <summary>One ingestion from the POST of a spec to the commit of its publish, watched from outside: the same for our worker and for Druid's task.</summary>
internal static class IngestRun
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5), Poll = TimeSpan.FromMilliseconds(25);

    /// <param name="overlord">Where the spec is posted.</param>
    /// <param name="taskProcess">The process that runs the tasks; asked until it is there.</param>
    /// <param name="tasks">How many tasks the spec makes.</param>
    /// <param name="isOurs">Whether the process is our worker, which tells how much memory it has allocated.</param>
    public static async Task<Figures> MeasureAsync(OverlordClient overlord, string supervisor, string spec, long events, NpgsqlDataSource database, Func<MeasuredProcess?> taskProcess, int tasks = 1, bool isOurs = true)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var clock = Stopwatch.StartNew();
        await overlord.PostSpecAsync(spec);
        MeasuredProcess? process = null;
        IReadOnlyList<Uri> offsets = [];
        double? firstRow = null, cpuAtFirstRow = null, allRead = null, cpuAtAllRead = null;
        long allocated = 0, before = 0;
        while (allRead is null)
        {
            if (clock.Elapsed > Patience) throw new TimeoutException($"the task has not read everything within {Patience.TotalMinutes} minutes");
            await Task.Delay(offsets.Count < tasks ? TimeSpan.FromMilliseconds(5) : Poll);
            process ??= taskProcess();
            if (offsets.Count < tasks) offsets = await ChatsAsync(overlord, supervisor);
            if (process is null || offsets.Count < tasks) continue;
            var each = await Task.WhenAll(offsets.Select(o => ReadAsync(http, o)));
            if (each.Contains(null)) continue;
            var read = each.Sum();
            if (read > 0 && firstRow is null)
            {
                (firstRow, cpuAtFirstRow) = (clock.Elapsed.TotalSeconds, process.CpuSeconds());
                (allocated, before) = (isOurs ? await AllocatedAsync(http, offsets[0]) : 0, read.Value);
            }
            if (read >= events) (allRead, cpuAtAllRead) = (clock.Elapsed.TotalSeconds, process.CpuSeconds());
        }
        var perEvent = isOurs ? (double)(await AllocatedAsync(http, offsets[0]) - allocated) / Math.Max(1, events - before) : (double?)null;
        await overlord.SendAsync(HttpMethod.Post, $"/druid/indexer/v1/supervisor/{supervisor}/suspend");
        while (await PublishedMetadata.CommittedAsync(database, supervisor) < events)
        {
            if (clock.Elapsed > Patience) throw new TimeoutException($"not published within {Patience.TotalMinutes} minutes");
            await Task.Delay(5);
        }
        var cpu = process!.CpuSeconds();
        return new Figures(events, cpu, clock.Elapsed.TotalSeconds, firstRow!.Value, cpuAtAllRead!.Value - cpuAtFirstRow!.Value, allRead.Value - firstRow.Value, process.PeakRssMib(), perEvent);
    }

    /// <summary>Where the supervisor's running tasks tell their current offsets.</summary>
    public static async Task<IReadOnlyList<Uri>> ChatsAsync(OverlordClient overlord, string supervisor) =>
        [.. from task in (await overlord.GetAsync($"/druid/indexer/v1/tasks?state=running&datasource={supervisor}")).EnumerateArray()
            let location = task.GetProperty("location")
            where location.GetProperty("port").GetInt32() > 0
            select new Uri($"http://{location.GetProperty("host").GetString()}:{location.GetProperty("port").GetInt32()}/druid/worker/v1/chat/{task.GetProperty("id").GetString()}/offsets/current")];

    /// <summary>Sum of a task's current offsets; null while it does not answer.</summary>
    public static async Task<long?> ReadAsync(HttpClient http, Uri offsets)
    {
        try { return (await http.GetFromJsonAsync<Dictionary<string, long>>(offsets))!.Values.Sum(); }
        catch (HttpRequestException) { return null; } // a JVM that is still starting
    }

    /// <summary>Bytes on the managed heap since the worker was started.</summary>
    private static async Task<long> AllocatedAsync(HttpClient http, Uri worker) =>
        (await http.GetFromJsonAsync<JsonElement>(new Uri(worker, "/status"))).GetProperty("memory").GetProperty("allocatedBytes").GetInt64();

    /// <param name="CpuSeconds">Of the task's process, from exec until the publish was committed.</param>
    /// <param name="ReadingCpuSeconds">Between the first row and the last, as seen by polls every 25 ms.</param>
    /// <param name="AllocatedPerEvent">Bytes on the managed heap of the events read after the first row was seen; null where that is not known.</param>
    public sealed record Figures(long Events, double CpuSeconds, double WallSeconds, double FirstRowSeconds, double ReadingCpuSeconds, double ReadingWallSeconds, double PeakRssMib, double? AllocatedPerEvent)
    {
        public object Json => new
        {
            start_to_published = new { events_per_cpu_s = Math.Round(Events / CpuSeconds), cpu_s = Math.Round(CpuSeconds, 2) },
            reading = new { events_per_cpu_s = Math.Round(Events / Math.Max(ReadingCpuSeconds, 0.01)), events_per_wall_s = Math.Round(Events / Math.Max(ReadingWallSeconds, 0.001)), cpu_s = Math.Round(ReadingCpuSeconds, 2) },
            wall = new { post_to_first_row_s = Math.Round(FirstRowSeconds, 3), post_to_published_s = Math.Round(WallSeconds, 2), events_per_s = Math.Round(Events / WallSeconds) },
            peak_rss_mib = Math.Round(PeakRssMib),
            allocated_bytes_per_event = AllocatedPerEvent is { } bytes ? Math.Round(bytes, 1) : (double?)null,
        };
    }
}
