using System.Net.Http.Json;
using System.Text.Json;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.Bench;

/// <summary>A task as its worker remembers it: its report and its timeline.</summary>
internal sealed record ObservedTask(TaskReport Report, JsonElement Timeline)
{
    /// <summary>Replicas, and nobody else, share it: the id without its random suffix.</summary>
    public string Group => GroupOf(Report.Id);

    public static string GroupOf(string taskId) => taskId[..taskId.LastIndexOf('_')];

    public DateTimeOffset Assigned => Timeline.GetProperty("assigned").GetDateTimeOffset();
    public DateTimeOffset? Bound => Time(Timeline, "bound");
    public DateTimeOffset? Fetched => Time(Timeline, "fetched");
    public DateTimeOffset? EndSet => Time(Timeline, "endSet");
    public IReadOnlyList<(DateTimeOffset From, DateTimeOffset To)> Pauses => [.. Timeline.GetProperty("pauses").EnumerateArray().Select(p => (p[0].GetDateTimeOffset(), p[1].GetDateTimeOffset()))];

    public DateTimeOffset? FirstRecord(StreamPartition partition) => Time(Timeline.GetProperty("partitions").GetProperty(partition.ToString()), "firstRecord");
    public DateTimeOffset? LastRecord(StreamPartition partition) => Time(Timeline.GetProperty("partitions").GetProperty(partition.ToString()), "lastRecord");

    public static async Task<ObservedTask> OfAsync(HttpClient http, Uri worker, TaskReport report) =>
        new(report, await http.GetFromJsonAsync<JsonElement>(new Uri(worker, $"/druid-internal/v1/worker/task/{report.Id}/timeline")));

    private static DateTimeOffset? Time(JsonElement element, string name) => element.TryGetProperty(name, out var time) ? time.GetDateTimeOffset() : null;
}
