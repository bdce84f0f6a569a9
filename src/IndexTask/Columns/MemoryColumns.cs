using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Columns;

/// <summary>A string column in memory, put in order when the writer asks for it.</summary>
internal sealed class MemoryStrings(SortedStrings sorted, int[] order) : ColumnSource
{
    public override string Name => sorted.Rows.Name;

    public override ColumnContent Materialize() => StringContent.Of(sorted.BuildDictionary(), sorted.Lists, sorted.Codes(order), sorted.Rows.HasBitmaps);
}

/// <summary>A numeric column in memory, put in order when the writer asks for it.</summary>
internal sealed class MemoryNumbers(NumberRows rows, int[] order) : ColumnSource
{
    public override string Name => rows.Name;

    public override ColumnContent Materialize()
    {
        var (values, nulls) = rows.InOrder(order);
        return NumberContent.Of(rows.Kind, values, nulls);
    }
}
