using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Columns;

/// <summary>The final dictionary of a string column in memory, and what each code of the column becomes.</summary>
internal sealed class SortedStrings
{
    private readonly StringRows rows;
    private readonly int[] finalIds;

    public SortedStrings(StringRows rows, int rowCount)
    {
        this.rows = rows;
        var order = DictionarySort.Order(rows.Values);
        var hasNull = HasNull(rows, rowCount);
        Dictionary = Build(rows.Values, order, hasNull);
        finalIds = new int[order.Length + 1];
        for (var i = 0; i < order.Length; i++)
            finalIds[order[i]] = i + (hasNull ? 1 : 0);
        ListCount = rows.Lists.Count;
        SortRanks = ListCount == 0 ? finalIds : RankCodes();
    }

    public Utf8Dictionary Dictionary { get; }

    /// <summary>Codes from minus this to -1 are lists.</summary>
    public int ListCount { get; }

    /// <summary>By code plus <see cref="ListCount"/>: numbers that sort as the values do, lists element by element, equal for null and the empty list.</summary>
    public int[] SortRanks { get; }

    /// <summary>By value id: the id in <see cref="Dictionary"/>.</summary>
    public ReadOnlySpan<int> FinalIds => finalIds;

    /// <summary>The final ids of a code that is not a single value.</summary>
    public void AddList(int code, List<int> ids)
    {
        foreach (var id in rows.Lists.Elements(~code))
            ids.Add(finalIds[id]);
    }

    private static bool HasNull(StringRows rows, int rowCount)
    {
        for (var list = 0; list < rows.Lists.Count; list++)
        {
            var elements = rows.Lists.Elements(list);
            if (elements.Length == 0 || elements.Contains(0))
                return true;
        }

        for (var row = 0; row < rowCount; row++)
        {
            if (rows[row] == 0)
                return true;
        }

        return false;
    }

    private static Utf8Dictionary Build(ValueDictionary values, int[] order, bool hasNull)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(checked((int)values.ValueBytes));
        var ends = new int[order.Length];
        var end = 0;
        for (var i = 0; i < order.Length; i++)
        {
            var value = values.Value(order[i]);
            value.CopyTo(bytes.AsSpan(end));
            ends[i] = end += value.Length;
        }

        return new Utf8Dictionary(hasNull, bytes, ends);
    }

    private int[] RankCodes()
    {
        var codes = new int[ListCount + finalIds.Length];
        for (var i = 0; i < codes.Length; i++)
            codes[i] = i - ListCount;
        codes.AsSpan().Sort(Compare);
        var ranks = new int[codes.Length];
        for (int i = 1, rank = 0; i < codes.Length; i++)
            ranks[codes[i] + ListCount] = Compare(codes[i - 1], codes[i]) == 0 ? rank : ++rank;
        return ranks;
    }

    private int Compare(int left, int right)
    {
        Span<int> leftId = [Math.Max(left, 0)], rightId = [Math.Max(right, 0)];
        var lefts = Elements(left, leftId);
        var rights = Elements(right, rightId);
        for (var i = 0; i < lefts.Length && i < rights.Length; i++)
        {
            var order = finalIds[lefts[i]].CompareTo(finalIds[rights[i]]);
            if (order == 0 && lefts[i] != rights[i])
                order = lefts[i] == 0 ? -1 : 1; // without null in the dictionary the unused id 0 has the first value's place
            if (order != 0)
                return order;
        }

        return lefts.Length - rights.Length;
    }

    // An empty list sorts as null.
    private ReadOnlySpan<int> Elements(int code, ReadOnlySpan<int> single) =>
        code >= 0 || rows.Lists.Elements(~code).Length == 0 ? single : rows.Lists.Elements(~code);
}
