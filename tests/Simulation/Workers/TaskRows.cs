using Ingestion.Contracts.Segments;
using Ingestion.IndexTask.Core;
using Ingestion.Simulation.Metadata;
using Ingestion.Simulation.Stream;

namespace Ingestion.Simulation.Workers;

/// <summary>A task's records (production's <c>EventWriter</c>): in open segments, or waiting, in their order, until the first one's segment is allocated.</summary>
/// <param name="allocate">Asks for the segment of a sequence's record of that time; the answer is to be given to <see cref="Open"/>.</param>
internal sealed class TaskRows(Action<ReadSequence, long> allocate)
{
    private const int WaitingMost = 100;

    private readonly SortedDictionary<int, SortedDictionary<Interval, OpenSegment>> open = []; // by sequence id
    private readonly Queue<(ReadSequence Sequence, RecordAt Record)> waiting = [];

    public int Waiting => waiting.Count;
    public int? FirstIncomplete => waiting.Count == 0 ? null : waiting.Min(w => w.Sequence.Id);
    public bool IsFull => waiting.Count >= WaitingMost;

    public void Write(ReadSequence sequence, RecordAt record)
    {
        if (waiting.Count == 0 && TryWrite(sequence, record)) return;
        waiting.Enqueue((sequence, record));
        if (waiting.Count == 1) Allocate();
    }

    public void Open(SegmentIdWithShardSpec id)
    {
        var sequenceId = waiting.Peek().Sequence.Id;
        if (!open.TryGetValue(sequenceId, out var segments)) open[sequenceId] = segments = [];
        segments.TryAdd(id.Interval, new OpenSegment(id, []));
        while (waiting.TryPeek(out var next) && TryWrite(next.Sequence, next.Record)) waiting.Dequeue();
        if (waiting.Count > 0) Allocate();
    }

    public IReadOnlyList<OpenSegment> Take(int sequenceId) => open.Remove(sequenceId, out var segments) ? [.. segments.Values] : [];

    /// <summary>Records in the fullest segment of a sequence.</summary>
    public long Fullest(int sequenceId) => open.TryGetValue(sequenceId, out var segments) ? segments.Values.Max(s => (long)s.Rows.Count) : 0;

    private bool TryWrite(ReadSequence sequence, RecordAt record)
    {
        if (!open.TryGetValue(sequence.Id, out var segments)) return false;
        var timestamp = Topic.TimestampOf(record.Partition, record.Offset);
        foreach (var (interval, segment) in segments)
        {
            if (!interval.Contains(timestamp)) continue;
            segment.Rows.Add(record);
            return true;
        }
        return false;
    }

    private void Allocate()
    {
        var (sequence, record) = waiting.Peek();
        allocate(sequence, Topic.TimestampOf(record.Partition, record.Offset));
    }
}

/// <summary>A segment that takes rows.</summary>
internal sealed record OpenSegment(SegmentIdWithShardSpec Segment, List<RecordAt> Rows);
