using System.Globalization;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Tests.Segment;

/// <summary>The rows of a column as texts: what it means, however it is held.</summary>
internal static class ColumnText
{
    public static IReadOnlyList<string> Of(ColumnContent column) => column switch
    {
        ColumnContent.LongColumn longs => Numbers(longs.Values, longs.NullRows, value => value.ToString(CultureInfo.InvariantCulture)),
        ColumnContent.FloatColumn floats => Numbers(floats.Values, floats.NullRows, value => BitConverter.SingleToInt32Bits(value).ToString(CultureInfo.InvariantCulture)),
        ColumnContent.DoubleColumn doubles => Numbers(doubles.Values, doubles.NullRows, value => BitConverter.DoubleToInt64Bits(value).ToString(CultureInfo.InvariantCulture)),
        ColumnContent.StringColumn strings => Rows(strings.Dictionary, Enumerable.Range(1, strings.Ids.Length).ToArray(), strings.Ids.Span),
        ColumnContent.MultiStringColumn strings => Rows(strings.Dictionary, strings.RowEnds.Span, strings.Ids.Span),
        _ => throw new ArgumentException(column.GetType().Name),
    };

    private static List<string> Numbers<T>(ReadOnlyMemory<T> values, ReadOnlyMemory<ulong> nulls, Func<T, string> text)
    {
        List<string> rows = [];
        for (var row = 0; row < values.Length; row++)
            rows.Add(row / 64 < nulls.Length && (nulls.Span[row / 64] >> (row % 64) & 1) != 0 ? "null" : text(values.Span[row]));
        return rows;
    }

    private static List<string> Rows(Utf8Dictionary dictionary, ReadOnlySpan<int> ends, ReadOnlySpan<int> ids)
    {
        var texts = Enumerable.Range(0, dictionary.Count).Select(id => dictionary.Text(id) is { } text ? $"\"{text}\"" : "null").ToArray();
        List<string> rows = [];
        for (int row = 0, at = 0; row < ends.Length; row++)
        {
            // An only value is the same whether the column may have several or not.
            rows.Add(ends[row] - at == 1 ? texts[ids[at]] : $"[{string.Join(',', ids[at..ends[row]].ToArray().Select(id => texts[id]))}]");
            at = ends[row];
        }

        return rows;
    }
}
