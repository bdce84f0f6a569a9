using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Columns;

/// <summary>A string column in several spills. One that was not discovered yet when a spill was made is null in all rows of it.</summary>
internal sealed class MergedStrings : MergedColumn
{
    private readonly SpillSet spills;
    private readonly MergedDictionary dictionary;
    private readonly SpilledColumn.Strings?[] columns;
    private readonly ListDictionary lists = new();
    private readonly int[][] listOf;
    private readonly int[]? ranks;
    private readonly bool hasBitmaps;

    /// <param name="columns">By spill; null where the spill does not have the column.</param>
    public MergedStrings(string name, SpillSet spills, SpilledColumn.Strings?[] columns, bool hasBitmaps)
        : base(name)
    {
        this.hasBitmaps = hasBitmaps;
        this.spills = spills;
        this.columns = columns;
        dictionary = new MergedDictionary(spills, columns);
        listOf = new int[columns.Length][];
        for (var spill = 0; spill < columns.Length; spill++)
            listOf[spill] = columns[spill] is { } column ? MergeLists(spill, column) : [];
        ranks = lists.Count == 0 ? null : ListRanks.Of(lists, dictionary.Count);
    }

    /// <summary>What all spills have seen; see <see cref="StringRows.Seen"/>.</summary>
    public ScalarKinds Seen => columns.Aggregate(ScalarKinds.None, (seen, column) => seen | (column?.Seen ?? ScalarKinds.None));

    public SpillSet Spills => spills;

    /// <summary>The dictionary of all spills, by <see cref="Code"/> where there are no lists.</summary>
    public Utf8Dictionary BuildDictionary() => dictionary.Build();

    public override IEnumerable<SortKeys> Keys() =>
        [new MergedKeys(spills, (spill, row) => Code(spill, row) is var code && ranks is not null ? (uint)ranks[lists.Count + code] : (uint)code)];

    public override ColumnContent Materialize()
    {
        var (codes, rows) = (new int[Order.Times.Length], new int[spills.Count]);
        var at = 0;
        for (var input = 0; input < Order.InputCount; input++)
        {
            var spill = Order.Source(input);
            var row = Order.Row(input, rows);
            if (!Order.IsJoined(input))
                codes[at++] = Code(spill, row);
        }

        return Content(codes);
    }

    /// <summary>The values of some rows of the <see cref="SpillSet"/>.</summary>
    public ColumnContent Of(int[] inputs)
    {
        var (codes, spill) = (new int[inputs.Length], 0);
        for (var at = 0; at < inputs.Length; at++)
        {
            spill = spills.SpillOf(inputs[at], spill);
            codes[at] = Code(spill, inputs[at] - spills.FirstRow(spill));
        }

        return Content(codes);
    }

    private ColumnContent Content(int[] codes)
    {
        var content = StringContent.Of(dictionary.Build(), lists, codes, hasBitmaps);
        spills.Unload();
        return content;
    }

    public int Code(int spill, int row)
    {
        if (columns[spill] is not { } column)
            return 0;
        var code = column.CodeBytes switch
        {
            1 => spills[spill].Read<byte>(column.Codes)[row],
            2 => spills[spill].Read<ushort>(column.Codes)[row],
            _ => spills[spill].Read<int>(column.Codes)[row],
        };
        return code < 0 ? ~listOf[spill][~code] : dictionary.IdOf(spill, code);
    }

    private int[] MergeLists(int spill, SpilledColumn.Strings column)
    {
        var ends = spills[spill].Read<int>(column.ListEnds);
        var ids = spills[spill].Read<int>(column.ListIds);
        var merged = new int[ends.Length];
        for (int list = 0, start = 0; list < ends.Length; start = ends[list++])
        {
            var elements = ids[start..ends[list]].ToArray();
            foreach (ref var element in elements.AsSpan())
                element = dictionary.IdOf(spill, element);
            merged[list] = lists.Intern(elements);
        }

        return merged;
    }
}
