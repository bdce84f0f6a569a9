using System.Collections;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ingestion.Contracts.Stream;

namespace Ingestion.Contracts.Tasks;

/// <summary>The sequences of a task: sequence id to start offsets, ordered by id and compared by value. The last one is being read.</summary>
[JsonConverter(typeof(CheckpointsConverter))]
public sealed class Checkpoints : IReadOnlyCollection<KeyValuePair<int, PartitionOffsets>>, IEquatable<Checkpoints>
{
    public static readonly Checkpoints None = new(ImmutableArray<KeyValuePair<int, PartitionOffsets>>.Empty);

    private readonly ImmutableArray<KeyValuePair<int, PartitionOffsets>> entries; // ascending; few, and looked at from the end

    private Checkpoints(ImmutableArray<KeyValuePair<int, PartitionOffsets>> entries) => this.entries = entries;
    public Checkpoints(IEnumerable<KeyValuePair<int, PartitionOffsets>> entries) : this([.. entries.ToImmutableSortedDictionary()]) { }

    public static Checkpoints StartingAt(PartitionOffsets start) => None.With(0, start);

    public int Count => entries.Length;
    public PartitionOffsets this[int sequenceId] => TryGet(sequenceId, out var start) ? start : throw new KeyNotFoundException($"sequence {sequenceId} is not among {this}");
    public KeyValuePair<int, PartitionOffsets> First => entries[0];
    public KeyValuePair<int, PartitionOffsets> Last => entries[^1];

    public bool TryGet(int sequenceId, [NotNullWhen(true)] out PartitionOffsets? start)
    {
        var at = Find(sequenceId);
        start = at >= 0 ? entries[at].Value : null;
        return at >= 0;
    }

    public Checkpoints With(int sequenceId, PartitionOffsets start)
    {
        var (at, entry) = (Find(sequenceId), KeyValuePair.Create(sequenceId, start));
        return at < 0 ? new Checkpoints(entries.Insert(~at, entry)) : entries[at].Value == start ? this : new Checkpoints(entries.SetItem(at, entry));
    }

    public Checkpoints From(int sequenceId) => First.Key >= sequenceId ? this : new Checkpoints([.. entries.Where(e => e.Key >= sequenceId)]);

    public bool Equals(Checkpoints? other)
    {
        if (ReferenceEquals(this, other)) return true;
        if (other is null || Count != other.Count) return false;
        for (var i = 0; i < entries.Length; i++)
            if (entries[i].Key != other.entries[i].Key || entries[i].Value != other.entries[i].Value) return false;
        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as Checkpoints);
    public static bool operator ==(Checkpoints? left, Checkpoints? right) => left is null ? right is null : left.Equals(right);
    public static bool operator !=(Checkpoints? left, Checkpoints? right) => !(left == right);
    public override int GetHashCode() => entries.Aggregate(0, (hash, e) => HashCode.Combine(hash, e.Key, e.Value));
    public ImmutableArray<KeyValuePair<int, PartitionOffsets>>.Enumerator GetEnumerator() => entries.GetEnumerator();
    IEnumerator<KeyValuePair<int, PartitionOffsets>> IEnumerable<KeyValuePair<int, PartitionOffsets>>.GetEnumerator() => ((IEnumerable<KeyValuePair<int, PartitionOffsets>>)entries).GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable)entries).GetEnumerator();
    public override string ToString() => "{" + string.Join(", ", entries.Select(e => $"{e.Key}:{e.Value}")) + "}";

    /// <returns>Negative where it is not: the complement of where it belongs.</returns>
    private int Find(int sequenceId)
    {
        var at = entries.Length - 1;
        while (at >= 0 && entries[at].Key > sequenceId) at--;
        return at >= 0 && entries[at].Key == sequenceId ? at : ~(at + 1);
    }
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
