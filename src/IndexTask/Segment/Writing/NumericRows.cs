namespace Ingestion.IndexTask.Segment.Writing;

/// <summary>The values of a numeric column as they are stored: 0 where a row is null.</summary>
internal readonly ref struct NumericRows<T>(ReadOnlySpan<T> values, NullRows nulls)
    where T : unmanaged
{
    private readonly ReadOnlySpan<T> values = values;
    private readonly NullRows nulls = nulls;

    public int Count => values.Length;

    /// <summary>The given rows; <paramref name="scratch"/> is used when nulls among them have to be blanked.</summary>
    public ReadOnlySpan<T> Slice(int start, int count, Span<T> scratch)
    {
        var slice = values.Slice(start, count);
        if (!nulls.MayBeWithin(start, count))
            return slice;

        slice.CopyTo(scratch);
        for (var i = 0; i < count; i++)
        {
            if (nulls.Contains(start + i))
                scratch[i] = default;
        }

        return scratch[..count];
    }
}
