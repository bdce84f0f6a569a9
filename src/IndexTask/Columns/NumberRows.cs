using Ingestion.Contracts.Specs;

namespace Ingestion.IndexTask.Columns;

/// <summary>
/// A long, float or double column in memory, all as 64 bits: the integer, or the IEEE bits with one NaN only (float bits in the low half).
/// A null row holds 0 and is marked.
/// </summary>
internal sealed class NumberRows(string name, ValueKind kind)
{
    private readonly ChunkedArray<long> values = new();
    private readonly ChunkedArray<ulong> nulls = new();

    public string Name { get; } = name;
    public ValueKind Kind { get; } = kind;
    public bool HasNulls { get; private set; }
    public long Bytes => values.Bytes + nulls.Bytes;

    public void Append(int row, long bits, bool isNull)
    {
        values.Append(row, bits);
        if (isNull)
            MarkNull(row);
    }

    public long this[int row] => values[row];

    public bool IsNull(int row) => HasNulls && (nulls.Read(row >> 6) >> (row & 63) & 1) != 0;

    public void Set(int row, long bits)
    {
        values[row] = bits;
        if (IsNull(row))
            nulls[row >> 6] &= ~(1UL << (row & 63));
    }

    public void SetNull(int row)
    {
        values[row] = 0;
        MarkNull(row);
    }

    /// <summary>Values in the order given, and bit words of the null ones; no words when there are none.</summary>
    public (long[] Values, ulong[] Nulls) InOrder(int[] order)
    {
        var ordered = new long[order.Length];
        for (var i = 0; i < ordered.Length; i++)
            ordered[i] = values[order[i]];
        if (!HasNulls)
            return (ordered, []);
        var words = new ulong[(order.Length + 63) / 64];
        for (var i = 0; i < order.Length; i++)
        {
            if (IsNull(order[i]))
                words[i >> 6] |= 1UL << (i & 63);
        }

        return (ordered, words);
    }

    private void MarkNull(int row)
    {
        nulls.Reserve(row >> 6);
        nulls[row >> 6] |= 1UL << (row & 63);
        HasNulls = true;
    }

    /// <summary>Maps the bits so that they sort as unsigned numbers in Java's order: -0.0 before 0.0, NaN last.</summary>
    public static ulong SortKey(ValueKind kind, long bits) => kind switch
    {
        ValueKind.Double => (ulong)(bits ^ ((bits >> 63) | long.MinValue)),
        ValueKind.Float => (uint)((int)bits ^ (((int)bits >> 31) | int.MinValue)),
        _ => (ulong)bits ^ (1UL << 63),
    };
}
