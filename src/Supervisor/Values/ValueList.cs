using System.Collections;
using System.Collections.Immutable;

namespace Ingestion.Supervisor.Values;

/// <summary>An immutable list that is compared by value: record equality over <see cref="ImmutableArray{T}"/> would compare references.</summary>
public sealed class ValueList<T> : IReadOnlyList<T>, IEquatable<ValueList<T>>
{
    public static readonly ValueList<T> Empty = new([]);

    private readonly ImmutableArray<T> items;

    public ValueList(IEnumerable<T> items) : this([.. items]) { }
    private ValueList(ImmutableArray<T> items) => this.items = items;

    public T this[int index] => items[index];
    public int Count => items.Length;
    public ValueList<T> With(T item) => new(items.Add(item));
    public ValueList<T> WithInserted(int index, T item) => new(items.Insert(index, item));
    public ValueList<T> WithAt(int index, T item) => EqualityComparer<T>.Default.Equals(items[index], item) ? this : new(items.SetItem(index, item));
    public ValueList<T> WithoutAt(int index) => new(items.RemoveAt(index));

    /// <summary>The last <paramref name="count"/> items.</summary>
    public ValueList<T> Last(int count) => items.Length <= count ? this : new(items[^count..]);

    public bool Equals(ValueList<T>? other) => other is not null && (items == other.items || items.AsSpan().SequenceEqual(other.items.AsSpan()));
    public override bool Equals(object? obj) => Equals(obj as ValueList<T>);
    public override int GetHashCode() => items.Aggregate(items.Length, HashCode.Combine);
    public ImmutableArray<T>.Enumerator GetEnumerator() => items.GetEnumerator();
    IEnumerator<T> IEnumerable<T>.GetEnumerator() => ((IEnumerable<T>)items).GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable)items).GetEnumerator();
    public override string ToString() => "[" + string.Join(", ", items) + "]";
}
