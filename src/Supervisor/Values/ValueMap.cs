using System.Collections;
using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Ingestion.Supervisor.Values;

/// <summary>An ordered immutable map that is compared by value, so that states are. A sorted array: the maps here are small, made seldom and
/// walked in every step.</summary>
public sealed class ValueMap<TKey, TValue> : IReadOnlyCollection<KeyValuePair<TKey, TValue>>, IEquatable<ValueMap<TKey, TValue>>
    where TKey : notnull
{
    private static readonly IComparer<TKey> Order = typeof(TKey) == typeof(string) ? (IComparer<TKey>)StringComparer.Ordinal : Comparer<TKey>.Default;
    private static readonly IEqualityComparer<TValue> Same = EqualityComparer<TValue>.Default;

    public static readonly ValueMap<TKey, TValue> Empty = new([], []);

    private readonly TKey[] keys;
    private readonly TValue[] values;

    private ValueMap(TKey[] keys, TValue[] values) => (this.keys, this.values) = (keys, values);

    /// <summary>Of several entries with the same key the last one counts.</summary>
    public static ValueMap<TKey, TValue> Of(IEnumerable<KeyValuePair<TKey, TValue>> entries)
    {
        var sorted = new SortedDictionary<TKey, TValue>(Order);
        foreach (var (key, value) in entries) sorted[key] = value;
        return new ValueMap<TKey, TValue>([.. sorted.Keys], [.. sorted.Values]);
    }

    public TValue this[TKey key] => TryGet(key, out var value) ? value : throw new KeyNotFoundException($"[{key}] is not in the map");
    public int Count => keys.Length;
    public ImmutableArray<TKey> Keys => ImmutableCollectionsMarshal.AsImmutableArray(keys);
    public ImmutableArray<TValue> Values => ImmutableCollectionsMarshal.AsImmutableArray(values);
    public bool Contains(TKey key) => Array.BinarySearch(keys, key, Order) >= 0;

    public bool TryGet(TKey key, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out TValue value)
    {
        var at = Array.BinarySearch(keys, key, Order);
        value = at >= 0 ? values[at] : default;
        return at >= 0;
    }

    public ValueMap<TKey, TValue> With(TKey key, TValue value)
    {
        var at = Array.BinarySearch(keys, key, Order);
        if (at < 0) return new ValueMap<TKey, TValue>([.. keys[..~at], key, .. keys[~at..]], [.. values[..~at], value, .. values[~at..]]);
        if (Same.Equals(values[at], value)) return this;
        var changed = (TValue[])values.Clone();
        changed[at] = value;
        return new ValueMap<TKey, TValue>(keys, changed);
    }

    public ValueMap<TKey, TValue> Without(TKey key)
    {
        var at = Array.BinarySearch(keys, key, Order);
        return at < 0 ? this : new ValueMap<TKey, TValue>([.. keys[..at], .. keys[(at + 1)..]], [.. values[..at], .. values[(at + 1)..]]);
    }

    public bool Equals(ValueMap<TKey, TValue>? other) =>
        ReferenceEquals(this, other) || (other is not null && (keys == other.keys || keys.AsSpan().SequenceEqual(other.keys)) && values.AsSpan().SequenceEqual(other.values));

    public override bool Equals(object? obj) => Equals(obj as ValueMap<TKey, TValue>);
    public override int GetHashCode() => this.Aggregate(Count, (hash, e) => HashCode.Combine(hash, e.Key, e.Value));

    public Enumerator GetEnumerator() => new(this);
    IEnumerator<KeyValuePair<TKey, TValue>> IEnumerable<KeyValuePair<TKey, TValue>>.GetEnumerator() => new Enumerator(this);
    IEnumerator IEnumerable.GetEnumerator() => new Enumerator(this);
    public override string ToString() => "{" + string.Join(", ", this.Select(e => $"{e.Key}: {e.Value}")) + "}";

    /// <summary>Walks the entries in the order of their keys.</summary>
    public struct Enumerator(ValueMap<TKey, TValue> walked) : IEnumerator<KeyValuePair<TKey, TValue>>
    {
        private int at = -1;

        public readonly KeyValuePair<TKey, TValue> Current => KeyValuePair.Create(walked.keys[at], walked.values[at]);
        readonly object IEnumerator.Current => Current;
        public bool MoveNext() => ++at < walked.keys.Length;
        public void Reset() => at = -1;
        public readonly void Dispose() { }
    }
}
