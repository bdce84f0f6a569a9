using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Columns;

/// <summary>A string column in memory, put in order when the writer asks for it.</summary>
internal sealed class MemoryStrings(StringRows rows, SortedStrings sorted, int[] order) : ColumnSource
{
    public override string Name => rows.Name;

    public override ColumnContent Materialize()
    {
        var ids = new int[order.Length];
        if (sorted.ListCount > 0)
            return WithLists(ids);
        var finalIds = sorted.FinalIds;
        for (var i = 0; i < ids.Length; i++)
            ids[i] = finalIds[rows[order[i]]];
        return new ColumnContent.StringColumn(sorted.Dictionary, ids);
    }

    private ColumnContent.MultiStringColumn WithLists(int[] ends)
    {
        var ids = new List<int>(ends.Length);
        for (var i = 0; i < ends.Length; i++)
        {
            var code = rows[order[i]];
            if (code < 0)
                sorted.AddList(code, ids);
            else
                ids.Add(sorted.FinalIds[code]);
            ends[i] = ids.Count;
        }

        return new ColumnContent.MultiStringColumn(sorted.Dictionary, ends, ids.ToArray());
    }
}

/// <summary>A numeric column in memory, put in order when the writer asks for it.</summary>
internal sealed class MemoryNumbers(NumberRows rows, int[] order) : ColumnSource
{
    public override string Name => rows.Name;

    public override ColumnContent Materialize()
    {
        var values = new long[order.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = rows[order[i]];
        ulong[] nulls = [];
        if (rows.HasNulls)
        {
            nulls = new ulong[(order.Length + 63) / 64];
            for (var i = 0; i < order.Length; i++)
            {
                if (rows.IsNull(order[i]))
                    nulls[i >> 6] |= 1UL << (i & 63);
            }
        }

        return NumberContent.Of(rows.Kind, values, nulls);
    }
}

/// <summary>From the 64 bits kept here to the column that a segment has.</summary>
internal static class NumberContent
{
    public static ColumnContent Of(ValueKind kind, long[] bits, ulong[] nulls)
    {
        switch (kind)
        {
            case ValueKind.Long:
                return new ColumnContent.LongColumn(bits, nulls);
            case ValueKind.Double:
                return new ColumnContent.DoubleColumn(Array.ConvertAll(bits, Aggregation.Double), nulls);
            case ValueKind.Float:
                return new ColumnContent.FloatColumn(Array.ConvertAll(bits, Aggregation.Float), nulls);
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, null);
        }
    }
}
