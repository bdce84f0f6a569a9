using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Columns;

/// <summary>From final codes to the column that a segment has.</summary>
internal static class StringContent
{
    public static ColumnContent Of(Utf8Dictionary dictionary, ListDictionary lists, int[] codes, bool hasBitmaps)
    {
        if (lists.Count == 0)
            return new ColumnContent.StringColumn(dictionary, codes, hasBitmaps);
        var total = 0;
        foreach (var code in codes)
            total += code < 0 ? lists.Elements(~code).Length : 1;
        var (ends, ids, end) = (new int[codes.Length], new int[total], 0);
        for (var row = 0; row < codes.Length; row++)
        {
            if (codes[row] >= 0)
            {
                ids[end++] = codes[row];
            }
            else
            {
                var elements = lists.Elements(~codes[row]);
                elements.CopyTo(ids.AsSpan(end));
                end += elements.Length;
            }

            ends[row] = end;
        }

        return new ColumnContent.MultiStringColumn(dictionary, ends, ids, hasBitmaps);
    }
}
