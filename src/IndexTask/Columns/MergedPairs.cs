using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Columns;

/// <summary>
/// A first or last aggregator's column in several spills. Of joined rows with equal times that of the earliest spill stays, also for a last one: so Druid
/// combines what it has persisted.
/// </summary>
/// <param name="columns">By spill.</param>
internal sealed class MergedPairs(string name, SpillSet spills, SpilledColumn.Pairs[] columns, bool isFirst) : MergedColumn(name)
{
    public override IEnumerable<SortKeys> Keys() => [];

    public override ColumnContent Materialize()
    {
        var (times, chosen, rows) = (new long[Order.Times.Length], new int[Order.Times.Length], new int[spills.Count]);
        var at = -1;
        for (var input = 0; input < Order.InputCount; input++)
        {
            var spill = Order.Source(input);
            var row = rows[spill]++;
            var time = spills[spill].Read<long>(columns[spill].Times)[row];
            if (!Order.IsJoined(input))
                at++;
            else if (isFirst ? time >= times[at] : time <= times[at])
                continue;
            times[at] = time;
            chosen[at] = spills.FirstRow(spill) + row;
        }

        var values = Values(chosen);
        spills.Unload();
        return new ColumnContent.PairColumn(times, values);
    }

    private ColumnContent Values(int[] chosen) => columns[0].Values is SpilledColumn.Strings
        ? new MergedStrings(Name, spills, [.. columns.Select(c => (SpilledColumn.Strings?)c.Values)], hasBitmaps: false).Of(chosen)
        : new MergedNumbers(Name, spills, [.. columns.Select(c => (SpilledColumn.Numbers)c.Values)], aggregator: null).Of(chosen);
}
