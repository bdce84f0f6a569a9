using System.Runtime.CompilerServices;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Columns;

/// <summary>The final dictionary of a string column in memory, and what each code of the column becomes.</summary>
internal sealed class SortedStrings
{
    private readonly int[] order;
    private readonly StringRows rows;
    private readonly int[] finalCodes;
    private readonly int[]? listRanks;

    public SortedStrings(StringRows rows, int rowCount)
    {
        this.rows = rows;
        order = DictionarySort.Order(rows.Values);
        HasNull = FindNull(rows, rowCount);
        var count = rows.Lists.Count;
        finalCodes = new int[count + order.Length + 1];
        for (var i = 0; i < order.Length; i++)
            finalCodes[count + order[i]] = i + (HasNull ? 1 : 0);
        Lists = new ListDictionary();
        for (var list = 0; list < count; list++)
        {
            finalCodes[count + ~list] = ~list;
            var elements = rows.Lists.Elements(list).ToArray();
            foreach (ref var element in elements.AsSpan())
                element = finalCodes[count + element];
            Lists.Intern(elements); // distinct before and so distinct now: it gets the same index
        }

        listRanks = count == 0 ? null : ListRanks.Of(Lists, order.Length + 1);
    }

    public StringRows Rows => rows;

    public bool HasNull { get; }

    /// <summary>Lists of final ids, by the complement of their code.</summary>
    public ListDictionary Lists { get; }

    /// <summary>By code plus the number of lists: the id in the dictionary, or the code itself where it is a list's.</summary>
    public ReadOnlySpan<int> FinalCodes => finalCodes;

    /// <summary>By final code plus the number of lists: a number that sorts as the value does; empty without lists, when the ids do.</summary>
    public ReadOnlySpan<int> Ranks => listRanks;

    public Utf8Dictionary BuildDictionary()
    {
        var values = rows.Values;
        var bytes = GC.AllocateUninitializedArray<byte>(checked((int)values.ValueBytes));
        var ends = new int[order.Length];
        var end = 0;
        for (var i = 0; i < order.Length; i++)
        {
            var value = values.Value(order[i]);
            value.CopyTo(bytes.AsSpan(end));
            ends[i] = end += value.Length;
        }

        return new Utf8Dictionary(HasNull, bytes, ends);
    }

    /// <summary>The final codes of the rows in the order given.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int[] Codes(int[] rowOrder)
    {
        var codes = new int[rowOrder.Length];
        var count = Lists.Count;
        for (var i = 0; i < codes.Length; i++)
            codes[i] = finalCodes[count + rows[rowOrder[i]]];
        return codes;
    }

    private static bool FindNull(StringRows rows, int rowCount)
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
}
