using System.Collections;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ingestion.Contracts.Stream;

/// <summary>Offsets by partition, ordered and compared by value. As start offsets they are inclusive, as end offsets exclusive:
/// either way the next offset to read.</summary>
[JsonConverter(typeof(PartitionOffsetsConverter))]
public sealed class PartitionOffsets : IReadOnlyCollection<KeyValuePair<StreamPartition, long>>, IEquatable<PartitionOffsets>
{
    /// <summary>Druid's end offset of a task that has no end yet.</summary>
    public const long Unbounded = long.MaxValue;

    public static readonly PartitionOffsets Empty = new(ImmutableSortedDictionary<StreamPartition, long>.Empty);

    private readonly ImmutableSortedDictionary<StreamPartition, long> map;

    public PartitionOffsets(IEnumerable<KeyValuePair<StreamPartition, long>> offsets) => map = offsets.ToImmutableSortedDictionary();

    private PartitionOffsets(ImmutableSortedDictionary<StreamPartition, long> map) => this.map = map;

    public static PartitionOffsets Of(params ReadOnlySpan<(StreamPartition Partition, long Offset)> offsets)
    {
        var builder = ImmutableSortedDictionary.CreateBuilder<StreamPartition, long>();
        foreach (var (partition, offset) in offsets) builder[partition] = offset;
        return new PartitionOffsets(builder.ToImmutable());
    }

    /// <summary>The same offset for every partition given.</summary>
    public static PartitionOffsets All(IEnumerable<StreamPartition> partitions, long offset) => new(partitions.Select(p => KeyValuePair.Create(p, offset)));

    public long this[StreamPartition partition] => map[partition];
    public int Count => map.Count;
    public IEnumerable<StreamPartition> Partitions => map.Keys;
    public bool Contains(StreamPartition partition) => map.ContainsKey(partition);
    public bool TryGet(StreamPartition partition, out long offset) => map.TryGetValue(partition, out offset);
    public bool SamePartitionsAs(PartitionOffsets other) => map.Keys.SequenceEqual(other.map.Keys);

    public PartitionOffsets With(StreamPartition partition, long offset) => new(map.SetItem(partition, offset));

    /// <summary>These offsets, overwritten and extended by <paramref name="newer"/>.</summary>
    public PartitionOffsets Plus(PartitionOffsets newer) => new(map.SetItems(newer.map));

    public PartitionOffsets Without(IEnumerable<StreamPartition> partitions) => new(map.RemoveRange(partitions));

    public PartitionOffsets Only(IEnumerable<StreamPartition> partitions)
    {
        var keep = partitions.ToImmutableSortedSet();
        return new PartitionOffsets(map.Where(e => keep.Contains(e.Key)).ToImmutableSortedDictionary());
    }

    /// <summary>Per partition the larger offset; a partition that only one side names keeps that side's.</summary>
    public PartitionOffsets Max(PartitionOffsets other) =>
        new(map.SetItems(other.map.Where(e => !map.TryGetValue(e.Key, out var mine) || mine < e.Value)));

    /// <summary>True when no partition of <paramref name="other"/> that both name lies before this one's.</summary>
    public bool AtMost(PartitionOffsets other) => map.All(e => !other.map.TryGetValue(e.Key, out var theirs) || e.Value <= theirs);

    public bool Equals(PartitionOffsets? other) => other is not null && map.SequenceEqual(other.map);
    public override bool Equals(object? obj) => Equals(obj as PartitionOffsets);
    public static bool operator ==(PartitionOffsets? left, PartitionOffsets? right) => left is null ? right is null : left.Equals(right);
    public static bool operator !=(PartitionOffsets? left, PartitionOffsets? right) => !(left == right);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var entry in map) { hash.Add(entry.Key); hash.Add(entry.Value); }
        return hash.ToHashCode();
    }

    public ImmutableSortedDictionary<StreamPartition, long>.Enumerator GetEnumerator() => map.GetEnumerator();
    IEnumerator<KeyValuePair<StreamPartition, long>> IEnumerable<KeyValuePair<StreamPartition, long>>.GetEnumerator() => map.GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => map.GetEnumerator();

    public override string ToString() => "{" + string.Join(", ", map.Select(e => $"{e.Key}:{(e.Value == Unbounded ? "end" : e.Value)}")) + "}";
}

/// <summary>A JSON object of partition to offset, <c>{"0":5}</c>.</summary>
public sealed class PartitionOffsetsConverter : JsonConverter<PartitionOffsets>
{
    public override PartitionOffsets Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException("expected an object of partition to offset");
        var offsets = new List<KeyValuePair<StreamPartition, long>>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (!StreamPartition.TryParse(name, out var partition)) throw new JsonException($"[{name}] is not a partition");
            reader.Read();
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var offset)) throw new JsonException($"the offset of partition [{name}] is not an integer");
            offsets.RemoveAll(e => e.Key == partition);
            offsets.Add(KeyValuePair.Create(partition, offset));
        }
        return new PartitionOffsets(offsets);
    }

    public override void Write(Utf8JsonWriter writer, PartitionOffsets value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (partition, offset) in value) writer.WriteNumber(partition.ToString(), offset);
        writer.WriteEndObject();
    }
}
