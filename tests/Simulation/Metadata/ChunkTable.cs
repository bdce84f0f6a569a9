using Ingestion.Contracts.Segments;
using Ingestion.Overlord.Tasks.Core;

namespace Ingestion.Simulation.Metadata;

/// <summary>Published and pending segments by time chunk, with what <c>ChunkStore</c> asks of the database.</summary>
internal sealed class ChunkTable
{
    private readonly SortedDictionary<string, WrittenSegment> segments = new(StringComparer.Ordinal);
    private readonly SortedDictionary<Interval, SortedDictionary<string, int>> visible = []; // highest partition number by interval and version
    private readonly Dictionary<string, Pending> pending = new(StringComparer.Ordinal);      // by hash; never walked but for one answer that no order changes

    public WrittenSegment? Find(string id) => segments.GetValueOrDefault(id);

    public void Add(WrittenSegment written)
    {
        segments.Add(written.Id, written);
        var segment = written.Segment;
        if (!visible.TryGetValue(segment.Interval, out var versions)) visible[segment.Interval] = versions = new(StringComparer.Ordinal);
        versions[segment.Version] = Math.Max(versions.GetValueOrDefault(segment.Version, -1), segment.ShardSpec.PartitionNum);
    }

    public Chunk? Visible(Interval interval)
    {
        Chunk? highest = null;
        foreach (var (there, versions) in visible)
            if (there.Overlaps(interval) && (highest is not { } known || string.CompareOrdinal(versions.Last().Key, known.Version) > 0)) highest = new Chunk(there, versions.Last().Key);
        return highest;
    }

    public IReadOnlyList<Chunk> PendingOver(Interval interval) => [.. pending.Values.Select(p => p.Segment).Where(s => s.Interval.Overlaps(interval)).Select(s => new Chunk(s.Interval, s.Version)).Distinct().Order(ByVersion)];

    public SegmentIdWithShardSpec? FindPending(string hash) => pending.TryGetValue(hash, out var found) ? found.Segment : null;

    public int NextPartition(Chunk chunk)
    {
        var highest = visible.TryGetValue(chunk.Interval, out var versions) ? versions.GetValueOrDefault(chunk.Version, -1) : -1;
        foreach (var (segment, _) in pending.Values)
            if (segment.Interval == chunk.Interval && segment.Version == chunk.Version) highest = Math.Max(highest, segment.ShardSpec.PartitionNum);
        return highest + 1;
    }

    public void AddPending(string hash, SegmentIdWithShardSpec segment, string allocator) => pending.Add(hash, new Pending(segment, allocator));

    public void RemovePending(string allocator)
    {
        foreach (var hash in pending.Where(p => p.Value.Allocator == allocator).Select(p => p.Key).ToList()) pending.Remove(hash);
    }

    private static readonly Comparer<Chunk> ByVersion = Comparer<Chunk>.Create((a, b) => string.CompareOrdinal(a.Version, b.Version) is not 0 and var order ? order : a.Interval.CompareTo(b.Interval));

    private readonly record struct Pending(SegmentIdWithShardSpec Segment, string Allocator);
}
