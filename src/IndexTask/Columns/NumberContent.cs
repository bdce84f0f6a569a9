using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Columns;

/// <summary>From the 64 bits kept here to the column that a segment has.</summary>
internal static class NumberContent
{
    public static ColumnContent Of(ValueKind kind, long[] bits, ulong[] nulls) => kind switch
    {
        ValueKind.Long => new ColumnContent.LongColumn(bits, nulls),
        ValueKind.Double => new ColumnContent.DoubleColumn(Array.ConvertAll(bits, Aggregation.Double), nulls),
        ValueKind.Float => new ColumnContent.FloatColumn(Array.ConvertAll(bits, Aggregation.Float), nulls),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}
