namespace Ingestion.IndexTask.Columns;

/// <summary>The order of single values and lists of a column together: element by element, then the shorter first.</summary>
internal static class ListRanks
{
    /// <param name="lists">Lists of final ids: those sort as the values do.</param>
    /// <param name="valueCount">Final ids are below this.</param>
    /// <returns>By final code (an id, or the complement of a list's index) plus the number of lists. Null and the empty list are equal.</returns>
    public static int[] Of(ListDictionary lists, int valueCount)
    {
        var count = lists.Count;
        var codes = new int[count + valueCount];
        for (var i = 0; i < codes.Length; i++)
            codes[i] = i - count;
        codes.AsSpan().Sort((left, right) => Compare(lists, left, right));
        var ranks = new int[codes.Length];
        for (int i = 1, rank = 0; i < codes.Length; i++)
            ranks[codes[i] + count] = Compare(lists, codes[i - 1], codes[i]) == 0 ? rank : ++rank;
        return ranks;
    }

    private static int Compare(ListDictionary lists, int left, int right)
    {
        ReadOnlySpan<int> leftId = [Math.Max(left, 0)], rightId = [Math.Max(right, 0)];
        return Elements(lists, left, leftId).SequenceCompareTo(Elements(lists, right, rightId));
    }

    // Where there is an empty list the dictionary has null, so id 0 is null.
    private static ReadOnlySpan<int> Elements(ListDictionary lists, int code, ReadOnlySpan<int> single) =>
        code >= 0 || lists.Elements(~code).Length == 0 ? single : lists.Elements(~code);
}
