using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Columns;

/// <summary>A numeric column in several spills; each of them has it.</summary>
/// <param name="columns">By spill.</param>
/// <param name="aggregator">How joined rows are combined; null for a dimension, where they are equal.</param>
internal sealed class MergedNumbers(string name, SpillSet spills, SpilledColumn.Numbers[] columns, AggregatorKind? aggregator) : MergedColumn(name)
{
    private readonly ValueKind kind = columns[0].Kind;

    public override IEnumerable<SortKeys> Keys()
    {
        if (Array.Exists(columns, c => c.Nulls.Length > 0))
            yield return new MergedKeys(spills, (spill, row) => IsNull(spill, row) ? 0UL : 1);
        yield return new MergedKeys(spills, (spill, row) => NumberRows.SortKey(kind, Bits(spill, row)));
    }

    public override ColumnContent Materialize()
    {
        var (values, nulls, rows) = (new long[Order.Times.Length], new ulong[(Order.Times.Length + 63) / 64], new int[spills.Count]);
        var at = -1;
        for (var input = 0; input < Order.InputCount; input++)
        {
            var spill = Order.Source(input);
            var row = Order.Row(input, rows);
            var (bits, isNull) = (Bits(spill, row), IsNull(spill, row));
            if (!Order.IsJoined(input))
            {
                values[++at] = bits;
                if (isNull)
                    nulls[at >> 6] |= 1UL << (at & 63);
            }
            else if (aggregator is { } kindOfMetric && !isNull)
            {
                var wasNull = (nulls[at >> 6] >> (at & 63) & 1) != 0;
                values[at] = wasNull ? bits : Aggregation.Combine(kindOfMetric, values[at], bits);
                nulls[at >> 6] &= ~(1UL << (at & 63));
            }
        }

        spills.Unload();
        return NumberContent.Of(kind, values, nulls);
    }

    /// <summary>The values of some rows of the <see cref="SpillSet"/>.</summary>
    public ColumnContent Of(int[] inputs)
    {
        var (values, nulls, spill) = (new long[inputs.Length], new ulong[(inputs.Length + 63) / 64], 0);
        for (var at = 0; at < inputs.Length; at++)
        {
            spill = spills.SpillOf(inputs[at], spill);
            var row = inputs[at] - spills.FirstRow(spill);
            values[at] = Bits(spill, row);
            if (IsNull(spill, row))
                nulls[at >> 6] |= 1UL << (at & 63);
        }

        return NumberContent.Of(kind, values, nulls);
    }

    private long Bits(int spill, int row) => spills[spill].Read<long>(columns[spill].Bits)[row];

    private bool IsNull(int spill, int row)
    {
        var words = spills[spill].Read<ulong>(columns[spill].Nulls);
        return words.Length > 0 && (words[row >> 6] >> (row & 63) & 1) != 0;
    }
}
