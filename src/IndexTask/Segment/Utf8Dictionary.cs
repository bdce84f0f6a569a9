using System.Text;

namespace Ingestion.IndexTask.Segment;

/// <summary>
/// The distinct values of a string column in Java string order (<see cref="Utf16Order"/>), null first if there is one. A value's id is
/// its position. Values are UTF-8 bytes back to back in one buffer, so that a dictionary of millions of values is three objects.
/// </summary>
public sealed class Utf8Dictionary
{
    private readonly ReadOnlyMemory<byte> bytes;
    private readonly ReadOnlyMemory<int> ends;

    /// <param name="hasNull">Whether id 0 is null.</param>
    /// <param name="bytes">All values but null, back to back.</param>
    /// <param name="ends">For each value but null where it ends in <paramref name="bytes"/>: from 0 to its length, never falling.</param>
    public Utf8Dictionary(bool hasNull, ReadOnlyMemory<byte> bytes, ReadOnlyMemory<int> ends)
    {
        if (ends.Length > 0 && ends.Span[^1] > bytes.Length)
            throw new ArgumentException($"the last value ends at {ends.Span[^1]}, behind the {bytes.Length} bytes given", nameof(ends));
        HasNull = hasNull;
        this.bytes = bytes;
        this.ends = ends;
    }

    /// <summary>Whether id 0 is null.</summary>
    public bool HasNull { get; }

    /// <summary>Number of ids, null included.</summary>
    public int Count => ends.Length + (HasNull ? 1 : 0);

    /// <summary>The bytes of all values but null.</summary>
    public ReadOnlySpan<byte> Bytes => ends.Length == 0 ? [] : bytes.Span[..ends.Span[^1]];

    /// <summary>Where each value but null ends in <see cref="Bytes"/>.</summary>
    public ReadOnlySpan<int> Ends => ends.Span;

    public bool IsNull(int id) => HasNull && id == 0;

    /// <summary>A value's UTF-8 bytes; none for null.</summary>
    public ReadOnlySpan<byte> Utf8(int id)
    {
        var index = HasNull ? id - 1 : id;
        if (index < 0)
            return IsNull(id) ? [] : throw new ArgumentOutOfRangeException(nameof(id));
        var start = index == 0 ? 0 : ends.Span[index - 1];
        return bytes.Span[start..ends.Span[index]];
    }

    public string? Text(int id) => IsNull(id) ? null : Encoding.UTF8.GetString(Utf8(id));

    /// <summary>The id of a value, or a negative number when it is not there.</summary>
    public int IdOf(string? value)
    {
        if (value is null)
            return HasNull ? 0 : -1;
        var wanted = Encoding.UTF8.GetBytes(value);
        int low = HasNull ? 1 : 0, high = Count - 1;
        while (low <= high)
        {
            var middle = low + ((high - low) / 2);
            var order = Utf16Order.Compare(Utf8(middle), wanted);
            if (order == 0)
                return middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return -1;
    }

    /// <summary>Whether each value sorts after the one before it, as filters on the column rely on.</summary>
    public bool IsStrictlyAscending()
    {
        var all = bytes.Span;
        var stops = ends.Span;
        int previousStart = 0, start = 0;
        for (var i = 0; i < stops.Length; i++)
        {
            var end = stops[i];
            if (i > 0 && Utf16Order.Compare(all[previousStart..start], all[start..end]) >= 0)
                return false;
            previousStart = start;
            start = end;
        }

        return true;
    }

    /// <summary>The dictionary of some values, given in any order and any number of times. Convenient rather than fast.</summary>
    public static Utf8Dictionary Of(IEnumerable<string?> values)
    {
        var sorted = new SortedSet<string>(StringComparer.Ordinal);
        var hasNull = false;
        foreach (var value in values)
        {
            if (value is null)
                hasNull = true;
            else
                sorted.Add(value);
        }

        using var buffer = new MemoryStream();
        var ends = new int[sorted.Count];
        var next = 0;
        foreach (var value in sorted)
        {
            buffer.Write(Encoding.UTF8.GetBytes(value));
            ends[next++] = (int)buffer.Length;
        }

        return new(hasNull, buffer.ToArray(), ends);
    }
}
