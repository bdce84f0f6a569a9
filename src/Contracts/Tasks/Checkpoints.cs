using System.Collections;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ingestion.Contracts.Stream;

namespace Ingestion.Contracts.Tasks;

/// <summary>The sequences of a task: sequence id to start offsets, ordered by id and compared by value. The last one is being read.</summary>
[JsonConverter(typeof(CheckpointsConverter))]
public sealed class Checkpoints : IReadOnlyCollection<KeyValuePair<int, PartitionOffsets>>, IEquatable<Checkpoints>
{
    public static readonly Checkpoints None = new(ImmutableSortedDictionary<int, PartitionOffsets>.Empty);

    private readonly ImmutableSortedDictionary<int, PartitionOffsets> map;

    private Checkpoints(ImmutableSortedDictionary<int, PartitionOffsets> map) => this.map = map;
    public Checkpoints(IEnumerable<KeyValuePair<int, PartitionOffsets>> entries) : this(entries.ToImmutableSortedDictionary()) { }

    public static Checkpoints StartingAt(PartitionOffsets start) => None.With(0, start);

    public int Count => map.Count;
    public PartitionOffsets this[int sequenceId] => map[sequenceId];
    public bool TryGet(int sequenceId, out PartitionOffsets? start) => map.TryGetValue(sequenceId, out start);
    public KeyValuePair<int, PartitionOffsets> First => map.First();
    public KeyValuePair<int, PartitionOffsets> Last => map.Last();
    public Checkpoints With(int sequenceId, PartitionOffsets start) => new(map.SetItem(sequenceId, start));
    public Checkpoints From(int sequenceId) => new(map.Where(e => e.Key >= sequenceId).ToImmutableSortedDictionary());

    public bool Equals(Checkpoints? other) => other is not null && map.SequenceEqual(other.map);
    public override bool Equals(object? obj) => Equals(obj as Checkpoints);
    public static bool operator ==(Checkpoints? left, Checkpoints? right) => left is null ? right is null : left.Equals(right);
    public static bool operator !=(Checkpoints? left, Checkpoints? right) => !(left == right);
    public override int GetHashCode() => map.Aggregate(0, (hash, e) => HashCode.Combine(hash, e.Key, e.Value));
    public IEnumerator<KeyValuePair<int, PartitionOffsets>> GetEnumerator() => map.GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    public override string ToString() => "{" + string.Join(", ", map.Select(e => $"{e.Key}:{e.Value}")) + "}";
}

/// <summary><c>{"0":{"0":5},"1":{"0":50}}</c></summary>
public sealed class CheckpointsConverter : JsonConverter<Checkpoints>
{
    private static readonly PartitionOffsetsConverter Offsets = new();

    public override Checkpoints Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException("expected an object of sequence id to offsets");
        var entries = new List<KeyValuePair<int, PartitionOffsets>>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!int.TryParse(reader.GetString(), out var id)) throw new JsonException($"[{reader.GetString()}] is not a sequence id");
            reader.Read();
            entries.RemoveAll(e => e.Key == id);
            entries.Add(KeyValuePair.Create(id, Offsets.Read(ref reader, typeof(PartitionOffsets), options)));
        }
        return new Checkpoints(entries);
    }

    public override void Write(Utf8JsonWriter writer, Checkpoints value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (id, start) in value)
        {
            writer.WritePropertyName(id.ToString(System.Globalization.CultureInfo.InvariantCulture));
            Offsets.Write(writer, start, options);
        }
        writer.WriteEndObject();
    }
}
