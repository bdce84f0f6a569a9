using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Columns;

/// <summary>A dimension that turned out to hold numbers alone, from spills that have them as text.</summary>
/// <param name="type">Long or double.</param>
internal sealed class MergedScalars(MergedStrings texts, ValueKind type) : MergedColumn(texts.Name)
{
    private readonly (long[] Bits, bool HasNull) values = Read(texts.BuildDictionary(), type);

    public override bool IsSortedOtherwise => true;

    public override IEnumerable<SortKeys> Keys()
    {
        if (values.HasNull)
            yield return new MergedKeys(texts.Spills, (spill, row) => texts.Code(spill, row) == 0 ? 0UL : 1);
        yield return new MergedKeys(texts.Spills, (spill, row) => NumberRows.SortKey(type, values.Bits[texts.Code(spill, row)]));
    }

    public override ColumnContent Materialize()
    {
        var (numbers, nulls, rows) = (new long[Order.Times.Length], new ulong[(Order.Times.Length + 63) / 64], new int[texts.Spills.Count]);
        var at = 0;
        for (var input = 0; input < Order.InputCount; input++)
        {
            var spill = Order.Source(input);
            var row = Order.Row(input, rows);
            if (Order.IsJoined(input))
                continue;
            var code = texts.Code(spill, row);
            numbers[at] = values.Bits[code];
            if (values.HasNull && code == 0)
                nulls[at >> 6] |= 1UL << (at & 63);
            at++;
        }

        return NumberContent.Of(type, numbers, nulls);
    }

    private static (long[] Bits, bool HasNull) Read(Utf8Dictionary dictionary, ValueKind type)
    {
        var bits = new long[dictionary.Count];
        for (var id = dictionary.HasNull ? 1 : 0; id < bits.Length; id++)
            bits[id] = ScalarKindsType.Bits(type, dictionary.Utf8(id));
        return (bits, dictionary.HasNull);
    }
}
