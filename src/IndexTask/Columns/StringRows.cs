using System.Runtime.CompilerServices;
using Ingestion.Contracts.Specs;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Columns;

/// <summary>
/// A string dimension in memory. A row's code is the id of its value (0 for null) or, for a row without or with several values, the
/// complement of the index of its list. Equal codes are equal values and the other way round. Druid's rollup takes <c>[]</c> for null;
/// without rollup it stays an empty row.
/// </summary>
internal sealed class StringRows(string name, string multiValueHandling, bool keepsEmptyLists, bool hasBitmaps = true)
{
    private readonly ChunkedArray<int> codes = new();
    private int trueId, falseId;
    private int[] scratch = new int[16];

    public string Name { get; } = name;
    public bool HasBitmaps { get; } = hasBitmaps;
    public ValueDictionary Values { get; } = new();
    public ListDictionary Lists { get; } = new();

    /// <summary>What it has held, where the type follows from that; else nothing, or text.</summary>
    public ScalarKinds Seen { get; private set; }
    public long Bytes => codes.Bytes + Values.Bytes + Lists.Bytes;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Code(ParsedRow row, in Cell cell) => cell.Kind switch
    {
        CellKind.Null or CellKind.NamedNull => 0,
        CellKind.Text => Values.Intern(row.TextOf(cell)),
        CellKind.True => trueId != 0 ? trueId : trueId = Values.Intern("true"u8),
        CellKind.False => falseId != 0 ? falseId : falseId = Values.Intern("false"u8),
        CellKind.List => ListCode(row, cell),
        CellKind.LongText => Scalar(row, cell, ScalarKinds.Long),
        CellKind.DoubleText => Scalar(row, cell, ScalarKinds.Double),
        CellKind.PlainText => Scalar(row, cell, ScalarKinds.Text),
        _ => throw new InvalidOperationException($"a cell of dimension [{Name}] is left as {cell.Kind}"),
    };

    public void Append(int row, int code)
    {
        codes.Append(row, code);
    }

    /// <summary>Replaces the value of a row that was appended.</summary>
    public void Set(int row, int code) => codes[row] = code;

    public int this[int row] => codes.Read(row);

    /// <summary>The rows as the numbers that their texts stand for.</summary>
    /// <param name="type">Long or double.</param>
    public NumberRows ToNumbers(ValueKind type, int rowCount)
    {
        var bits = new long[Values.Count + 1];
        for (var id = 1; id < bits.Length; id++)
            bits[id] = ScalarKindsType.Bits(type, Values.Value(id));
        var numbers = new NumberRows(Name, type);
        for (var row = 0; row < rowCount; row++)
            numbers.Append(row, bits[codes.Read(row)], isNull: codes.Read(row) == 0);
        return numbers;
    }

    private int Scalar(ParsedRow row, in Cell cell, ScalarKinds kind)
    {
        Seen |= kind;
        return Values.Intern(row.TextOf(cell));
    }

    private int ListCode(ParsedRow row, in Cell cell)
    {
        var elements = row.ElementsOf(cell);
        if (scratch.Length < elements.Length)
            scratch = new int[elements.Length * 2];
        var ids = scratch.AsSpan(0, elements.Length);
        for (var i = 0; i < ids.Length; i++)
            ids[i] = Code(row, elements[i]);
        if (multiValueHandling != "ARRAY")
            ids.Sort(Compare);
        if (multiValueHandling == "SORTED_SET")
            ids = ids[..Distinct(ids)];
        if (ids.Length == 0 && !keepsEmptyLists)
            return 0;
        Seen |= ScalarKinds.Text;
        return ids.Length == 1 ? ids[0] : ~Lists.Intern(ids);
    }

    private int Compare(int left, int right) =>
        left == right ? 0 : left == 0 ? -1 : right == 0 ? 1 : Utf16Order.Compare(Values.Value(left), Values.Value(right));

    private static int Distinct(Span<int> sorted)
    {
        var kept = 0;
        foreach (var id in sorted)
        {
            if (kept == 0 || sorted[kept - 1] != id)
                sorted[kept++] = id;
        }

        return kept;
    }
}
