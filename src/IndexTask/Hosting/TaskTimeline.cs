using System.Text.Json;
using Ingestion.Contracts.Stream;
using Ingestion.Contracts.Tasks;

namespace Ingestion.IndexTask.Hosting;

/// <summary>When a task did what, by its worker's clock: how long a rollover or a checkpoint keeps readers waiting, and where that time goes, can be told from the
/// timelines of the tasks concerned. Written by the task's thread, read by any.</summary>
internal sealed class TaskTimeline
{
    /// <summary>Pauses that are remembered: the newest.</summary>
    private const int Pauses = 256;

    private readonly TimeProvider time;
    private readonly IReadOnlyList<StreamPartition> partitions;
    private readonly long[] first, last; // UTC ticks by partition index; 0: no record yet
    private readonly Lock gate = new();
    private readonly Queue<(DateTimeOffset From, DateTimeOffset To)> pauses = new();
    private readonly DateTimeOffset assigned;
    private DateTimeOffset? bound, fetched, pausedSince, endSet;

    /// <param name="partitions">The task's, in the order of the indexes given later.</param>
    public TaskTimeline(IReadOnlyList<StreamPartition> partitions, TimeProvider time)
    {
        (this.partitions, this.time, assigned) = (partitions, time, time.GetUtcNow());
        (first, last) = (new long[partitions.Count], new long[partitions.Count]);
    }

    /// <summary>The consumer has been told what to read.</summary>
    public void Bound()
    {
        lock (gate) bound ??= time.GetUtcNow();
    }

    /// <summary>Records have come for the first time.</summary>
    public void Fetched()
    {
        if (fetched is not null) return;
        lock (gate) fetched = time.GetUtcNow();
    }

    public void Stands(TaskPhase phase, bool hasEnd)
    {
        if ((phase == TaskPhase.Paused) == (pausedSince is not null) && hasEnd == (endSet is not null)) return;
        lock (gate)
        {
            var now = time.GetUtcNow();
            if (hasEnd) endSet ??= now;
            if (phase == TaskPhase.Paused) pausedSince ??= now;
            else if (pausedSince is { } since)
            {
                if (pauses.Count == Pauses) pauses.Dequeue();
                pauses.Enqueue((since, now));
                pausedSince = null;
            }
        }
    }

    /// <summary>A record of the partition was taken in.</summary>
    public void Took(int partition)
    {
        if (first[partition] == 0) Volatile.Write(ref first[partition], time.GetUtcNow().UtcTicks);
        last[partition] = -1; // until the batch is over: a clock read for each record is too dear
    }

    public void BatchIsOver()
    {
        var now = 0L;
        for (var i = 0; i < last.Length; i++)
            if (last[i] == -1) Volatile.Write(ref last[i], now == 0 ? now = time.GetUtcNow().UtcTicks : now);
    }

    /// <summary><c>{"assigned":T,"bound":T,"fetched":T,"endSet":T,"pauses":[[FROM,TO]],"partitions":{"0":{"firstRecord":T,"lastRecord":T}}}</c>; T is ISO 8601 to
    /// 100 ns, and left out where it has not come.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        lock (gate)
        {
            writer.WriteStartObject();
            writer.WriteString("assigned", assigned);
            if (bound is { } b) writer.WriteString("bound", b);
            if (fetched is { } f) writer.WriteString("fetched", f);
            if (endSet is { } e) writer.WriteString("endSet", e);
            writer.WriteStartArray("pauses");
            foreach (var (from, to) in pauses)
            {
                writer.WriteStartArray();
                writer.WriteStringValue(from);
                writer.WriteStringValue(to);
                writer.WriteEndArray();
            }
            writer.WriteEndArray();
            writer.WriteStartObject("partitions");
            for (var i = 0; i < partitions.Count; i++)
            {
                writer.WriteStartObject(partitions[i].ToString());
                if (Volatile.Read(ref first[i]) is > 0 and var begun) writer.WriteString("firstRecord", new DateTimeOffset(begun, TimeSpan.Zero));
                if (Volatile.Read(ref last[i]) is > 0 and var ended) writer.WriteString("lastRecord", new DateTimeOffset(ended, TimeSpan.Zero));
                writer.WriteEndObject();
            }
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
    }
}
