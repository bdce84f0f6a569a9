using System.Collections;
using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Ingestion.Contracts.Stream;

/// <summary>Offsets by partition, ordered and compared by value. As start offsets they are inclusive, as end offsets exclusive:
/// either way the next offset to read.</summary>
/// <remarks>Two sorted arrays, since a supervisor compares offsets of the same few partitions all the time. What is derived from others shares their
/// partitions, so that most comparisons find the same array and look at offsets only; what changes nothing returns the same object.</remarks>
[JsonConverter(typeof(PartitionOffsetsConverter))]
public sealed class PartitionOffsets : IReadOnlyCollection<KeyValuePair<StreamPartition, long>>, IEquatable<PartitionOffsets>
{
    /// <summary>Druid's end offset of a task that has no end yet.</summary>
    public const long Unbounded = long.MaxValue;

    public static readonly PartitionOffsets Empty = new([], []);

    private readonly ImmutableArray<StreamPartition> partitions; // ascending, each once
    private readonly long[] offsets;                             // as many

    private PartitionOffsets(ImmutableArray<StreamPartition> partitions, long[] offsets) => (this.partitions, this.offsets) = (partitions, offsets);

    /// <exception cref="ArgumentException">A partition is named twice, with different offsets.</exception>
    public PartitionOffsets(IEnumerable<KeyValuePair<StreamPartition, long>> offsets)
    {
        var entries = offsets.ToArray();
        if (!AreAscending(entries)) entries = [.. entries.ToImmutableSortedDictionary()];
        partitions = [.. entries.Select(e => e.Key)];
        this.offsets = Array.ConvertAll(entries, e => e.Value);
    }

    /// <summary>Of several offsets of a partition the last one counts.</summary>
    public static PartitionOffsets Of(params ReadOnlySpan<(StreamPartition Partition, long Offset)> offsets)
    {
        var all = Empty;
        foreach (var (partition, offset) in offsets) all = all.With(partition, offset);
        return all;
    }

    /// <summary>The same offset for every partition given.</summary>
    public static PartitionOffsets All(IEnumerable<StreamPartition> partitions, long offset) => new(partitions.Select(p => KeyValuePair.Create(p, offset)));

    /// <exception cref="KeyNotFoundException">The partition is not named.</exception>
    public long this[StreamPartition partition] => TryGet(partition, out var offset) ? offset : throw new KeyNotFoundException($"partition [{partition}] is not among {this}");
    public int Count => offsets.Length;

    /// <summary>Ascending.</summary>
    public ImmutableArray<StreamPartition> Partitions => partitions;
    public bool Contains(StreamPartition partition) => partitions.BinarySearch(partition) >= 0;

    public bool TryGet(StreamPartition partition, out long offset)
    {
        var at = partitions.BinarySearch(partition);
        offset = at >= 0 ? offsets[at] : 0;
        return at >= 0;
    }

    public bool SamePartitionsAs(PartitionOffsets other) => partitions == other.partitions || partitions.AsSpan().SequenceEqual(other.partitions.AsSpan());

    /// <summary>Whether a partition is named by both.</summary>
    public bool Overlaps(PartitionOffsets other)
    {
        if (partitions == other.partitions) return Count > 0;
        foreach (var partition in partitions)
            if (other.Contains(partition)) return true;
        return false;
    }

    /// <summary>Whether all partitions of <paramref name="part"/> are named, with the same offsets.</summary>
    public bool Includes(PartitionOffsets part)
    {
        if (partitions == part.partitions) return offsets.AsSpan().SequenceEqual(part.offsets);
        for (var i = 0; i < part.Count; i++)
            if (!TryGet(part.partitions[i], out var mine) || mine != part.offsets[i]) return false;
        return true;
    }

    public PartitionOffsets With(StreamPartition partition, long offset)
    {
        var at = partitions.BinarySearch(partition);
        if (at < 0) return new PartitionOffsets(partitions.Insert(~at, partition), [.. offsets.AsSpan(0, ~at), offset, .. offsets.AsSpan(~at)]);
        if (offsets[at] == offset) return this;
        var changed = (long[])offsets.Clone();
        changed[at] = offset;
        return new PartitionOffsets(partitions, changed);
    }

    /// <summary>These offsets, overwritten and extended by <paramref name="newer"/>.</summary>
    public PartitionOffsets Plus(PartitionOffsets newer) => Merge(newer, static (_, theirs) => theirs);

