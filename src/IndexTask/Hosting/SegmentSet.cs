using Ingestion.IndexTask.Publish;

namespace Ingestion.IndexTask.Hosting;

/// <summary>The open segments of a task, found by sequence and time. Rows mostly go where the one before went.</summary>
internal sealed class SegmentSet
{
    private readonly List<OpenSegment> segments = [];
    private OpenSegment? last;

    public OpenSegment? Find(int sequenceId, long timeMillis)
    {
        if (last is { } hit && hit.SequenceId == sequenceId && hit.Id.Interval.Contains(timeMillis)) return hit;
        foreach (var segment in segments)
            if (segment.SequenceId == sequenceId && segment.Id.Interval.Contains(timeMillis)) return last = segment;
        return null;
    }

    public void Add(OpenSegment segment) => segments.Add(segment);

    public IReadOnlyList<OpenSegment> All => segments;

    /// <summary>Removes those of a sequence that is read.</summary>
    public IReadOnlyList<OpenSegment> Take(int sequenceId)
    {
        var taken = segments.FindAll(s => s.SequenceId == sequenceId);
        segments.RemoveAll(s => s.SequenceId == sequenceId);
        last = null;
        return taken;
    }

    /// <summary>Rows of a sequence: of its fullest segment, and of all.</summary>
    public (long Fullest, long All) Rows(int sequenceId)
    {
        long fullest = 0, all = 0;
        foreach (var segment in segments)
        {
            if (segment.SequenceId != sequenceId) continue;
            fullest = Math.Max(fullest, segment.Sink.RowCount);
            all += segment.Sink.RowCount;
        }
        return (fullest, all);
    }
}
