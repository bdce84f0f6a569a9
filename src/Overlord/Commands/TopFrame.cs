using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Ingestion.Overlord.Commands;

/// <summary>One look at a cluster: what <c>top</c> shows, and, together with the look before, how fast it goes.</summary>
/// <param name="Slots">Of all workers; null: who asks may not know of them.</param>
internal sealed record TopFrame(DateTimeOffset At, string Url, (long Used, long All)? Slots, ImmutableSortedDictionary<string, TopLine> Supervisors)
{
    /// <param name="before">Null: nothing is known of speeds.</param>
    /// <param name="lines">As many lines as there is room for.</param>
    public IReadOnlyList<string> Lines(TopFrame? before, int lines)
    {
        var table = new TextTable("SUPERVISOR", "STATE", ">TASKS", ">PUBLISHING", ">LAG", ">READ/S", ">PUBLISHED/S");
        var shown = Supervisors.Values.OrderByDescending(s => s.Lag ?? -1).ThenBy(s => s.Id, StringComparer.Ordinal).Take(Math.Max(1, lines - 4)).ToList();
        foreach (var line in shown)
        {
            var earlier = before is not null && before.Supervisors.TryGetValue(line.Id, out var found) ? found : null;
            var span = before is null ? TimeSpan.Zero : At - before.At;
            table.Add(line.Id, line.State, line.Reading, line.Publishing, line.Lag, Rate(earlier?.Positions, line.Positions, span), Rate(earlier?.Committed, line.Committed, span));
        }
        var rest = Supervisors.Count - shown.Count;
        var total = Supervisors.Values.Sum(s => s.Lag ?? 0);
        var slots = Slots is var (used, all) ? string.Create(CultureInfo.InvariantCulture, $", {used} of {all} slots used") : "";
        return
        [
            string.Create(CultureInfo.InvariantCulture, $"{At.UtcDateTime:HH:mm:ss}Z  {Url}  {Words.Count(Supervisors.Count, "supervisor")}{slots}, lag {Words.Number(total)}"), "",
            .. table.IsEmpty ? ["There are no supervisors."] : table.Lines(), .. rest > 0 ? [$"and {rest} more with less lag"] : (string[])[],
        ];
    }

    /// <summary>Records a second over the partitions that both looks know; what went back (a reset) does not count. Null: not known.</summary>
    public static long? Rate(ImmutableSortedDictionary<string, long>? before, ImmutableSortedDictionary<string, long> now, TimeSpan span)
    {
        if (before is null || span <= TimeSpan.Zero) return null;
        var moved = now.Where(n => before.ContainsKey(n.Key)).Sum(n => Math.Max(0, n.Value - before[n.Key]));
        return (long)Math.Round(moved / span.TotalSeconds);
    }
}

/// <summary>A supervisor in it.</summary>
/// <param name="Lag">Records; null while it is not known.</param>
/// <param name="Positions">By partition the furthest offset that a task has read, or that is committed.</param>
internal sealed record TopLine(string Id, string State, int Reading, int Publishing, long? Lag, ImmutableSortedDictionary<string, long> Positions, ImmutableSortedDictionary<string, long> Committed)
{
    /// <param name="status">The payload of its status.</param>
    public static TopLine Of(string id, JsonElement status)
    {
        var (reading, publishing) = (status.Items("activeTasks").ToList(), status.Items("publishingTasks").ToList());
        var committed = status.Offsets("committedOffsets").ToImmutableSortedDictionary(o => o.Partition, o => o.Offset, StringComparer.Ordinal);
        var positions = committed.ToBuilder();
        foreach (var (partition, offset) in reading.Concat(publishing).SelectMany(t => t.Offsets("currentOffsets"))) positions[partition] = Math.Max(positions.GetValueOrDefault(partition), offset);
        var lag = status.Member("latestOffsets") is null ? null : status.Number("aggregateLag");
        return new TopLine(id, status.Text("detailedState") ?? "", reading.Count, publishing.Count, lag, positions.ToImmutable(), committed);
    }
}