    /// <summary>Per partition the larger offset; a partition that only one side names keeps that side's.</summary>
    public PartitionOffsets Max(PartitionOffsets other) => Merge(other, static (mine, theirs) => Math.Max(mine, theirs));

    public PartitionOffsets Without(IEnumerable<StreamPartition> unwanted)
    {
        var left = this;
        foreach (var partition in unwanted)
            if (left.partitions.BinarySearch(partition) is >= 0 and var at) left = new PartitionOffsets(left.partitions.RemoveAt(at), [.. left.offsets.AsSpan(0, at), .. left.offsets.AsSpan(at + 1)]);
        return left;
    }

    public PartitionOffsets Only(IEnumerable<StreamPartition> wanted)
    {
        if (Count == 0) return this;
        var kept = wanted.Where(Contains).ToImmutableSortedSet();
        return kept.Count == Count ? this : new PartitionOffsets([.. kept], [.. kept.Select(p => this[p])]);
    }

    /// <summary>True when no partition of <paramref name="other"/> that both name lies before this one's.</summary>
    public bool AtMost(PartitionOffsets other)
    {
        var isSame = partitions == other.partitions;
        for (var i = 0; i < offsets.Length; i++)
        {
            var theirs = isSame ? other.offsets[i] : other.TryGet(partitions[i], out var there) ? there : Unbounded;
            if (offsets[i] > theirs) return false;
        }
        return true;
    }

    public bool Equals(PartitionOffsets? other) =>
        ReferenceEquals(this, other) || (other is not null && offsets.AsSpan().SequenceEqual(other.offsets) && SamePartitionsAs(other));

    public override bool Equals(object? obj) => Equals(obj as PartitionOffsets);
    public static bool operator ==(PartitionOffsets? left, PartitionOffsets? right) => left is null ? right is null : left.Equals(right);
    public static bool operator !=(PartitionOffsets? left, PartitionOffsets? right) => !(left == right);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var (partition, offset) in this) { hash.Add(partition); hash.Add(offset); }
        return hash.ToHashCode();
    }

    public Enumerator GetEnumerator() => new(this);
    IEnumerator<KeyValuePair<StreamPartition, long>> IEnumerable<KeyValuePair<StreamPartition, long>>.GetEnumerator() => new Enumerator(this);
    IEnumerator IEnumerable.GetEnumerator() => new Enumerator(this);

    public override string ToString() => "{" + string.Join(", ", this.Select(e => $"{e.Key}:{(e.Value == Unbounded ? "end" : e.Value)}")) + "}";

    /// <param name="choose">Of the two offsets, mine first, of a partition that both name.</param>
    private PartitionOffsets Merge(PartitionOffsets other, Func<long, long, long> choose)
    {
        if (Count == 0 || other.Count == 0) return Count == 0 ? other : this;
        if (!NamesAllOf(other))
        {
            var merged = this;
            foreach (var (partition, theirs) in other) merged = merged.With(partition, TryGet(partition, out var mine) ? choose(mine, theirs) : theirs);
            return merged;
        }
        long[]? changed = null;
        for (var i = 0; i < other.offsets.Length; i++)
        {
            var at = partitions == other.partitions ? i : partitions.BinarySearch(other.partitions[i]);
            var chosen = choose(offsets[at], other.offsets[i]);
            if (chosen != offsets[at]) (changed ??= (long[])offsets.Clone())[at] = chosen;
        }
        return changed is null ? this : new PartitionOffsets(partitions, changed);
    }

    private static bool AreAscending(KeyValuePair<StreamPartition, long>[] entries)
    {
        for (var i = 1; i < entries.Length; i++)
            if (entries[i - 1].Key.CompareTo(entries[i].Key) >= 0) return false;
        return true;
    }

    private bool NamesAllOf(PartitionOffsets other)
    {
        if (partitions == other.partitions) return true;
        foreach (var partition in other.partitions)
            if (!Contains(partition)) return false;
        return true;
    }

    /// <summary>Walks the offsets in the order of their partitions.</summary>
    public struct Enumerator(PartitionOffsets walked) : IEnumerator<KeyValuePair<StreamPartition, long>>
    {
        private int at = -1;

        public readonly KeyValuePair<StreamPartition, long> Current => KeyValuePair.Create(walked.partitions[at], walked.offsets[at]);
        readonly object IEnumerator.Current => Current;
        public bool MoveNext() => ++at < walked.offsets.Length;
        public void Reset() => at = -1;
        public readonly void Dispose() { }
    }
}
