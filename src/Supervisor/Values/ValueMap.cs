using System.Collections;
using System.Collections.Immutable;

namespace Ingestion.Supervisor.Values;

/// <summary>An ordered immutable map that is compared by value, so that states are.</summary>
public sealed class ValueMap<TKey, TValue> : IReadOnlyCollection<KeyValuePair<TKey, TValue>>, IEquatable<ValueMap<TKey, TValue>>
    where TKey : notnull
{
    private static readonly IComparer<TKey> Order = typeof(TKey) == typeof(string) ? (IComparer<TKey>)StringComparer.Ordinal : Comparer<TKey>.Default;

    public static readonly ValueMap<TKey, TValue> Empty = new(ImmutableSortedDictionary.Create<TKey, TValue>(Order));

    private readonly ImmutableSortedDictionary<TKey, TValue> map;

    private ValueMap(ImmutableSortedDictionary<TKey, TValue> map) => this.map = map;

    public TValue this[TKey key] => map[key];
    public int Count => map.Count;
    public IEnumerable<TKey> Keys => map.Keys;
    public IEnumerable<TValue> Values => map.Values;
    public bool Contains(TKey key) => map.ContainsKey(key);
    public bool TryGet(TKey key, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out TValue value) => map.TryGetValue(key, out value);
    public ValueMap<TKey, TValue> With(TKey key, TValue value) => new(map.SetItem(key, value));
    public ValueMap<TKey, TValue> Without(TKey key) => map.ContainsKey(key) ? new(map.Remove(key)) : this;

    public bool Equals(ValueMap<TKey, TValue>? other) =>
        other is not null && (ReferenceEquals(map, other.map) || (map.Count == other.map.Count && map.SequenceEqual(other.map)));

    public override bool Equals(object? obj) => Equals(obj as ValueMap<TKey, TValue>);
    public override int GetHashCode() => map.Aggregate(map.Count, (hash, e) => HashCode.Combine(hash, e.Key, e.Value));
    public IEnumerator<KeyValuePair<TKey, TValue>> GetEnumerator() => map.GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    public override string ToString() => "{" + string.Join(", ", map.Select(e => $"{e.Key}: {e.Value}")) + "}";
}
