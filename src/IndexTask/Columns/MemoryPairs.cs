using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Columns;

/// <summary>What a first or last aggregator has in memory, put in order when the writer asks for it.</summary>
internal sealed class MemoryPairs(PairRows rows, int[] order) : ColumnSource
{
    public override string Name => rows.Name;

    public override ColumnContent Materialize() => new ColumnContent.PairColumn(rows.TimesInOrder(order), Values());

    private ColumnContent Values()
    {
        if (rows.Strings is { } strings)
        {
            var sorted = new SortedStrings(strings, order.Length);
            return StringContent.Of(sorted.BuildDictionary(), sorted.Lists, sorted.Codes(order), hasBitmaps: false);
        }

        var (values, nulls) = rows.Numbers!.InOrder(order);
        return NumberContent.Of(rows.Numbers.Kind, values, nulls);
    }
}
