using System.Runtime.InteropServices;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Tests.Segment;

/// <summary>Compares what columns hold, without making an object of every value.</summary>
internal static class SameColumn
{
    public static void Check(ColumnContent expected, ColumnContent actual)
    {
        switch (expected, actual)
        {
            case (ColumnContent.LongColumn left, ColumnContent.LongColumn right):
                Check(left.Values, left.NullRows, right.Values, right.NullRows);
                break;
            case (ColumnContent.FloatColumn left, ColumnContent.FloatColumn right):
                Check(left.Values, left.NullRows, right.Values, right.NullRows);
                break;
            case (ColumnContent.DoubleColumn left, ColumnContent.DoubleColumn right):
                Check(left.Values, left.NullRows, right.Values, right.NullRows);
                break;
            case (ColumnContent.StringColumn left, ColumnContent.StringColumn right):
                Check(left.Dictionary, right.Dictionary);
                Assert.Equal(left.Ids.Span, right.Ids.Span);
                break;
            case (ColumnContent.MultiStringColumn left, ColumnContent.MultiStringColumn right):
                Check(left.Dictionary, right.Dictionary);
                Assert.Equal(left.RowEnds.Span, right.RowEnds.Span);
                Assert.Equal(left.Ids.Span, right.Ids.Span);
                break;
            default:
                Assert.Fail($"{actual.GetType().Name} instead of {expected.GetType().Name}");
                break;
        }
    }

    private static void Check(Utf8Dictionary expected, Utf8Dictionary actual)
    {
        Assert.Equal(expected.HasNull, actual.HasNull);
        Assert.Equal(expected.Ends, actual.Ends);
        Assert.Equal(expected.Bytes, actual.Bytes);
    }

    private static void Check<T>(ReadOnlyMemory<T> expected, ReadOnlyMemory<ulong> expectedNulls, ReadOnlyMemory<T> actual, ReadOnlyMemory<ulong> actualNulls)
        where T : unmanaged
    {
        var values = expected.ToArray();
        var nulls = new ulong[(values.Length + 63) / 64];
        for (var row = 0; row < values.Length; row++)
        {
            if (row / 64 >= expectedNulls.Length || (expectedNulls.Span[row / 64] >> (row % 64) & 1) == 0)
                continue;
            nulls[row / 64] |= 1UL << (row % 64);
            values[row] = default;
        }

        // As bytes: a NaN is itself, and -0.0 is not 0.0.
        Assert.Equal(MemoryMarshal.AsBytes(values), MemoryMarshal.AsBytes(actual.Span));
        Assert.Equal(nulls.Any(word => word != 0) ? nulls : [], actualNulls.Span);
    }
}
