namespace Ingestion.IndexTask.Columns;

/// <summary>The spills of a sink as one list of rows, spill after spill.</summary>
internal sealed class SpillSet
{
    private readonly SpillFile[] spills;
    private readonly int[] firstRows;

    public SpillSet(SpillFile[] spills)
    {
        this.spills = spills;
        if (spills.Length > ushort.MaxValue)
            throw new InvalidOperationException($"a sink has {spills.Length} spills, more than can be merged");
        firstRows = new int[spills.Length + 1];
        for (var spill = 0; spill < spills.Length; spill++)
            firstRows[spill + 1] = checked(firstRows[spill] + RowsOf(spill));
    }

    public int Count => spills.Length;

    public int RowCount => firstRows[^1];

    public SpillFile this[int spill] => spills[spill];

    public int RowsOf(int spill) => spills[spill].Layout.RowCount;

    public int FirstRow(int spill) => firstRows[spill];

    public long Time(int spill, int row) => spills[spill].Read<long>(spills[spill].Layout.Times)[row];

    /// <summary>Called when a column, or the rows' order, has been read.</summary>
    public void Unload()
    {
        foreach (var spill in spills)
            spill.Unload();
    }

    /// <param name="row">Of the whole list.</param>
    /// <param name="guess">A spill: the search begins there.</param>
    public int SpillOf(int row, int guess)
    {
        if (row < firstRows[guess])
            guess = 0;
        while (row >= firstRows[guess + 1])
            guess++;
        return guess;
    }
}
