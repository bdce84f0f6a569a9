namespace Ingestion.IndexTask.Columns;

/// <summary>Sort keys of rows that lie in several spills.</summary>
/// <param name="key">Of a spill's row.</param>
internal sealed class MergedKeys(SpillSet spills, Func<int, int, ulong> key) : SortKeys
{
    public override void Fill(ReadOnlySpan<int> rows, Span<ulong> keys)
    {
        var spill = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            spill = spills.SpillOf(rows[i], spill);
            keys[i] = key(spill, rows[i] - spills.FirstRow(spill));
        }
    }
}
